import { assert, assertEquals, assertThrows } from "@std/assert";
import { ZddError } from "../../lib/error.ts";
import { INSTANCE_VARIABLE } from "../../lib/system/instance_mark.ts";
import {
  commandLine,
  environmentOf,
  openFiles,
  readStat,
} from "../../lib/system/process.ts";
import { isSimple, startDetached } from "../../lib/system/shell.ts";
import { endSession } from "./child.ts";
import { TempDir } from "./temp_dir.ts";
import { until } from "../support/until.ts";

/** Runs a command to its end. Returns its exit status and what it printed. */
async function run(
  command: string | string[],
  env?: Record<string, string>,
): Promise<{ status: number; printed: string }> {
  using directory = new TempDir();
  const { path: cwd } = directory;
  const log = directory.join("log");
  const { pid, exited } = startDetached(command, { cwd, log, env });
  const keepAwake = setInterval(() => {}, 1000); // the child itself doesn't
  const status = await exited;
  clearInterval(keepAwake);
  endSession(pid);
  return { status, printed: directory.read("log").replaceAll(cwd, "DIR") };
}

Deno.test("isSimple() is true for a program with arguments", () => {
  const commands = [
    "./server",
    "./server --port 0 -c 'a;b' \"x && y\"",
    "'/opt/my app/run' --flag=a\\;b",
    "/usr/bin/env A=1 ./server",
    "  ./server $PORT ${HOST}",
    "node --eval 'a(); b()'",
    "./server *.conf",
    "sudo -u web kill 1",
    "./exec",
    "python3 -m http.server",
  ];
  for (const command of commands) assert(isSimple(command), command);
});

Deno.test("isSimple() is false for what only a shell understands", () => {
  const commands = [
    "./a | ./b",
    "./a && ./b",
    "./a; ./b",
    "./a &",
    "./a > /dev/null",
    "./a < file",
    "A=1 ./a",
    "(./a)",
    "./a $(cat pid)",
    "./a `cat pid`",
    "./a\n./b",
    "cd /srv",
    "exec ./a",
    ". ./env",
    "kill -TERM 1",
    "! ./a",
    "{ ./a",
    "if",
    "while",
    "'quoted ; ' && ./a",
    "\\' ; ./a",
  ];
  for (const command of commands) assert(!isSimple(command), command);
});

Deno.test("startDetached() appends what the command prints to the log", async () => {
  using directory = new TempDir();
  const log = directory.write("log", "before\n");
  const { exited } = startDetached("echo out; echo err >&2", {
    cwd: directory.path,
    log,
  });
  assertEquals(await awake(exited), 0);
  assertEquals(directory.read("log"), "before\nout\nerr\n");
});

Deno.test("startDetached() runs a command as a shell would", async () => {
  const cases: Record<string, string> = {
    "echo 'a  b' \"c $X\" d\\ e": "a  b c 1 d e\n",
    "printf '%s' \"$X;$X\"": "1;1",
    "echo a | tr a b": "b\n",
    "true && echo yes || echo no": "yes\n",
    "Y=2 sh -c 'echo $X$Y'": "12\n",
    "cd / && pwd": "/\n",
    "pwd": "DIR\n",
    "echo $(echo x) `echo y`": "x y\n",
    "exec echo z": "z\n",
    "for i in 1 2; do printf $i; done": "12",
    'echo "$0 $#"': "sh 0\n",
  };
  for (const [command, expected] of Object.entries(cases)) {
    const { status, printed } = await run(command, { X: "1" });
    assertEquals([status, printed], [0, expected], command);
  }
});

Deno.test("startDetached() hands the arguments of a list on as they are", async () => {
  const { printed } = await run(["printf", "%s|", "a b", "$X", "'", "", "*"]);
  assertEquals(printed, "a b|$X|'||*|");
});

Deno.test("startDetached() gives a simple command the shell's place", async () => {
  using directory = new TempDir();
  const options = { cwd: directory.path, log: directory.join("log") };
  for (const command of ["sleep 60", "sleep '60'", ["sleep", "60"]]) {
    const { pid, exited } = startDetached(command, options);
    try {
      await until("it runs", () => commandLine(pid) === "sleep 60");
    } finally {
      endSession(pid);
    }
    assertEquals(await awake(exited), 128 + 9);
  }
});

Deno.test("startDetached() starts a session of its own, which prints to the log only", async () => {
  using directory = new TempDir();
  const log = directory.join("log");
  const { pid, exited } = startDetached("sleep 60", {
    cwd: directory.path,
    log,
  });
  try {
    await until("it runs", () => commandLine(pid) === "sleep 60");
    assertEquals(readStat(pid)?.session, pid);
    const files = openFiles(pid);
    assertEquals(files.get(0), "/dev/null");
    assertEquals([files.get(1), files.get(2)], [log, log]);
  } finally {
    endSession(pid);
    await awake(exited);
  }
});

/** The files that a program holds which was started by a process that had inherited `descriptor`. */
async function inheritedThrough(descriptor: number): Promise<string[]> {
  using directory = new TempDir();
  const module = new URL("../../lib/system/shell.ts", import.meta.url).href;
  const script = directory.write(
    "script.ts",
    `import { startDetached } from ${JSON.stringify(module)};
    const options = { cwd: Deno.args[0], log: Deno.args[0] + "/log" };
    const { pid } = startDetached("sleep 60", options);
    const title = () => Deno.readTextFileSync(\`/proc/\${pid}/cmdline\`);
    while (!title().startsWith("sleep")) await new Promise((r) => setTimeout(r));
    console.log(pid);`,
  );
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { stdout } = await new Deno.Command("/bin/bash", {
    args: [
      "-c",
      `exec ${descriptor}>"$1/inherited"; exec "$0" run -A --no-check ` +
      '--no-lock --config "$2" "$1/script.ts" "$1"',
      Deno.execPath(),
      directory.path,
      config,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  assert(directory.names().includes("inherited"), script);
  const pid = Number(new TextDecoder().decode(stdout));
  try {
    await until("it runs", () => commandLine(pid) === "sleep 60");
    const files = [...openFiles(pid).values()];
    return files.filter((file) => file.endsWith("/inherited"));
  } finally {
    endSession(pid);
  }
}

Deno.test("startDetached() hands on no descriptor that zdd got from its own parent", async () => {
  assertEquals(await inheritedThrough(5), []);
});

Deno.test("startDetached() hands on no descriptor above 9 either", async () => {
  assertEquals(await inheritedThrough(12), []);
});

Deno.test("startDetached() adds to the environment, but for the mark of an instance", async () => {
  Deno.env.set("ZDD_TEST_OWN", "1");
  Deno.env.set(INSTANCE_VARIABLE, "older");
  using directory = new TempDir();
  const { pid, exited } = startDetached("sleep 60", {
    cwd: directory.path,
    log: directory.join("log"),
    env: { ZDD_TEST_NEW: "a b\n'" },
  });
  Deno.env.delete("ZDD_TEST_OWN");
  Deno.env.delete(INSTANCE_VARIABLE);
  try {
    await until("it runs", () => commandLine(pid) === "sleep 60");
    assertEquals(environmentOf(pid, "ZDD_TEST_OWN"), "1");
    assertEquals(environmentOf(pid, "ZDD_TEST_NEW"), "a b\n'");
    assertEquals(environmentOf(pid, INSTANCE_VARIABLE), undefined);
  } finally {
    endSession(pid);
    await awake(exited);
  }
});

Deno.test("startDetached() tells the exit status", async () => {
  assertEquals((await run("exit 3")).status, 3);
  assertEquals((await run("sh -c 'exit 4'")).status, 4);
  assertEquals((await run("kill -TERM $$")).status, 128 + 15);
});

Deno.test("startDetached() ends with 127 if there is no such command, and the log says so", async () => {
  for (const command of ["./no-such --flag", ["no-such-command"]]) {
    const { status, printed } = await run(command);
    assertEquals(status, 127);
    assert(printed.includes("not found"), printed);
  }
});

Deno.test("startDetached() ends with 126 if the command can't be executed", async () => {
  using directory = new TempDir();
  const script = directory.write("script", "#!/bin/sh\n", 0o644);
  assertEquals((await run(script)).status, 126);
});

Deno.test("startDetached() says that the directory is gone", () => {
  using directory = new TempDir();
  const cwd = directory.join("gone");
  const error = assertThrows(
    () => startDetached("sleep 60", { cwd, log: directory.join("log") }),
    ZddError,
  );
  assert(
    error.message.startsWith(`Cannot run "sleep 60" in "${cwd}": `),
    error.message,
  );
});

Deno.test("startDetached() says that the log can't be written, and runs nothing", () => {
  using directory = new TempDir();
  const { path: cwd } = directory;
  const file = directory.write("file");
  for (const log of [`${file}/log`, cwd]) {
    const error = assertThrows(
      () => startDetached("touch ran", { cwd, log }),
      ZddError,
    );
    assert(
      error.message.startsWith(`Cannot write the log "${log}": `),
      error.message,
    );
  }
  assertEquals(directory.names(), ["file"]);
});

/** Waits for a promise that doesn't keep Deno running by itself. */
async function awake<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 1000);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

for (
  const [command, printed] of [
    [`A=1 sh -c 'echo $A $PPID'`, "1"],
    [`A="x y" B='$A' C=$A/z\\  sh -c 'echo $A $B $C $PPID'`, "x y $A x y/z"],
    [`A= sh -c 'echo "<$A>" $PPID'`, "<>"],
  ] as const
) {
  Deno.test(`startDetached() leaves no shell around ${command}`, async () => {
    const { printed: text } = await run(command);
    // Its parent is zdd, which is the test here.
    assertEquals(text.trim().split(/\s+/).join(" "), `${printed} ${Deno.pid}`);
  });
}

Deno.test("startDetached() keeps the shell for what only that understands behind an assignment", async () => {
  assertEquals((await run("A=$(echo 1) sh -c 'echo $A'")).printed, "1\n");
  assertEquals((await run("A=1; echo $A")).printed, "1\n");
  assertEquals((await run("A=1 B=2")).status, 0);
});
