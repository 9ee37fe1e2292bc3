import { LIVE_CONF, LIVE_TEMPLATE } from "./texts.ts";

/** What `init` has found out about a project. */
export interface Site {
  /** The name of its service. */
  name: string;
  /** The command that starts the server. */
  start: string;
  /** More lines of the service's section. */
  settings?: string[];
  /** Where nginx listens. */
  listen: number;
  /** The template, as deploy.conf says it; absolute for the system's nginx. */
  template: string;
  /** The main configuration of the system's nginx, if that is meant. */
  conf?: string;
  /** Where the state goes, if it can't be in the project. */
  stateDir?: string;
}

const SAMPLE_LISTEN = "8003";

/** deploy.conf for a project, with comments about what else can be said. */
export function confText(site: Site): string {
  const { name, start, settings = [], listen, template, conf, stateDir } = site;
  let text = LIVE_CONF;
  text = replace(
    text,
    "template: nginx.conf.template",
    `template: ${template}`,
  );
  if (conf !== undefined) {
    text = replace(
      text,
      /pid_file: nginx\.pid\n(#.*\n)*/,
      () =>
        "# nginx belongs to the system: its own pid file, and its main configuration,\n" +
        "# which includes the one that is rendered here.\n" +
        `pid_file: /run/nginx.pid\nconf: ${conf}\n`,
    );
  }
  if (/\{socket\}/.test(start)) {
    text = replace(
      text,
      /# zdd picks a port.*\nport: env/,
      () =>
        "# zdd picks the path of a unix socket for each new instance.\n" +
        "port: socket",
    );
  }
  text = replace(text, "[service:web]", `[service:${name}]`);
  // Percent signs are the dialect's own.
  text = replace(
    text,
    "start: node server.js",
    [`start: ${start.replaceAll("%", "%%")}`, ...settings].join("\n"),
  );
  if (!start.startsWith("node ")) {
    text = replace(text, "NODE_ENV=production", "KEY=value");
  }
  text = replace(
    text,
    "web.log.\n# log: web.log",
    `${name}.log.\n# log: ${name}.log`,
  );
  text = replace(text, `localhost:${SAMPLE_LISTEN}`, `localhost:${listen}`);
  if (stateDir !== undefined) {
    text = replace(text, "# [deploy]", "[deploy]");
    text = replace(text, /# state_dir: .*/, () => `state_dir: ${stateDir}`);
  }
  return text;
}

/** nginx.conf.template for a project, with the live switch. */
export function templateText(
  { name, listen, conf, stateDir }: Site,
): string {
  let text = conf === undefined ? LIVE_TEMPLATE : httpPart(LIVE_TEMPLATE);
  text = replace(text, `listen ${SAMPLE_LISTEN};`, `listen ${listen};`);
  text = replace(text, 'it.live.choose("web")', `it.live.choose("${name}")`);
  text = replace(text, 'it.live.pass("web")', `it.live.pass("${name}")`);
  // nginx's workers can't get at what the project's directory holds.
  return stateDir === undefined
    ? text
    : text.replaceAll("{project_dir}/nginx-temp", `${stateDir}/nginx-temp`);
}

/**
 * What of a template stands at http level from the live snippet on: the settings above
 * it are the system's, and most of them may be there only once.
 */
function httpPart(text: string): string {
  const [inside] = /^http \{\n([^]*?)^\}/m.exec(text)?.slice(1) ?? [];
  const part = /(?:^ *#.*\n)*^ *<%= it\.live\.upstreams\(\)[^]*/m
    .exec(inside ?? "")?.[0];
  if (part === undefined) throw new TypeError("No http part in the template");
  return part.replace(/^ {4}/gm, "");
}

/** Replaces what must be there: the texts and this module belong together. */
function replace(
  text: string,
  what: string | RegExp,
  by: string | (() => string),
): string {
  const replaced = text.replace(what, typeof by === "string" ? () => by : by);
  if (replaced === text && typeof what !== "string") {
    throw new TypeError(`Nothing like ${what} in the texts of init`);
  }
  if (typeof what === "string" && !text.includes(what)) {
    throw new TypeError(`No "${what}" in the texts of init`);
  }
  return replaced;
}
