import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ServiceConfig } from "../../lib/config/config.ts";
import { ZddError } from "../../lib/error.ts";
import type { Instance } from "../../lib/instance/instance.ts";
import type { Launch } from "../../lib/instance/launch.ts";
import { start } from "../../lib/instance/start.ts";
import { planInstance } from "../../lib/instance/plan.ts";
import { processesOf } from "../../lib/instance/processes.ts";
import { isRunning, openFiles, sendSignal } from "../../lib/system/process.ts";
import { sleep } from "../../lib/system/wait.ts";
import { Child } from "../system/child.ts";
import { TempDir } from "../system/temp_dir.ts";
import { serviceIn } from "./service_config.ts";
import { until } from "../support/until.ts";

/** Writes pid and port as a good server does; `$1` is the pid. */
const ANNOUNCE = "echo 45643 >$1.port; echo $1 >web.pid";
/** A script that serves nothing, but says that it does. */
const SERVE = `set -- $$; ${ANNOUNCE}; exec sleep 60`;

/** Launches a service until its instance is there or it fails, and ends all that it has started. */
async function launch(
  directory: TempDir,
  overrides: Partial<ServiceConfig>,
  body: (instance: Instance, launch: Launch) => void | Promise<void> = () => {},
  signal?: AbortSignal,
): Promise<void> {
  const plan = planInstance(serviceIn(directory, overrides), 1);
  using started = await start(plan);
  try {
    await body(await started.instance(signal), started);
  } finally {
    const { id, log } = plan;
    const { leader } = started;
    for (const process of processesOf({ id, log, leader })) {
      sendSignal(process, "SIGKILL");
    }
  }
}

/** The failure of a start whose script is this. */
async function failureOf(
  script: string,
  overrides: Partial<ServiceConfig> = {},
): Promise<ZddError> {
  using directory = new TempDir();
  directory.write("run", `#!/bin/sh\n${script}\n`, 0o755);
  return await assertRejects(
    () => launch(directory, { start: "./run", ...overrides }),
    ZddError,
  );
}

/** The instance of a start whose script is this, while it runs. */
async function started(
  script: string,
  check: (instance: Instance, directory: TempDir) => void = () => {},
  overrides: Partial<ServiceConfig> = {},
): Promise<void> {
  using directory = new TempDir();
  directory.write("run", `#!/bin/sh\n${script}\n`, 0o755);
  await launch(directory, { start: "./run", ...overrides }, (instance) => {
    assert(isRunning(instance.process));
    check(instance, directory);
  });
}

Deno.test("start() finds the process and the address that a service writes", async () => {
  await started(SERVE, (instance, directory) => {
    assertEquals(directory.read("web.pid").trim(), `${instance.process.pid}`);
    assertEquals(instance.address, "127.0.0.1:45643");
    assertEquals(instance.service, "web");
    assertEquals(instance.log, directory.join("web.log"));
    assert(instance.id.startsWith("web-"));
  });
});

Deno.test("start() waits for a service that writes slowly, in pieces, and the port last", async () => {
  await started(
    `echo not yet >web.pid; sleep 0.1; echo $$ >web.pid; sleep 0.1
    printf 456 >$$.port.new; printf '\\n' >$$.port; sleep 0.1
    echo unix:/run/x >$$.port.new; mv $$.port.new $$.port; exec sleep 60`,
    (instance) => assertEquals(instance.address, "unix:/run/x"),
  );
});

Deno.test("start() finds a daemon whose start command has ended", async () => {
  await started(
    `setsid sh -c 'sleep 0.3; set -- $$; ${ANNOUNCE}; exec sleep 60' & exit 0`,
  );
});

Deno.test("start() accepts a daemon that has thrown away its environment", async () => {
  await started(
    `env -i setsid sh -c 'set -- $$; ${ANNOUNCE}; exec sleep 60' & exit 0`,
  );
});

Deno.test("start() gives the service its variables and its name", async () => {
  await started(
    `[ "$A/$ZDD_SERVICE/$PWD" = "1/web/$(pwd)" ] || exit 9; ${SERVE}`,
    undefined,
    { env: { A: "1" } },
  );
});

Deno.test("start() fails at once when the start command fails, and quotes the log", async () => {
  const error = await failureOf("echo one; echo two >&2; exit 3");
  assertEquals(
    error.message,
    'web didn\'t start: "./run" ended with exit status 3',
  );
  assertEquals(error.quote, ["one", "two"]);
  assert(error.source?.endsWith("/web.log"));
});

Deno.test("start() quotes nothing that an earlier start has printed", async () => {
  using directory = new TempDir();
  directory.write("web.log", "an old error\n");
  const error = await assertRejects(
    () => launch(directory, { start: "exit 3" }),
    ZddError,
  );
  assertEquals(error.quote, []);
  assertEquals(error.hint, "it printed nothing");
});

Deno.test("start() says that there is no such command, and where it looked", async () => {
  const { message } = await failureOf("", { start: "./none --x" });
  assert(
    /no such command: "\.\/none --x" in "\/.*" \(exit status 127\)/
      .test(message),
    message,
  );
});

Deno.test("start() fails when the start command ends and leaves nothing behind", async () => {
  const { message } = await failureOf("exit 0");
  assert(
    message.endsWith('"./run" ended, and none of its processes is left'),
    message,
  );
});

Deno.test("start() fails when the process dies that has written its pid", async () => {
  const { message } = await failureOf("echo $$ >web.pid; kill -KILL $$");
  assert(message.endsWith("ended with exit status 137"), message);
});

Deno.test("start() says what is missing when the time is over", async () => {
  const timed = { startTimeout: 150 };
  const noPid = await failureOf("exec sleep 60", timed);
  assert(
    /: no pid in ".*\/web\.pid" after 150 ms$/.test(noPid.message),
    noPid.message,
  );
  assert(noPid.hint?.includes("start_timeout"));
  const noPort = await failureOf("echo $$ >web.pid; exec sleep 60", timed);
  assert(
    /: no port in ".*\/\d+\.port" after 150 ms$/.test(noPort.message),
    noPort.message,
  );
});

Deno.test("start() fails before the time is over if the files hold nonsense and keep it", async () => {
  const [pid, port] = await Promise.all([
    failureOf("echo ready >web.pid; exec sleep 60"),
    failureOf("echo ready >$$.port; echo $$ >web.pid; exec sleep 60"),
  ]);
  assert(pid.message.endsWith('expected a pid, got "ready"'), pid.message);
  assert(port.message.endsWith('expected a port, got "ready"'), port.message);
});

Deno.test("start() doesn't accept a process that was there before", async () => {
  await using child = Child.idle();
  const { pid } = child;
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { message } = await failureOf(
    `set -- ${pid}; ${ANNOUNCE}; exec sleep 60`,
  );
  assert(
    message.endsWith(
      `names process ${pid}, which the start command didn't start`,
    ),
    message,
  );
  assert(isRunning(child.process));
});

Deno.test("start() removes an old pid file before it starts", async () => {
  using directory = new TempDir();
  directory.write("web.pid", String(Deno.pid));
  const start = `[ ! -e web.pid ] || exit 9; ${SERVE}`;
  await launch(directory, { start }, ({ process }) => {
    assert(process.pid !== Deno.pid);
  });
});

Deno.test("start() takes no port file that was there before for the new one", async () => {
  using directory = new TempDir();
  await using last = Child.idle();
  // The instance will have one of the next numbers.
  for (let i = 1; i <= 500; i++) {
    directory.write(`${last.pid + i}.port`, "1");
  }
  const start = "echo $$ >web.pid; sleep 0.2; echo 45643 >$$.port; sleep 60";
  await launch(directory, { start }, ({ address, process }) => {
    assertEquals(address, "127.0.0.1:45643", String(process.pid - last.pid));
  });
});

Deno.test("start() ends with the signal's reason", async () => {
  using directory = new TempDir();
  const controller = new AbortController();
  setTimeout(() => controller.abort(new RangeError("interrupted")), 30);
  await assertRejects(
    () =>
      launch(directory, { start: "sleep 60" }, undefined, controller.signal),
    RangeError,
  );
});

Deno.test("start() throws when it can't run the command, and watches no directory any more", async () => {
  using directory = new TempDir();
  const watches = () =>
    [...openFiles(Deno.pid).values()].filter((file) => file.includes("inotify"))
      .length;
  const before = watches();
  await assertRejects(
    () => launch(directory, { cwd: directory.join("none") }),
    ZddError,
    "Cannot run",
  );
  assertEquals(watches(), before);
});

Deno.test("Launch.look() throws when the instance has ended, and ended is aborted", async () => {
  using directory = new TempDir();
  await launch(directory, { start: SERVE }, async (instance, started) => {
    assertEquals(await started.look(), instance);
    sendSignal(instance.process, "SIGKILL");
    while (isRunning(instance.process)) await sleep(5);
    const { pid } = instance.process;
    const words = `web didn't start: process ${pid} ended with exit status 137`;
    await assertRejects(() => started.look(), ZddError, words);
    assertEquals(started.ended.reason.message, words);
  });
});

Deno.test("Launch.ended is aborted by itself when a checked instance ends", async () => {
  using directory = new TempDir();
  const serve = `echo last words; ${SERVE}`;
  await launch(directory, { start: serve }, async (instance, started) => {
    started.checked();
    sendSignal(instance.process, "SIGKILL");
    await until("it is noticed", () => started.ended.aborted);
    const { message, quote } = started.ended.reason;
    assertEquals(quote, ["last words"]);
    const { pid } = instance.process;
    const words = `process ${pid} ended with exit status 137`;
    assertEquals(message, `web didn't stay up: ${words}`);
  });
});
