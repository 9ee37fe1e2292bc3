import { assert, assertEquals } from "@std/assert";
import type { Instance } from "../../lib/instance/instance.ts";
import { discardInstance, stopInstance } from "../../lib/instance/stop.ts";
import { INSTANCE_VARIABLE } from "../../lib/system/instance_mark.ts";
import {
  commandLine,
  identify,
  isRunning,
  type ProcessId,
} from "../../lib/system/process.ts";
import { Child } from "../system/child.ts";
import { TempDir } from "../system/temp_dir.ts";
import { serviceIn } from "./service_config.ts";
import { until } from "../support/until.ts";

function instanceOf(directory: TempDir, process: ProcessId): Instance {
  const portFile = directory.write(`${process.pid}.port`, "1");
  return {
    id: `web-${crypto.randomUUID()}`,
    service: "web",
    number: 1,
    process,
    address: "127.0.0.1:1",
    startedAt: new Date().toISOString(),
    log: directory.join("web.log"),
    portFile,
  };
}

/** A process that ends only when it is killed. */
async function stubborn(id = ""): Promise<Child> {
  const script = "trap '' TERM; while :; do sleep 60; done";
  const child = Child.run(
    "/usr/bin/env",
    `${INSTANCE_VARIABLE}=${id}`,
    "/bin/sh",
    "-c",
    script,
  );
  await until("it ignores", () => {
    const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
    // Bit 14 is SIGTERM (proc(5), SigIgn).
    const mask = /^SigIgn:\s+(\w+)/m.exec(status)?.[1] ?? "0";
    return (BigInt(`0x${mask}`) & (1n << 14n)) !== 0n;
  });
  return child;
}

Deno.test("stopInstance() runs the stop command with the pid and waits until the process is gone", async () => {
  using directory = new TempDir();
  await using child = Child.idle();
  const instance = instanceOf(directory, child.process);
  const stop = "echo stop $A; kill -TERM";
  const service = serviceIn(directory, { stop, env: { A: "x" } });
  const { outcome } = await stopInstance(service, instance);
  assertEquals(outcome, "stopped");
  assert(!isRunning(instance.process));
  assertEquals(directory.read("web.log"), "stop x\n");
  assertEquals(directory.names(), ["web.log"], "its port file is gone");
});

Deno.test("stopInstance() runs nothing for an instance that is gone", async () => {
  using directory = new TempDir();
  const child = Child.idle();
  const instance = instanceOf(directory, child.process);
  await child.end();
  const service = serviceIn(directory, { stop: "touch ran; true" });
  assertEquals(await stopInstance(service, instance), {
    outcome: "stopped",
    status: undefined,
  });
  assertEquals(directory.names(), []);
});

Deno.test("stopInstance() leaves a process that doesn't end to itself", async () => {
  using directory = new TempDir();
  await using child = await stubborn();
  const instance = instanceOf(directory, child.process);
  const service = serviceIn(directory, {
    stop: "exit 3; kill -TERM",
    stopTimeout: 100,
  });
  assertEquals(await stopInstance(service, instance), {
    outcome: "stopping",
    status: 3,
    left: [instance.process],
  });
  assert(isRunning(instance.process));
  assert(directory.names().includes(`${child.pid}.port`));
});

Deno.test("stopInstance() kills it after kill_after, with all that has its mark", async () => {
  using directory = new TempDir();
  await using child = await stubborn();
  const instance = instanceOf(directory, child.process);
  await using worker = await stubborn(instance.id);
  const workerProcess = worker.process;
  const service = serviceIn(directory, { killAfter: 50 });
  const { outcome } = await stopInstance(service, instance);
  assertEquals(outcome, "killed");
  assert(!isRunning(instance.process));
  assert(!isRunning(workerProcess));
});

Deno.test("stopInstance() kills a stop command that doesn't end either", async () => {
  using directory = new TempDir();
  await using child = Child.idle();
  const instance = instanceOf(directory, child.process);
  const stop = "sh -c 'echo $$ >stop.pid; sleep 60; true' stop";
  const service = serviceIn(directory, { stop, killAfter: 500 });
  const { outcome } = await stopInstance(service, instance);
  assertEquals(outcome, "killed");
  const command = identify(Number(directory.read("stop.pid")));
  assert(command === undefined || !isRunning(command));
});

Deno.test("discardInstance() ends what never served, whether it has a pid file or not", async () => {
  using directory = new TempDir();
  await using child = Child.run(
    "/usr/bin/env",
    `${INSTANCE_VARIABLE}=web-x`,
    "sleep",
    "60",
  );
  await until("it runs", () => commandLine(child.pid) === "sleep 60");
  await using bystander = Child.idle();
  const { process } = child;
  await discardInstance(serviceIn(directory), { id: "web-x" });
  assert(!isRunning(process));
  assert(isRunning(bystander.process));
});

Deno.test("discardInstance() kills what its stop command doesn't end, and its port file", async () => {
  using directory = new TempDir();
  await using child = await stubborn();
  const instance = instanceOf(directory, child.process);
  await using worker = await stubborn(instance.id);
  const workerProcess = worker.process;
  const service = serviceIn(directory, { stop: "true", stopTimeout: 50 });
  await discardInstance(service, instance, instance);
  assert(!isRunning(instance.process));
  assert(!isRunning(workerProcess));
  assert(!directory.names().includes(`${child.pid}.port`));
});

Deno.test("discardInstance() never ends a process that got the number of a session of old", async () => {
  using directory = new TempDir();
  await using child = Child.run("/usr/bin/setsid", "sleep", "60");
  await until("it runs", () => commandLine(child.pid) === "sleep 60");
  const { process } = child;
  // As a journal names it that was written before the machine was restarted.
  const leader = { ...process, startTime: 1, boot: "another" };
  await discardInstance(serviceIn(directory), { id: "web-x", leader });
  assert(isRunning(process));
  assertEquals(identify(child.pid), process);
});
