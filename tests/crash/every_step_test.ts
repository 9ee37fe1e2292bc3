import { testEveryStep } from "./every_step.ts";
import type { CrashSite } from "./crash_site.ts";

testEveryStep({
  args: ["deploy"],
  switches: ["live", "reload"],
  repairs: [["start"], ["deploy"]],
});

testEveryStep({
  args: ["rollback"],
  switches: ["live", "reload"],
  lines: ["standby: yes"],
  prepare: haveStandby,
  repairs: [["start"], ["deploy"]],
});

async function haveStandby(own: CrashSite): Promise<void> {
  if (own.web.standby.length === 0) await own.site.deploy();
}
