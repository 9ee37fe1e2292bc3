import { hasServiceManager } from "../../../system/service_manager.ts";
import { bootStatus } from "../boot.ts";
import { type Check, ok, warning } from "./check.ts";

/** Checks that a reboot brings the services back. */
export const checkBoot: Check = async ({ project }) => {
  if (project === undefined || !hasServiceManager()) return [];
  const { problems } = await bootStatus(project.config);
  return problems.length === 0
    ? [ok("A reboot brings everything back")]
    : problems.map((text) =>
      warning(`A reboot doesn't bring everything back: ${text}`)
    );
};
