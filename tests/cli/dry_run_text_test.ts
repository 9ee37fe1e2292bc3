import { assertEquals } from "@std/assert";
import { formatDryRun } from "../../lib/cli/dry_run_text.ts";
import type { DryRunResult } from "../../lib/deploy/change/dry_run.ts";

const RESULT: DryRunResult = {
  dryRun: true,
  changed: true,
  nginx: { action: "reloaded", pid: 1 },
  services: [
    { name: "web", starts: 2, replaces: [11, 12], stops: [9] },
    { name: "api", starts: 1, replaces: [], stops: [] },
    { name: "db", starts: 0, replaces: [], stops: [], why: "it runs" },
  ],
  warnings: ["look"],
  ms: 1,
};

Deno.test("formatDryRun() tells of each service and nginx what would be done", () => {
  assertEquals(
    formatDryRun(RESULT),
    "web: would start 2 instances to replace 11, 12, and stop 9\n" +
      "api: would start 1 instance\n" +
      "db: nothing to do: it runs\n" +
      "nginx: would be reloaded\n" +
      "warning: look\n" +
      "nothing was done: it was a dry run",
  );
  const unchanged = formatDryRun({
    ...RESULT,
    changed: false,
    nginx: { action: "unchanged" },
    services: [],
    warnings: [],
  });
  assertEquals(unchanged, "nginx: would stay as it is\nnothing to do");
});

for (
  const { shares, watch, line } of [
    { watch: 120_000, line: "zdd: would watch the release for 2 min" },
    { shares: [10], line: "zdd: would give the release 10 % of the requests" },
    {
      ...{ shares: [5, 25], watch: 60_000 },
      line:
        "zdd: would give the release 5 %, then 25 % of the requests, watch " +
        "each share for 1 min, and then give it all",
    },
  ]
) {
  Deno.test(`formatDryRun() tells of shares ${shares} and a watch of ${watch}`, () => {
    const lines = formatDryRun({ ...RESULT, shares, watch }).split("\n");
    assertEquals(lines.filter((one) => one.startsWith("zdd: ")), [line]);
  });
}
