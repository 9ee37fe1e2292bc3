import type { Command, CommandOption } from "./command.ts";

const SERVICE: CommandOption = {
  name: "service",
  value: "NAME",
  help: "only this service; may be given again",
};

const LOCK_WAIT: CommandOption = {
  name: "lock-wait",
  value: "SECONDS",
  help: "wait that long for another deploy to end",
};

/**
 * Every command, in the order of the help. What runs a command is loaded only when it
 * does, so that each of them starts quickly.
 */
export const COMMANDS: Command[] = [
  {
    name: "deploy",
    summary: "put new instances of all services live (the default)",
    options: [
      SERVICE,
      {
        name: "release",
        value: "ID",
        help: "what is deployed; nothing is done if that serves already",
      },
      {
        name: "canary",
        value: "PERCENT",
        help: "give them a share of the requests, beside the current ones",
      },
      LOCK_WAIT,
    ],
    load: () => import("./commands/deploy.ts"),
  },
  {
    name: "start",
    summary: "start whatever should run and doesn't; for boot, cron, playbooks",
    options: [LOCK_WAIT],
    load: () => import("./commands/start.ts"),
  },
  {
    name: "status",
    summary: "show what runs; exit status 1 if what should serve doesn't",
    load: () => import("./commands/status.ts"),
  },
  {
    name: "check",
    summary: "find every mistake in deploy.conf and the template",
    load: () => import("./commands/check.ts"),
  },
  {
    name: "render",
    summary: "print nginx.conf for the instances that run now",
    load: () => import("./commands/render.ts"),
  },
  {
    name: "rollback",
    summary: "put the standby instances back in service, at once",
    options: [LOCK_WAIT],
    load: () => import("./commands/rollback.ts"),
  },
  {
    name: "canary",
    words: ["PERCENT"],
    summary: "give the canary another share of the requests",
    options: [LOCK_WAIT],
    load: () => import("./commands/canary.ts"),
  },
  {
    name: "promote",
    summary: "give the canary all requests, and stop the release before it",
    options: [LOCK_WAIT],
    load: () => import("./commands/promote.ts"),
  },
  {
    name: "abort",
    summary: "take all requests from the canary, and stop it",
    options: [LOCK_WAIT],
    load: () => import("./commands/abort.ts"),
  },
  {
    name: "stop",
    summary: "stop all services",
    options: [
      SERVICE,
      { name: "nginx", help: "stop nginx too, before them" },
      LOCK_WAIT,
    ],
    load: () => import("./commands/stop.ts"),
  },
  {
    name: "logs",
    summary: "show the last lines of the services' logs",
    options: [
      SERVICE,
      { name: "lines", value: "N", help: "how many (default: 20)" },
      { name: "follow", help: "go on until interrupted" },
    ],
    load: () => import("./commands/logs.ts"),
  },
  {
    name: "history",
    summary: "show the last deploys and what became of them",
    load: () => import("./commands/history.ts"),
  },
  {
    name: "help",
    summary: "show this help",
    load: () => import("./commands/help.ts"),
  },
];
