import { fromFileUrl } from "@std/path";
import { assertEquals } from "@std/assert";
import { Load } from "../support/load.ts";
import { pidAt, titleOf } from "../support/live_site.ts";
import { deployed, Site, until } from "../support/site.ts";

const SERVER = fromFileUrl(new URL("../support/server.mjs", import.meta.url));

/** The command that starts the tests' server. */
export function startCommand(pidFile = "web.pid", mode = "good"): string {
  return `node ${SERVER} --pid-file ${pidFile} --mode ${mode}`;
}

export interface WebOptions {
  /** How the server behaves: see server.mjs. */
  mode?: string;
  /** The start command, instead of the one for `mode`. */
  start?: string;
  /** More lines of the section [service:web]. */
  service?: string[];
  /** More lines of the section [nginx]. */
  nginx?: string[];
  /** The lines of a section [deploy]. */
  deploy?: string[];
}

/** A deploy.conf with the service `web`, the tests' server. */
export function webConf(options: WebOptions = {}): string {
  const { mode, start, service = [], nginx = [], deploy } = options;
  return [
    "[nginx]",
    "template: nginx.conf.template",
    ...(nginx.some((line) => line.startsWith("pid_file:"))
      ? []
      : ["pid_file: nginx.pid"]),
    ...nginx,
    ...(deploy ? ["[deploy]", ...deploy] : []),
    "[service:web]",
    `start: ${start ?? startCommand("web.pid", mode)}`,
    "pid_file: web.pid",
    ...service,
  ].join("\n") + "\n";
}

/** Lines of a template, where they can be put. */
export interface TemplateOptions {
  /** What stands in `location / { … }`. */
  location?: string;
  /** More of the `http` block. */
  http?: string;
  /** The `upstream` blocks. */
  upstream?: string;
}

/** A template in the classic language. */
export function webTemplate(options: TemplateOptions = {}): string {
  return `\
pid {nginx_pid_filename};
worker_processes 2;
error_log {project_dir}/error.log;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path {project_dir}/tmp;
    proxy_temp_path {project_dir}/tmp;
    fastcgi_temp_path {project_dir}/tmp;
    uwsgi_temp_path {project_dir}/tmp;
    scgi_temp_path {project_dir}/tmp;
    client_body_buffer_size 1m;
    proxy_max_temp_file_size 0;
    ${options.upstream ?? "upstream web { server 127.0.0.1:{web}; }"}
    server {
        listen 127.0.0.1:%PORT%;
        location / { ${options.location ?? "proxy_pass http://web;"} }
    }
    ${options.http ?? ""}
}
`;
}

/** A site with the service `web`. Nothing runs yet. */
export function webSite(options: WebOptions = {}): Site {
  return Site.create({
    "deploy.conf": webConf(options),
    "nginx.conf.template": webTemplate(),
  });
}

/** A site with the service `web`, deployed once. */
export async function deployedWebSite(options: WebOptions = {}): Promise<Site> {
  return await deployed(webSite(options));
}

/** The pid that answers a request which takes so many ms. It fails where it is awaited. */
export function slowlyAnsweringPid(site: Site, ms: number): Promise<number> {
  const answer = pidAt(site, `/slow?${ms}`);
  answer.catch(() => {});
  return answer;
}

/**
 * Clients that never keep a connection, GET and POST, and know that the answer is
 * the tests' server's. They leave the machine time for others, as wrk doesn't.
 */
export function startClients(site: Site): Promise<Load> {
  return Load.start({
    url: `http://127.0.0.1:${site.port}/`,
    clients: 10,
    keepAlive: false,
    methods: ["GET", "POST"],
    pause: 10,
    timeout: 60_000,
    expect: /^v1 \d+ \d+\n$/,
  });
}

/** The nginx workers that take connections. */
export function activeWorkers(site: Site): number[] {
  return site.processes().filter((pid) =>
    isNginx(pid, "worker process") &&
    !isNginx(pid, "worker process is shutting")
  ).toSorted((a, b) => a - b);
}

/** What a failed deploy must leave as it was. */
export interface Untouched {
  instance: number;
  conf: string;
  pidFile: string;
  master: number | undefined;
  workers: number[];
  processes: number[];
}

/** Looks at what serves. */
export async function look(site: Site): Promise<Untouched> {
  return {
    instance: await pidAt(site),
    conf: site.read("nginx.conf"),
    pidFile: site.read("web.pid"),
    master: site.nginxMaster(),
    workers: activeWorkers(site),
    processes: site.processes().toSorted((a, b) => a - b),
  };
}

/** The same instance, nginx.conf, workers: nothing was reloaded, no process is left over. */
export async function assertUntouched(
  site: Site,
  before: Untouched,
): Promise<void> {
  await untilProcesses(site, before.processes);
  assertEquals(await look(site), before);
}

/**
 * Waits until exactly these processes are there. A stop command may end after what
 * it stopped, and so after zddeploy; what is really left over stays.
 */
export async function untilProcesses(
  site: Site,
  expected: number[],
): Promise<void> {
  const wanted = expected.toSorted((a, b) => a - b).join(" ");
  try {
    await until(
      "only the processes that were there before are left",
      () => site.processes().toSorted((a, b) => a - b).join(" ") === wanted,
    );
  } catch (error) {
    const left = describeProcesses(site);
    throw new Error(`Expected the processes ${wanted}, got ${left}`, {
      cause: error,
    });
  }
}

/** Waits until so many processes are there, e.g. all workers of a server. */
export async function untilCount(site: Site, count: number): Promise<void> {
  try {
    await until("", () => site.processes().length === count);
  } catch (error) {
    const found = describeProcesses(site);
    throw new Error(`Expected ${count} processes, got ${found}`, {
      cause: error,
    });
  }
}

function describeProcesses(site: Site): string {
  return site.processes().map((pid) => `\n${pid} ${titleOf(pid)}`).join("");
}

function isNginx(pid: number, title: string): boolean {
  return titleOf(pid).startsWith(`nginx: ${title}`);
}
