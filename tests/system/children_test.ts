import { assert, assertEquals } from "@std/assert";
import { childrenOf } from "../../lib/system/children.ts";
import { allProcesses } from "../../lib/system/process.ts";
import { until } from "../support/until.ts";
import { Child } from "./child.ts";

Deno.test("childrenOf() finds what a look at all processes finds", async () => {
  await using parent = Child.run(
    "sh",
    "-c",
    "for i in 1 2 3 4 5; do sleep 60 & done; wait",
  );
  await until("it has children", () => childrenOf(parent.pid).length === 5);
  const children = allProcesses().filter((stat) => stat.parent === parent.pid);
  assertEquals(
    childrenOf(parent.pid).map(({ pid }) => pid).sort(),
    children.map(({ pid }) => pid).sort(),
  );
  for (const { pid } of children) Deno.kill(pid, "SIGKILL");
  await until("they are gone", () => childrenOf(parent.pid).length === 0);
});

Deno.test("childrenOf() misses none while others end", async () => {
  await using parent = Child.run(
    "bash",
    "-c",
    "for i in {1..300}; do sleep 60 & done; wait",
  );
  await until("all are there", () => childrenOf(parent.pid).length === 300);
  const pids = childrenOf(parent.pid).map(({ pid }) => pid);
  const last = pids.pop();
  await using _killer = Child.run("kill", "-KILL", ...pids.map(String));
  let looks = 0;
  await until("the others have ended", () => {
    for (;; looks++) {
      const children = childrenOf(parent.pid);
      assert(children.some(({ pid }) => pid === last), "one was missed");
      if (children.length === 1 || looks % 100 === 99) {
        return children.length === 1;
      }
    }
  });
  Deno.kill(Number(last), "SIGKILL");
});

Deno.test("childrenOf() finds those that other threads have begun", async () => {
  const program = `
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    await child.status;`;
  const worker = `data:application/javascript,${encodeURIComponent(program)}`;
  const start = `new Worker(${
    JSON.stringify(worker)
  }, { type: "module" }); setInterval(() => {}, 1000)`;
  await using parent = Child.run(Deno.execPath(), "eval", start);
  await until(
    "it has a child",
    () => childrenOf(parent.pid).length === 1,
  );
  for (const { pid } of childrenOf(parent.pid)) Deno.kill(pid, "SIGKILL");
});
