import type { Command, Option } from "../cli/command.ts";

const SERVICE: Option = {
  name: "service",
  value: "NAME",
  complete: "service",
  help: "only this service; may be given again",
};

const LOCK_WAIT: Option = {
  name: "lock-wait",
  value: "SECONDS",
  help: "wait that long for another deploy to end",
};

/** What `init` writes a deploy.conf for. */
export const KINDS = [
  "node",
  "deno",
  "gunicorn",
  "uvicorn",
  "puma",
  "command",
] as const;

/** What `help` tells about, beside the commands. */
export const TOPICS = [
  "deploy.conf",
  "template",
  "hooks",
  "ansible",
  "exit-status",
] as const;

/** The shells that can complete the command line. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

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
      {
        name: "dry-run",
        help: "check everything and tell what would be done, but do nothing",
      },
      LOCK_WAIT,
    ],
    load: () => import("./deploy.ts"),
  },
  {
    name: "start",
    summary: "start whatever should run and doesn't; for boot, cron, playbooks",
    options: [LOCK_WAIT],
    load: () => import("./start.ts"),
  },
  {
    name: "status",
    summary: "show what runs; exit status 1 if what should serve doesn't",
    options: [
      { name: "watch", short: "w", help: "show it again and again" },
      {
        name: "interval",
        short: "n",
        value: "SECONDS",
        help: "how often, with --watch (default: 1)",
      },
    ],
    load: () => import("./status.ts"),
  },
  {
    name: "check",
    summary: "find every mistake in deploy.conf and the template; nginx -t",
    load: () => import("./check.ts"),
  },
  {
    name: "render",
    summary: "print nginx.conf for the instances that run now",
    load: () => import("./render.ts"),
  },
  {
    name: "rollback",
    summary: "put the standby instances back in service, at once",
    options: [LOCK_WAIT],
    load: () => import("./rollback.ts"),
  },
  {
    name: "canary",
    words: ["PERCENT"],
    summary: "give the canary another share of the requests",
    options: [LOCK_WAIT],
    load: () => import("./canary.ts"),
  },
  {
    name: "promote",
    summary: "give the canary all requests, and stop the release before it",
    options: [LOCK_WAIT],
    load: () => import("./promote.ts"),
  },
  {
    name: "abort",
    summary: "take all requests from the canary, and stop it",
    options: [LOCK_WAIT],
    load: () => import("./abort.ts"),
  },
  {
    name: "stop",
    summary: "stop all services",
    options: [
      SERVICE,
      { name: "nginx", help: "stop nginx too, before them" },
      LOCK_WAIT,
    ],
    load: () => import("./stop.ts"),
  },
  {
    name: "logs",
    summary: "show the last lines of the services' logs",
    options: [
      SERVICE,
      {
        name: "lines",
        short: "n",
        value: "N",
        help: "how many (default: 20)",
      },
      { name: "follow", short: "f", help: "go on until interrupted" },
    ],
    load: () => import("./logs.ts"),
  },
  {
    name: "history",
    summary: "show the last deploys and what became of them",
    load: () => import("./history.ts"),
  },
  {
    name: "init",
    words: ["[KIND]"],
    complete: KINDS,
    rest: "[COMMAND…]",
    summary: "write a deploy.conf and a template for a kind of server",
    options: [
      {
        name: "listen",
        value: "PORT",
        help: "where nginx listens (default: 8080)",
      },
      {
        name: "system",
        help: "for the system's own nginx, in /etc/nginx/conf.d",
      },
    ],
    load: () => import("./init.ts"),
  },
  {
    name: "completion",
    words: ["SHELL"],
    complete: SHELLS,
    summary: "print what makes bash, zsh or fish complete the command line",
    load: () => import("./completion.ts"),
  },
  {
    name: "help",
    words: ["[TOPIC]"],
    summary: "show this help, or that of a command or a topic",
    options: [{ name: "man", help: "print all of it as a man page" }],
    load: () => import("./help.ts"),
  },
];
