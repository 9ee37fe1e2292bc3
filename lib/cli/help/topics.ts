import { unknown } from "../usage.ts";
import type { Topic } from "./topic.ts";

/** What `zddeploy help` tells about beside the commands; each is loaded only when it is shown. */
const TOPICS: Record<string, () => Promise<Topic>> = {
  "deploy.conf": async () =>
    (await import("./topics/deploy_conf.ts")).DEPLOY_CONF,
  template: async () => (await import("./topics/template.ts")).TEMPLATE,
  hooks: async () => (await import("./topics/hooks.ts")).HOOKS,
  ansible: async () => (await import("./topics/ansible.ts")).ANSIBLE,
  "exit-status": async () =>
    (await import("./topics/exit_status.ts")).EXIT_STATUS_TOPIC,
};

/** The names of the topics, in the order of the help. */
export const TOPIC_NAMES: readonly string[] = Object.keys(TOPICS);

/** Each topic with its name. */
export async function loadTopics(): Promise<[name: string, topic: Topic][]> {
  return await Promise.all(
    Object.entries(TOPICS).map(async ([name, load]) =>
      [name, await load()] as [string, Topic]
    ),
  );
}

/**
 * Loads one topic.
 *
 * @param others what else there is help about
 * @throws {ZddError} with the nearest one of all, if there is none of that name.
 */
export async function loadTopic(
  name: string,
  others: readonly string[],
): Promise<Topic> {
  const load = Object.hasOwn(TOPICS, name) ? TOPICS[name] : undefined;
  if (load !== undefined) return await load();
  throw unknown("help topic", name, [...others, ...TOPIC_NAMES]);
}
