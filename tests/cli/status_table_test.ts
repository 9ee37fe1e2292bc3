import { assert, assertEquals } from "@std/assert";
import { formatStatus } from "../../lib/cli/status_table.ts";
import { printable } from "../../lib/cli/output.ts";
import { COLORED } from "../../lib/cli/style.ts";
import type { InstanceStatus, Status } from "../../lib/deploy/look/status.ts";

const INSTANCE: InstanceStatus = {
  state: "serving",
  id: "web-1",
  pid: 4711,
  address: "127.0.0.1:45643",
  startedAt: "2026-11-23T17:45:12.000Z",
  uptime: 125,
  memory: 12.5 * 2 ** 20,
  connections: 3,
  log: "/srv/web.log",
};

function statusOf(...instances: InstanceStatus[]): Status {
  return {
    ok: true,
    services: [{ name: "web", instances }],
    nginx: {
      running: true,
      pid: 99,
      conf: "/srv/nginx.conf",
      workers: 2,
      oldWorkers: 0,
    },
    notes: [],
  };
}

const NOW = Date.parse("2026-11-23T18:00:00.000Z");

/** The cells of the row of the first instance. */
function rowOf(instance: Partial<InstanceStatus>): string[] {
  const text = formatStatus(statusOf({ ...INSTANCE, ...instance }));
  return text.split("\n")[1]?.split(/ {2,}/) ?? [];
}

Deno.test("formatStatus() is a table with a row for each instance and nginx", () => {
  const text = formatStatus(
    statusOf(INSTANCE, { ...INSTANCE, pid: 4712, state: "stopping" }),
  );
  const [head = "", ...rows] = text.split("\n");
  const cells = (row: string) => row.split(/ {2,}/);
  assertEquals(cells(head).slice(0, 4), ["SERVICE", "STATE", "PID", "ADDRESS"]);
  const rest = ["127.0.0.1:45643", "2 min 5 s", "12.5 MB", "3"];
  assertEquals(rows.map(cells), [
    ["web", "serving", "4711", ...rest],
    ["web", "stopping", "4712", ...rest],
    ["nginx", "2 workers", "99"],
  ]);
  const column = head.indexOf("ADDRESS");
  assertEquals(rows.map((row) => row.indexOf("127.")), [column, column, -1]);
});

Deno.test("formatStatus() says what doesn't run", () => {
  const status = statusOf();
  status.nginx = { ...status.nginx, running: false, pid: undefined };
  const lines = formatStatus(status).split("\n");
  assert(/^web +not running$/.test(lines[1] ?? ""), lines[1]);
  assert(/^nginx +not running$/.test(lines[2] ?? ""), lines[2]);
});

Deno.test("formatStatus() leaves out what isn't known of a dead instance", () => {
  const { state, id, pid, address, startedAt, log } = INSTANCE;
  const dead = { id, pid, address, startedAt, log };
  const text = formatStatus(statusOf({ ...dead, state: "dead" }));
  assertEquals(state, "serving");
  assert(/^web +dead +4711 +127.0.0.1:45643$/m.test(text), text);
});

Deno.test("formatStatus() shows a canary's share", () => {
  assertEquals(rowOf({ state: "canary", percent: 10 })[1], "canary 10 %");
  assertEquals(rowOf({ state: "dead", percent: 10 })[1], "dead canary 10 %");
});

Deno.test("formatStatus() counts nginx's workers, the old ones too", () => {
  const status = statusOf();
  status.nginx = { ...status.nginx, workers: 1, oldWorkers: 2 };
  assert(/^nginx +1 worker and 2 old +99$/m.test(formatStatus(status)));
});

Deno.test("formatStatus() writes uptimes in two units", () => {
  assertEquals(rowOf({ uptime: 0 })[4], "0 s");
  assertEquals(rowOf({ uptime: 59 })[4], "59 s");
  assertEquals(rowOf({ uptime: 3600 })[4], "1 h 0 min");
  assertEquals(rowOf({ uptime: 86_399 })[4], "23 h 59 min");
  assertEquals(rowOf({ uptime: 86_400 })[4], "1 d 0 h");
  assertEquals(rowOf({ uptime: 90 * 86_400 + 7200 })[4], "90 d 2 h");
});

Deno.test("formatStatus() ends with the notes", () => {
  const status = { ...statusOf(INSTANCE), notes: ["one", "two"] };
  assert(formatStatus(status).endsWith("\nnote: one\nnote: two"));
});

Deno.test("formatStatus() says how long ago nginx was loaded", () => {
  const status = statusOf();
  status.nginx.loadedAt = "2026-11-23T17:56:55.000Z";
  const text = formatStatus(status, { now: NOW });
  assert(/^nginx +2 workers +99 +loaded 3 min 5 s ago$/m.test(text), text);
});

Deno.test("formatStatus() shows releases if there are any, and logs if asked for", () => {
  const plain = formatStatus(statusOf(INSTANCE));
  assert(!plain.includes("RELEASE") && !plain.includes("LOG"), plain);
  assertEquals(rowOf({ release: "v42" })[4], "v42");
  const verbose = formatStatus(statusOf(INSTANCE), { verbose: true });
  assert(/ LOG\n.* {2}\/srv\/web\.log\n/.test(verbose), verbose);
});

Deno.test("formatStatus() marks what is wrong, and keeps the columns", () => {
  const dead = { ...INSTANCE, state: "dead" } as const;
  const plain = formatStatus(statusOf(INSTANCE, dead));
  const colored = formatStatus(statusOf(INSTANCE, dead), { style: COLORED });
  assert(colored.includes(COLORED.red("dead")));
  assert(colored.includes(COLORED.green("serving")));
  // deno-lint-ignore no-control-regex
  assertEquals(printable(colored).replaceAll(/\u001b\[\d+m/g, ""), plain);
});

Deno.test("formatStatus() leaves out what a narrow terminal has no room for", () => {
  const status = statusOf({ ...INSTANCE, release: "v42" });
  const heads = [90, 70, 40, 1].map((width) =>
    formatStatus(status, { width }).split("\n")[0]?.split(/ {2,}/).join(" ")
  );
  assertEquals(heads, [
    "SERVICE STATE PID ADDRESS RELEASE UPTIME MEMORY CONNECTIONS",
    "SERVICE STATE PID ADDRESS RELEASE UPTIME",
    "SERVICE STATE PID RELEASE",
    "SERVICE STATE PID",
  ]);
});
