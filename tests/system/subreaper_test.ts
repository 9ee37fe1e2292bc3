import { assertEquals } from "@std/assert";
import { identify, isRunning, readStat } from "../../lib/system/process.ts";
import { adopt, reap, Subreaper } from "../../lib/system/subreaper.ts";
import { until } from "../support/until.ts";
import { TempDir } from "./temp_dir.ts";

/** Starts what loses its parent at once. Returns its pid. */
async function orphan(): Promise<number> {
  using directory = new TempDir();
  const file = directory.join("pid");
  const script = `setsid sh -c 'sleep 60 & echo $! >${file}; exit' & wait`;
  await new Deno.Command("sh", {
    args: ["-c", script],
    stdout: "null",
    stderr: "null",
  })
    .output();
  return Number(directory.read("pid"));
}

Deno.test("what loses its parent becomes a child, until the last subreaper is disposed of", async () => {
  const first = new Subreaper();
  const second = new Subreaper();
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  const kept = await orphan();
  second[Symbol.dispose]();
  const lost = await orphan();
  try {
    assertEquals(readStat(kept)?.parent, Deno.pid);
    assertEquals(readStat(lost)?.parent === Deno.pid, false);
  } finally {
    for (const pid of [kept, lost]) Deno.kill(pid, "SIGKILL");
  }
  const process = identify(kept);
  await until("it has ended", () => !process || !isRunning(process));
  reap(kept);
  assertEquals(readStat(kept)?.state, "Z", "it wasn't adopted");
  adopt(kept);
  reap(kept);
  assertEquals(readStat(kept), undefined);
});
