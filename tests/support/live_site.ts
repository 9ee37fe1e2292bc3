import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Load, type LoadResult } from "./load.ts";
import { deployed, Site, until } from "./site.ts";

const SERVER = fromFileUrl(new URL("live_server.mjs", import.meta.url));

/** The command that starts the live switch's server: see live_server.mjs. */
export function liveStart(...args: string[]): string {
  return ["node", SERVER, ...args].join(" ");
}

export interface LiveServiceOptions {
  name?: string;
  /** `own` and `own-socket` choose their address and write a port file. */
  port?: "env" | "socket" | "own" | "own-socket";
  /** More lines of the section. */
  lines?: string[];
}

/** A section [service:NAME], with the live switch's server. */
export function liveService(
  { name = "web", port = "env", lines = [] }: LiveServiceOptions = {},
): string {
  const pidFile = `${name}.pid`;
  const own = {
    "own": [`start: ${liveStart(pidFile)}`, `pid_file: ${pidFile}`],
    "own-socket": [`start: ${liveStart(pidFile, ".")}`, `pid_file: ${pidFile}`],
    "env": [`start: ${liveStart()}`, "port: env"],
    "socket": [`start: ${liveStart()}`, "port: socket"],
  };
  return [`[service:${name}]`, ...own[port], ...lines].join("\n") + "\n";
}

/** A deploy.conf with these sections of services. */
export function liveConf(
  services: string[] = [liveService()],
  deploy: string[] = [],
): string {
  return [
    "[nginx]",
    "template: nginx.conf.template",
    "pid_file: nginx.pid",
    "[deploy]",
    ...deploy,
    ...services,
  ].join("\n");
}

/** A template with these locations; the first one's requests go to `web` unless they say so. */
export function liveTemplate(
  locations = 'location / { <%= it.live.pass("web") %> }',
  http = "",
): string {
  return `\
pid {nginx_pid_filename};
worker_processes 2;
error_log {project_dir}/error.log;
events { worker_connections 256; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {project_dir}/nginx-temp;
    proxy_temp_path {project_dir}/nginx-temp;
    fastcgi_temp_path {project_dir}/nginx-temp;
    uwsgi_temp_path {project_dir}/nginx-temp;
    scgi_temp_path {project_dir}/nginx-temp;
    ${http}
    <%= it.live.upstreams() %>
    server {
        listen 127.0.0.1:%PORT%;
        ${locations}
    }
}
`;
}

/** The same in the classic language, where a switch is a reload. */
export function classicTemplate(service = "web"): string {
  return liveTemplate(
    `location / { proxy_pass http://${service}; }`,
    `upstream ${service} { server 127.0.0.1:{${service}}; }`,
  ).replace("<%= it.live.upstreams() %>", "");
}

/** A site whose service `web` is switched live. Nothing runs yet. */
export function liveSite(
  conf: string = liveConf(),
  template: string = liveTemplate(),
  more: Record<string, string> = {},
): Site {
  const files = { "deploy.conf": conf, "nginx.conf.template": template };
  return Site.create({ ...files, ...more });
}

/** The same, deployed once. */
export async function deployedLiveSite(
  conf?: string,
  template?: string,
  more?: Record<string, string>,
): Promise<Site> {
  return await deployed(liveSite(conf, template, more));
}

/** Twenty clients that keep their connections, with GET and POST, and expect this answer. */
export function startLoad(
  site: Site,
  { path = "/", clients = 20, expect = /^\S+ \d+ \d+\n$/ } = {},
): Promise<Load> {
  return Load.start({
    url: `http://127.0.0.1:${site.port}${path}`,
    clients,
    // The server tells the machine's two processors apart from the test's.
    pause: 2,
    methods: ["GET", "POST"],
    timeout: 60_000, // a busy machine is no failure
    expect,
    text: /^\S+ (\d+) /,
  });
}

/** Ends a load of which no request may have failed, and of which some were made. */
export async function assertNothingFailed(load: Load): Promise<LoadResult> {
  const result = await load.stop();
  const { ok, failed, kinds, failures: [first] } = result;
  assertEquals({ failed, kinds, first }, {
    failed: 0,
    kinds: {},
    first: undefined,
  });
  assert(ok > 0);
  return result;
}

/** The pid that answers through nginx. */
export async function pidAt(site: Site, path = "/"): Promise<number> {
  const { status, text } = await site.get(path);
  const pid = /^\S+ (\d+) /.exec(text)?.[1];
  if (status === 200 && pid !== undefined) return Number(pid);
  throw new Error(`Expected an instance's answer, got ${status} "${text}"`);
}

/** All pids that answer a number of requests, each on a connection of its own. */
export async function pidsAt(
  site: Site,
  path = "/",
  requests = 12,
): Promise<number[]> {
  const pids = new Set<number>();
  for (let i = 0; i < requests; i++) pids.add(await pidAt(site, path));
  return [...pids].toSorted((a, b) => a - b);
}

/** nginx's master and all its workers, those that shut down too, by pid. */
export function nginxProcesses(site: Site): number[] {
  return site.processes().filter((pid) => titleOf(pid).startsWith("nginx: "));
}

/** The processes of the live switch's server. */
export function servers(site: Site): number[] {
  return site.processes().filter((pid) => titleOf(pid).includes(SERVER));
}

/** What `zddeploy status --json` says of a service. */
export interface InstanceStatus {
  state: string;
  pid: number;
  address: string;
  percent?: number;
  connections?: number;
}

/** The instances of a service as `zddeploy status --json` lists them. */
export async function instancesOf(
  site: Site,
  service = "web",
): Promise<InstanceStatus[]> {
  const { stdout } = await site.zdd("status", "--json");
  const services: { name: string; instances: InstanceStatus[] }[] =
    JSON.parse(stdout).services;
  return services.find(({ name }) => name === service)?.instances ?? [];
}

/** The pids of the instances that are in a state, `serving` or another. */
export async function pidsOf(
  site: Site,
  state: string,
  service = "web",
): Promise<number[]> {
  return (await instancesOf(site, service)).filter((instance) =>
    instance.state === state
  ).map(({ pid }) => pid).toSorted((a, b) => a - b);
}

/** Waits until a service's serving instances have this many connections altogether. */
export async function untilConnected(
  site: Site,
  connections: number,
  service = "web",
): Promise<void> {
  await until(`${connections} connections`, async () => {
    const serving = (await instancesOf(site, service)).filter(({ state }) =>
      state === "serving"
    );
    const sum = serving.reduce((sum, own) => sum + (own.connections ?? 0), 0);
    return sum === connections;
  });
}

/** Whether a process runs; zombies don't. */
export function isAlive(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

/** The command line of a process. */
export function titleOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ")
      .trim();
  } catch {
    return "";
  }
}

/** Five clients that open a connection for each request, as reloads leave alone. */
export function startClosing(site: Site): Promise<Load> {
  return Load.start({
    url: `http://127.0.0.1:${site.port}/`,
    clients: 5,
    keepAlive: false,
    methods: ["GET", "POST"],
    timeout: 60_000,
    text: /^\S+ (\d+) /,
  });
}
