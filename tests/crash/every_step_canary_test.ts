import { testEveryStep } from "./every_step.ts";
import type { CrashSite } from "./crash_site.ts";

testEveryStep({
  args: ["deploy", "--canary", "30"],
  switches: ["live"],
  prepare: haveNoCanary,
  repairs: [["start"]],
});

testEveryStep({
  args: ["canary", "70"],
  switches: ["live"],
  prepare: async (own) => {
    await haveCanary(own);
    await own.site.deploy("canary", "20");
  },
  repairs: [["start"]],
});

testEveryStep({
  args: ["promote"],
  switches: ["live"],
  prepare: haveCanary,
  repairs: [["start"]],
});

testEveryStep({
  args: ["abort"],
  switches: ["live"],
  prepare: haveCanary,
  repairs: [["start"]],
});

async function haveCanary(own: CrashSite): Promise<void> {
  if (own.web.canary !== undefined) return;
  await own.site.deploy("deploy", "--canary", "20");
}

async function haveNoCanary(own: CrashSite): Promise<void> {
  if (own.web.canary !== undefined) await own.site.deploy("abort");
}
