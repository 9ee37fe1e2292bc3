import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Load } from "./load.ts";
import { always } from "./load_trial.ts";
import { RawServer } from "./raw_server.ts";

const program = new URL("./load.ts", import.meta.url);

/** Whether there is a process with this id that isn't a zombie. */
async function lives(pid: number): Promise<boolean> {
  try {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    return !/\) Z /.test(stat);
  } catch {
    return false;
  }
}

Deno.test("Load runs in a process of its own until it is stopped", async () => {
  await using server = new RawServer(always("v1 of it"));
  await using load = await Load.start({
    url: server.url,
    clients: 3,
    methods: ["GET", "POST"],
    expect: /^v1 /,
    text: /^v\d/,
  });
  assert(await lives(load.pid));
  const result = await load.stop();
  assert(!await lives(load.pid));
  assertEquals(result.failures, []);
  assert(result.ok >= 3);
  assertEquals(result.connections, 3);
  assertEquals(result.answers.map(({ text }) => text), ["v1"]);
  assertEquals(await load.stop(), result);
});

Deno.test("Load.start() says why it can't", async () => {
  const error = await assertRejects(
    () => Load.start({ url: "https://127.0.0.1/" }),
    Error,
    "Cannot start the load: its process ended with 1",
  );
  assertStringIncludes(error.message, "Cannot load anything but http");
  await assertRejects(
    () => Load.start({ url: "http://127.0.0.1/", expect: /v1/i }),
    TypeError,
    "Cannot pass on a regular expression with flags, got /v1/i",
  );
});

Deno.test("Load ends its process when it is disposed of", async () => {
  await using server = new RawServer(always("v1"));
  let pid: number;
  {
    await using load = await Load.start({ url: server.url });
    pid = load.pid;
    assert(await lives(pid));
  }
  assert(!await lives(pid));
});

Deno.test("Load.stop() rejects when its process was killed", async () => {
  await using server = new RawServer(always("v1"));
  await using load = await Load.start({ url: server.url });
  Deno.kill(load.pid, "SIGKILL");
  await assertRejects(
    () => load.stop(),
    Error,
    "The load gave no figures: its process ended with SIGKILL",
  );
});

Deno.test("Load doesn't outlive the process that started it", async () => {
  await using server = new RawServer(always("v1"));
  const parent = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { Load } from "${program}";
      const load = await Load.start({ url: "${server.url}" });
      Deno.stdout.writeSync(new TextEncoder().encode(String(load.pid)));
      setInterval(() => {}, 1000);`,
    ],
    stdout: "piped",
  }).spawn();
  const output = parent.stdout.getReader();
  const { value } = await output.read();
  const pid = Number(new TextDecoder().decode(value));
  assert(await lives(pid));
  parent.kill("SIGKILL");
  await parent.status;
  while (!(await output.read()).done);
  for (let attempt = 0; attempt < 500 && await lives(pid); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const outlived = await lives(pid);
  if (outlived) Deno.kill(pid, "SIGKILL");
  assert(!outlived);
});

Deno.test("load.ts prints one JSON document at SIGTERM, or when its time is over", async () => {
  await using server = new RawServer(always("v1"));
  for (const args of [[], ["--seconds", "0.1"]]) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", program.href, "--url", server.url, "--post", ...args],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const output = child.output();
    if (args.length === 0) {
      while (server.accepted < 20) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      child.kill("SIGTERM");
    }
    const { code, stdout } = await output;
    assertEquals(code, 0);
    const result = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(result.requests, result.ok);
    assertEquals(result.connections, 20);
  }
});
