import { testEveryStep } from "./every_step.ts";

// `deploy --pause` is killed at random by `deno task pauses`.
testEveryStep({
  args: ["pause", "--", "true"],
  switches: ["live"],
  repairs: [["start"], ["deploy"], ["pause", "--", "true"]],
});
