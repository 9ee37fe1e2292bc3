import { assert, assertEquals } from "@std/assert";
import {
  exitStatusOf,
  FailedChange,
  failureJson,
  formatFailure,
} from "../../lib/cli/failure.ts";
import { COLORED } from "../../lib/cli/style.ts";
import type { InstanceStatus, Status } from "../../lib/deploy/look/status.ts";
import { ZddError } from "../../lib/error.ts";

const SHORT = { verbose: false };
const FAILURE = new ZddError("web didn't start", {
  quote: ["one", "two"],
  source: "/srv/web.log",
  hint: "look",
});

/** What runs after a failure: these instances, each of its own service. */
function statusOf(instances: Record<string, Partial<InstanceStatus>[]>) {
  const services = Object.entries(instances).map(([name, all]) => ({
    name,
    instances: all.map((own): InstanceStatus => ({
      state: "serving",
      id: "x",
      pid: 4711,
      address: "127.0.0.1:20001",
      startedAt: "",
      log: "",
      ...own,
    })),
  }));
  const nginx = { running: true, conf: "", workers: 1, oldWorkers: 0 };
  return { ok: false, services, nginx, notes: [] } satisfies Status;
}

Deno.test("formatFailure() tells what happened, what others said and where, and what to do", () => {
  assertEquals(
    formatFailure(FAILURE, SHORT),
    "zddeploy: web didn't start\n  | one\n  | two\n  (/srv/web.log)\nhint: look",
  );
});

Deno.test("formatFailure() leaves out what isn't known", () => {
  assertEquals(formatFailure(new ZddError("x"), SHORT), "zddeploy: x");
});

Deno.test("formatFailure() tells who serves after a failed change, and always what to do", () => {
  const status = statusOf({
    web: [{ release: "v41" }, { state: "stopping", pid: 1 }],
    api: [{ pid: 4712 }, { pid: 4713 }],
    mail: [{ state: "dead" }],
  });
  assertEquals(
    formatFailure(new FailedChange(new ZddError("x"), status), SHORT),
    "zddeploy: x\n" +
      "now: web: 4711 serves on 127.0.0.1:20001, release v41\n" +
      "now: api: 4712 serves on 127.0.0.1:20001\n" +
      "now: api: 4713 serves on 127.0.0.1:20001\n" +
      "now: mail: nothing serves\n" +
      "hint: fix that, then run zddeploy again",
  );
  const hinted = formatFailure(new FailedChange(FAILURE, status), SHORT);
  assert(hinted.endsWith("\nhint: look"), hinted);
});

Deno.test("formatFailure() says that nginx isn't running", () => {
  const status = { ...statusOf({}), nginx: { ...statusOf({}).nginx } };
  status.nginx.running = false;
  assert(
    formatFailure(new FailedChange(FAILURE, status), SHORT)
      .includes("\nnow: nginx isn't running\n"),
  );
});

Deno.test("formatFailure() fits a screen of 24 rows, whatever a log says", () => {
  const names = Array.from({ length: 30 }, (_, i) => [`s${i}`, [{}]]);
  const status = statusOf(Object.fromEntries(names));
  for (const length of [10, 100, 5000]) {
    const quote = Array.from(
      { length: 50 },
      (_, i) => `${i} ` + "x".repeat(length),
    );
    const error = new ZddError("x", { quote, source: "/srv/web.log" });
    const text = formatFailure(new FailedChange(error, status), SHORT);
    const rows = text.split("\n").map((line) => Math.ceil(line.length / 80));
    assert(rows.reduce((a, b) => a + b) < 24, text);
    assert(/\n {2}\| … \d+ more lines above\n/.test(text), text);
    assert(text.includes("\n  | 49 xxx"), "the last line is what matters");
    assert(text.includes("\nnow: … zddeploy status shows the others\n"), text);
    assertEquals(text.match(/^now: s\d+: /gm)?.length, 4);
  }
});

Deno.test("formatFailure() admits that a failure wasn't foreseen", () => {
  const text = formatFailure(new TypeError("x is not a function"), SHORT);
  assert(text.startsWith("zddeploy: x is not a function\nhint: "), text);
  assert(text.includes("--verbose"));
  assert(formatFailure("thrown text", SHORT).startsWith("zddeploy: thrown"));
});

Deno.test("formatFailure() shows the stack only when asked for", () => {
  for (const error of [FAILURE, new TypeError("x")]) {
    assert(!formatFailure(error, SHORT).includes("failure_test.ts"));
    assert(
      formatFailure(error, { verbose: true }).includes("failure_test.ts"),
    );
  }
});

Deno.test("formatFailure() is coloured where that is wanted", () => {
  const text = formatFailure(FAILURE, { verbose: false, style: COLORED });
  assert(text.startsWith(COLORED.red("zddeploy:")), text);
});

Deno.test("failureJson() is the same for programs", () => {
  const error = {
    message: "web didn't start",
    hint: "look",
    quote: ["one", "two"],
    source: "/srv/web.log",
  };
  const json = (thrown: unknown) =>
    JSON.parse(JSON.stringify(failureJson(thrown)));
  assertEquals(json(FAILURE), { error, exitStatus: 1 });
  assertEquals(json("text"), {
    error: { message: "text", quote: [] },
    exitStatus: 1,
  });
  assertEquals(json(new FailedChange(FAILURE, statusOf({ web: [{}] }))), {
    error,
    serving: [{ service: "web", pid: 4711, address: "127.0.0.1:20001" }],
    exitStatus: 1,
  });
});

Deno.test("exitStatusOf() is that of the failure inside", () => {
  const failure = new ZddError("x", { exitStatus: 4 });
  assertEquals(exitStatusOf(failure), 4);
  assertEquals(exitStatusOf(new FailedChange(failure, statusOf({}))), 4);
  assertEquals(exitStatusOf(new TypeError("x")), 1);
});
