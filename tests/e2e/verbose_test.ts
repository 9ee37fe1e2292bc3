import { assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { serverCommand } from "../support/project.ts";

/** The commands and the signals of a run with -v, in their order. */
function acts(stderr: string): string[] {
  return stderr.split("\n").flatMap((line) =>
    /^zdd: ((?:run|send): .*)$/.exec(line)?.[1] ?? []
  );
}

Deno.test("-v shows every command and every signal", async () => {
  await using site = Site.classic();
  const [nginx, place] = [site.path("nginx.conf"), `(in ${site.directory})`];
  const start = `run: ${serverCommand("--pid-file", "web.pid")} ${place}`;
  const { stderr: first } = await site.deploy("-v");
  assertEquals(
    acts(first).map((act) => act.replace(/\S*\/nginx -/, "nginx -")),
    [
      start,
      `run: nginx -t -c ${nginx} ${place}`,
      `run: nginx -c ${nginx} ${place}`,
    ],
  );
  const old = await site.pidAt();
  const { stderr: second } = await site.deploy("-v");
  const master = Number(site.read("nginx.pid"));
  assertEquals(acts(second).toSpliced(1, 1), [
    start,
    `send: SIGHUP to ${master}`,
    `send: SIGTERM to ${old}`,
  ]);
  const { stderr: third } = await site.zdd("stop", "--nginx", "-v");
  assertMatch(third, new RegExp(`^zdd: send: SIGQUIT to ${master}$`, "m"));
  assertMatch(third, /^zdd: send: SIGTERM to \d+$/m);
});

Deno.test("-v shows how a failed release is ended", async () => {
  const start = `trap "" TERM; ${
    serverCommand("--pid-file", "web.pid", "--mode", "exit")
  }; sleep 60`;
  await using site = Site.classic({ start, lines: ["start_timeout: 1"] });
  const { code, stderr } = await site.zdd("-v");
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^zdd: send: SIGTERM to \d+$/m);
  assertMatch(stderr, /^zdd: send: SIGKILL to \d+$/m);
});

Deno.test("without -v neither is shown", async () => {
  await using site = Site.classic();
  const { stderr } = await site.deploy();
  assertEquals(acts(stderr), []);
});
