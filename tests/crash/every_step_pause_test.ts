import { testEveryStep } from "./every_step.ts";

testEveryStep({
  args: ["pause", "--", "true"],
  switches: ["live"],
  repairs: [["start"], ["deploy"], ["pause", "--", "true"]],
});

testEveryStep({
  args: ["deploy", "--pause", "true"],
  switches: ["live"],
  repairs: [["start"], ["deploy", "--pause", "true"]],
});

testEveryStep({
  args: ["maintenance", "off"],
  switches: ["live"],
  prepare: async ({ site }) => {
    await site.deploy("maintenance", "on", "--allow", "127.0.0.1");
  },
  repairs: [["start"], ["maintenance", "off"]],
});
