import { assert, assertEquals } from "@std/assert";
import { childrenOf } from "../../lib/system/children.ts";
import {
  allProcesses,
  commandLine,
  currentBoot,
  environmentOf,
  identify,
  isAsleep,
  isRunning,
  isSame,
  memoryOf,
  memoryOfAll,
  openFiles,
  readStat,
  sendSignal,
  startedAt,
  userOf,
} from "../../lib/system/process.ts";
import { Child } from "./child.ts";
import { TempDir } from "./temp_dir.ts";
import { until } from "../support/until.ts";

/** A number that no process has: the kernel gives none above pid_max. */
const NOBODY = 2 ** 22 + 1;

Deno.test("identify() names a running process, by more than its number", async () => {
  await using child = Child.idle();
  const process = identify(child.pid);
  assertEquals(process?.pid, child.pid);
  assertEquals(process?.boot, currentBoot());
  assert(Number(process?.startTime) > 0);
  assertEquals(identify(child.pid), process);
});

Deno.test("identify() returns undefined for what is no process", () => {
  for (const pid of [NOBODY, 0, -1, NaN, 1e20, 1.5]) {
    assertEquals(identify(pid), undefined, String(pid));
  }
});

Deno.test("identify() reads a program's name whatever it is", async () => {
  using directory = new TempDir();
  for (const name of ["a b", ") Z 1 1 1 (", "x)", "(", ") S 0", "a\nb"]) {
    const program = directory.join(name);
    Deno.symlinkSync("/bin/sleep", program);
    await using child = Child.run(program, "60");
    await until("it runs", () => commandLine(child.pid).startsWith(program));
    const stat = readStat(child.pid);
    assertEquals(stat?.parent, Deno.pid, JSON.stringify(name));
    assertEquals(stat?.session, readStat(Deno.pid)?.session);
    assert(isRunning(child.process));
    assertEquals(isRunning(child.process), true);
  }
});

Deno.test("isRunning() is false as soon as a process has ended", async () => {
  const child = Child.idle();
  const { process } = child;
  assert(isRunning(process));
  await child.end();
  assertEquals(isRunning(process), false);
  assertEquals(identify(process.pid), undefined);
});

Deno.test("a zombie is dead", async () => {
  // The shell becomes a sleep that waits for none of its children.
  await using parent = Child.run(
    "/bin/sh",
    "-c",
    "sleep 60 & exec sleep 60",
  );
  let pid = 0;
  await until("it has a child", () => {
    pid = childrenOf(parent.pid)[0]?.pid ?? 0;
    return pid !== 0 && commandLine(parent.pid) === "sleep 60" &&
      commandLine(pid) === "sleep 60";
  });
  const process = identify(pid);
  assert(process !== undefined && isRunning(process));
  assert(sendSignal(process, "SIGKILL"));
  await until("it is a zombie", () => readStat(pid)?.state === "Z");
  assertEquals(identify(pid), undefined);
  assertEquals(isRunning(process), false);
  assertEquals(sendSignal(process, "SIGTERM"), false);
  assertEquals(childrenOf(parent.pid), []);
  assert(!allProcesses().some((stat) => stat.pid === pid));
});

Deno.test("isAsleep() is true of what waits or has ended, not of what is at work", async () => {
  await using idle = Child.idle();
  await until("it sleeps", () => isAsleep(idle.process));
  const busy = Child.run("sh", "-c", "while :; do :; done");
  const { process } = busy;
  await until("it is at work", () => !isAsleep(process));
  Deno.kill(idle.pid, "SIGSTOP");
  await until("it is halted", () => !isAsleep(idle.process));
  await busy.end();
  assert(isAsleep(process));
  assert(isAsleep({ ...idle.process, startTime: 0 }));
});

Deno.test("isRunning() is false for another start time and for another boot", async () => {
  await using child = Child.idle();
  const { process } = child;
  const { startTime } = process;
  assertEquals(isRunning({ ...process, startTime: startTime - 1 }), false);
  assertEquals(isRunning({ ...process, boot: "another" }), false);
  assertEquals(isRunning({ ...process, pid: Deno.pid }), false);
});

Deno.test("isSame() compares number, start time and boot", () => {
  const process = { pid: 2, startTime: 3, boot: "x" };
  assert(isSame(process, { ...process }));
  assert(!isSame(process, { ...process, pid: 3 }));
  assert(!isSame(process, { ...process, startTime: 4 }));
  assert(!isSame(process, { ...process, boot: "y" }));
});

Deno.test("sendSignal() reaches exactly the process that is meant", async () => {
  await using child = Child.idle();
  const { process } = child;
  assertEquals(
    sendSignal({ ...process, startTime: process.startTime - 1 }, "SIGKILL"),
    false,
  );
  assert(isRunning(process));
  assertEquals(sendSignal(process, "SIGKILL"), true);
  await until("it has ended", () => !isRunning(process));
});

Deno.test("commandLine() and environmentOf() show how a process was started", async () => {
  await using child = Child.run(
    "/usr/bin/env",
    "A=1",
    "AB=x=y z",
    "EMPTY=",
    "sleep",
    "60",
  );
  await until("it runs", () => commandLine(child.pid) === "sleep 60");
  assertEquals(environmentOf(child.pid, "A"), "1");
  assertEquals(environmentOf(child.pid, "AB"), "x=y z");
  assertEquals(environmentOf(child.pid, "EMPTY"), "");
  assertEquals(environmentOf(child.pid, "B"), undefined);
  assertEquals(environmentOf(child.pid, "ab"), undefined);
  assertEquals(environmentOf(NOBODY, "A"), undefined);
  assertEquals(commandLine(NOBODY), "");
});

Deno.test("userOf(), memoryOf() and startedAt() look at a running process", async () => {
  const before = Date.now();
  await using child = Child.idle();
  const uid = Deno.uid();
  assertEquals(userOf(child.pid), uid === null ? undefined : uid);
  assert(Number(memoryOf(Deno.pid)) > 2 ** 20);
  // btime is in whole seconds, and the clock may have been set since.
  const started = startedAt(child.pid) ?? 0;
  assert(Math.abs(started - before) < 60_000, `${started - before} ms`);
  for (const look of [userOf, memoryOf, startedAt]) {
    assertEquals(look(NOBODY), undefined);
  }
});

Deno.test("allProcesses() and childrenOf() find a child", async () => {
  await using child = Child.idle();
  assert(allProcesses().some(({ pid }) => pid === child.pid));
  assert(childrenOf(Deno.pid).some(({ pid }) => pid === child.pid));
  assert(!childrenOf(child.pid).some(({ pid }) => pid === child.pid));
  assertEquals(childrenOf(NOBODY), []);
});

Deno.test("openFiles() tells what a process has open", () => {
  using directory = new TempDir();
  const path = directory.write("f");
  const file = Deno.openSync(path);
  assert([...openFiles(Deno.pid).values()].includes(path));
  file.close();
  assert(![...openFiles(Deno.pid).values()].includes(path));
  assertEquals(openFiles(NOBODY).size, 0);
});

Deno.test("a process whose first thread has ended lives, with its files and its environment", async () => {
  const script = `import ctypes, platform, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).syscall(60 if platform.machine() == "x86_64" else 93, 0)`;
  await using child = Child.run("env", "A=1", "python3", "-c", script);
  await until(
    "its first thread has ended",
    () => readStat(child.pid)?.state === "Z",
  );
  assert(isRunning(child.process));
  assertEquals(environmentOf(child.pid, "A"), "1");
  assert(openFiles(child.pid).size >= 3);
  assert(memoryOfAll([child.pid]) > 2 ** 20);
});
