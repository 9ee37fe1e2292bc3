import { LIVE_CONF, LIVE_TEMPLATE } from "./texts.ts";
import type { Server } from "./kind.ts";
import { phpLocations } from "./php_locations.ts";

/** What `init` found out about a project. */
export interface Site {
  /** Its services; the first one gets all requests that aren't for another. */
  services: readonly [SiteService, ...SiteService[]];
  /** Where nginx listens, as in its `listen`: `8080`, `127.0.0.1:8080`. */
  listen: string;
  /** The URL of the site. */
  url: string;
  /** The template's path for deploy.conf; absolute for the system's nginx. */
  template: string;
  /** The main configuration of the system's nginx, if that is used. */
  conf?: string;
  /** The state directory, if it can't be in the project. */
  stateDir?: string;
  /** Whether nginx.conf can't contain the project's path. */
  isOdd?: boolean;
}

/** A service of a project. */
export interface SiteService {
  name: string;
  /** Its directory in the project, if it has its own. */
  directory?: string;
  /** The first part of its paths, if that isn't its name. */
  path?: string;
  server: Server;
}

const SAMPLE_LISTEN = "8003";

/** deploy.conf for a project, with comments about further keys. */
export function confText(site: Site): string {
  const { services: [first, ...others], url, template, conf, stateDir } = site;
  let text = LIVE_CONF;
  text = replace(
    text,
    "template: nginx.conf.template",
    `template: ${escape(template)}`,
  );
  if (conf !== undefined) {
    text = replace(
      text,
      /pid_file: nginx\.pid\n(#.*\n)*/,
      () =>
        "# The system's own nginx: its pid file, and its main configuration, which\n" +
        "# includes the file that is rendered here.\n" +
        `pid_file: /run/nginx.pid\nconf: ${conf}\n`,
    );
  } else if (site.isOdd) {
    text = replace(
      text,
      "pid_file: nginx.pid",
      `pid_file: ${stateDir}/nginx.pid`,
    );
  }
  const { name, server: { start, env } } = first;
  const own = sectionText(first);
  text = replace(text, /\[service:web\][^]*?\n\n/, () => `${own}\n`);
  if (env !== undefined && env.length > 0) {
    text = replace(
      text,
      /# Environment variables of the process\.\n#.*\n/,
      () => "",
    );
  } else if (!start.startsWith("node ")) {
    text = replace(text, "NODE_ENV=production", "KEY=value");
  }
  if (own.includes("\nhealth: ") || first.server.php !== undefined) {
    // It has its own health page, or doesn't speak HTTP.
    text = replace(text, /(?:#.*\n)+health: \/\nhealth_status: .*\n/, () => "");
  }
  text = isContainer(first.server)
    // The container engine keeps the output.
    ? replace(text, /# Where its output goes.*\n# log: .*\n/, "")
    : replace(
      text,
      "web.log.\n# log: web.log",
      `${name}.log.\n# log: ${name}.log`,
    );
  text = replace(
    text,
    "# [deploy]",
    [...others.map(sectionText), "# [deploy]"].join("\n"),
  );
  text = replace(text, `http://localhost:${SAMPLE_LISTEN}/`, url);
  const builds = [first, ...others].flatMap((
    { directory, server: { build } },
  ) =>
    build === undefined
      ? []
      : [directory === undefined ? build : `(cd ${directory} && ${build})`]
  );
  // A server that doesn't speak HTTP can only be checked through nginx.
  const php = [first, ...others].find(({ server }) => server.php !== undefined);
  if (php !== undefined) {
    const path = php === first ? "" : `${php.path ?? php.name}/`;
    text = replace(text, /# verify: .*/, () => `verify: ${url}${path}`);
  }
  if (stateDir !== undefined || builds.length > 0 || php !== undefined) {
    text = replace(
      text,
      "# [deploy]",
      [
        "[deploy]",
        ...builds.length === 0 ? [] : [
          "# Builds what is started. If that fails, nothing is started.",
          `before_start: ${builds.map(escape).join("\n  ")}`,
        ],
      ].join("\n"),
    );
  }
  if (stateDir !== undefined) {
    text = replace(
      text,
      /# state_dir: .*/,
      () => `state_dir: ${escape(stateDir)}`,
    );
  }
  return text;
}

/** The section of a service, with a newline at the end. */
function sectionText({ name, directory, server }: SiteService): string {
  const { start, settings = [], env = [] } = server;
  const isTold = isContainer(server) ||
    settings.some((line) => line.startsWith("port:"));
  const port = isTold ? [] : start.includes("{socket}")
    ? [
      "# zdd picks the path of a unix socket for each new instance.",
      "port: socket",
    ]
    : [
      "# zdd picks a port for each new instance and tells the server in PORT.",
      "port: env",
    ];
  return [
    `[service:${name}]`,
    ...port,
    ...directory === undefined ? [] : [`cwd: ${escape(directory)}`],
    ...start === "" ? [] : [`start: ${escape(start)}`],
    ...settings.map(escape),
    ...env.length === 0 ? [] : [`env: ${env.map(escape).join("\n  ")}`],
    "",
  ].join("\n");
}

/** Whether a server runs in a container. */
function isContainer({ settings = [] }: Server): boolean {
  return settings.some((line) => line.startsWith("container:"));
}

/** A value for deploy.conf, where percent signs are doubled. */
function escape(value: string): string {
  return value.replaceAll("%", "%%");
}

/** nginx.conf.template for a project, with the live switch. */
export function templateText(site: Site): string {
  const { services: [first, ...others], listen, conf, stateDir, isOdd } = site;
  let text = LIVE_TEMPLATE;
  text = replace(text, `listen ${SAMPLE_LISTEN};`, `listen ${listen};`);
  const names = [first, ...others].map(({ name }) => `"${name}"`).join(", ");
  text = replace(text, 'it.live.choose("web")', `it.live.choose(${names})`);
  const sample = /^ {8}location \/ \{\n[^]*?^ {8}\}\n/m.exec(text)?.[0];
  if (sample === undefined) throw new TypeError("No location in the template");
  text = replace(
    text,
    sample,
    [
      locationText(sample, first, "/"),
      ...others.map((service) =>
        locationText(sample, service, `/${service.path ?? service.name}/`)
      ),
    ].join("\n"),
  );
  if (conf !== undefined) text = httpPart(text);
  // nginx's workers can't enter the project's directory.
  if (stateDir !== undefined) {
    text = text.replaceAll(
      "{project_dir}/nginx-temp",
      `${stateDir}/nginx-temp`,
    );
  }
  return isOdd && stateDir !== undefined
    ? text.replaceAll(/\{project_dir\}(?=\/(?:error|access)\.log)/g, stateDir)
    : text;
}

/** The location of a service, made from the one of samples/live. */
function locationText(
  sample: string,
  { name, directory, server: { location = [], php } }: SiteService,
  path: string,
): string {
  if (php !== undefined) return phpLocations(name, directory, php, path);
  const text = replace(
    replace(sample, "location / {", `location ${path} {`),
    'it.live.pass("web")',
    `it.live.pass("${name}")`,
  );
  const last = "proxy_set_header X-Real-IP $remote_addr;";
  const indent = " ".repeat(12);
  return replace(text, last, [last, ...location].join(`\n${indent}`));
}

/**
 * The content of a template's http block from the live snippet on. The settings above it
 * are in the system's nginx.conf, and most may occur only once.
 */
function httpPart(text: string): string {
  const [inside] = /^http \{\n([^]*?)^\}/m.exec(text)?.slice(1) ?? [];
  const part = /(?:^ *#.*\n)*^ *<%= it\.live\.upstreams\(\)[^]*/m
    .exec(inside ?? "")?.[0];
  if (part === undefined) throw new TypeError("No http part in the template");
  return part.replace(/^ {4}/gm, "");
}

/** Replaces a part of a text. @throws {TypeError} if it isn't there. */
function replace(
  text: string,
  what: string | RegExp,
  by: string | (() => string),
): string {
  const isThere = typeof what === "string"
    ? text.includes(what)
    : what.test(text);
  if (!isThere) {
    throw new TypeError(`Nothing like ${what} in the texts of init`);
  }
  return text.replace(what, typeof by === "string" ? () => by : by);
}
