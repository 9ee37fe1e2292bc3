import type { TOPICS } from "../../commands/commands.ts";
import { ANSIBLE_HELP } from "./ansible_help.ts";
import { confHelp } from "./conf_help.ts";
import type { Block } from "./document.ts";
import { EXIT_STATUS_HELP } from "./exit_status.ts";
import { HOOKS_HELP } from "./hooks_help.ts";
import { TEMPLATE_HELP } from "./template_help.ts";

type Topic = typeof TOPICS[number];

/** Each topic in a few words. */
export const TOPIC_SUMMARIES: Record<Topic, string> = {
  "deploy.conf": "every key of deploy.conf",
  template: "the two languages of nginx.conf.template; the live switch",
  hooks: "commands of yours that run at certain moments",
  ansible: "how a playbook calls zddeploy",
  "exit-status": "what the exit status says",
};

/** The text of a topic. */
export function topicHelp(topic: Topic): Block[] {
  switch (topic) {
    case "deploy.conf":
      return confHelp();
    case "template":
      return TEMPLATE_HELP;
    case "hooks":
      return HOOKS_HELP;
    case "ansible":
      return ANSIBLE_HELP;
    case "exit-status":
      return EXIT_STATUS_HELP;
  }
}
