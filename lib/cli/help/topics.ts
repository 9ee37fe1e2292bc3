import { unknown } from "../usage.ts";
import type { Topic } from "./topic.ts";
import { ANSIBLE } from "./topics/ansible.ts";
import { DEPLOY_CONF } from "./topics/deploy_conf.ts";
import { EXIT_STATUS_TOPIC } from "./topics/exit_status.ts";
import { HOOKS } from "./topics/hooks.ts";
import { TEMPLATE } from "./topics/template.ts";

/** The help topics by name. */
export const TOPICS: Record<string, Topic> = {
  "deploy.conf": DEPLOY_CONF,
  template: TEMPLATE,
  hooks: HOOKS,
  ansible: ANSIBLE,
  "exit-status": EXIT_STATUS_TOPIC,
};

/** The names of the topics, in the order of the help. */
export const TOPIC_NAMES: readonly string[] = Object.keys(TOPICS);

/**
 * The topic with a name.
 *
 * @param others other names that there is help for, to suggest
 * @throws {ZddError} with the nearest name, if there is no such topic.
 */
export function topicOf(
  name: string,
  others: readonly string[],
): Topic {
  const topic = Object.hasOwn(TOPICS, name) ? TOPICS[name] : undefined;
  if (topic !== undefined) return topic;
  throw unknown("help topic", name, [...others, ...TOPIC_NAMES]);
}
