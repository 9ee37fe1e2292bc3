import { assertEquals } from "@std/assert";
import { cyclesOf, startOrder } from "../../lib/config/start_order.ts";
import { mistakesIn, NGINX } from "./conf_dir.ts";

/** Services such as `web after db` or `cron! after web`, which stops first. */
function services(...texts: string[]) {
  return texts.map((text) => {
    const [name = "", , ...after] = text.split(" ");
    return {
      name: name.replace("!", ""),
      after,
      replace: name.endsWith("!")
        ? "stop-first" as const
        : "start-first" as const,
    };
  });
}

const orderOf = (...texts: string[]) =>
  [...startOrder(services(...texts))].map(([name, waitsFor]) =>
    [name, ...waitsFor].join(" ")
  );

Deno.test("startOrder() puts each service behind what it waits for", () => {
  assertEquals(orderOf("web after db cache", "db", "cache after db"), [
    "db",
    "cache db",
    "web db cache",
  ]);
});

Deno.test("startOrder() doesn't wait for what isn't started", () => {
  assertEquals(orderOf("web after db", "api"), ["web", "api"]);
});

Deno.test("startOrder() stops first as late as can be", () => {
  assertEquals(orderOf("cron!", "web", "mail after cron", "api after web"), [
    "web",
    "api web",
    "cron web api",
    "mail cron",
  ]);
  assertEquals(orderOf("b! after a", "a!", "web"), [
    "web",
    "a web",
    "b a web",
  ]);
  assertEquals(orderOf("cron!"), ["cron"]);
});

Deno.test("cyclesOf() finds each circle once", () => {
  assertEquals(cyclesOf(services("a after b", "b", "c after a b")), []);
  assertEquals(cyclesOf(services("x after a", "a after b", "b after a")), [
    ["a", "b"],
  ]);
  assertEquals(
    cyclesOf(services("a after a", "b after c", "c after d b", "d after a")),
    [["a"], ["b", "c"]],
  );
});

Deno.test("`after` names services that there are, and don't wait for each other", () => {
  const service = (name: string, after: string) =>
    `[service:${name}]\nport: env\nstart: x\nafter: ${after}\n`;
  assertEquals(
    mistakesIn(NGINX, service("web", "dbb"), service("db", "worker web,db")),
    [
      'deploy.conf:7: Cannot use "after" of [service:web]: expected a service ' +
      'such as db, got "dbb"',
      'deploy.conf:11: Cannot use "after" of [service:db]: expected names of ' +
      'other services (web), got "worker"',
      'deploy.conf:11: Cannot use "after" of [service:db]: expected services ' +
      'that don\'t wait for each other, got "db -> db"',
    ],
  );
  assertEquals(
    mistakesIn(NGINX, service("web", "db"), service("db", "web")),
    [
      'deploy.conf:7: Cannot use "after" of [service:web]: expected services ' +
      'that don\'t wait for each other, got "web -> db -> web"',
    ],
  );
});

Deno.test("what a worker or what stops first can't have is a mistake", () => {
  const section = (...lines: string[]) =>
    ["[service:w]", "start: x", ...lines, ""].join("\n");
  assertEquals(
    mistakesIn(NGINX, section("port: none", "health: /up")).map((line) =>
      line.replace(/^.*: expected/, "expected")
    ),
    ['expected a URL, or `ready`, with port: none, got "/up"'],
  );
  assertEquals(
    mistakesIn(
      NGINX,
      section("port: none", "health: http://127.0.0.1:9000/up"),
    ),
    [],
  );
  assertEquals(
    mistakesIn(
      NGINX,
      section("port: detect", "replace: stop-first", "standby: yes"),
    ).length,
    2,
  );
  assertEquals(
    mistakesIn(NGINX, section("port: none", "replace: never")).length,
    1,
  );
});
