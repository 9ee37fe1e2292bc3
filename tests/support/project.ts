import { fromFileUrl } from "@std/path";

/** The tests' server, which can misbehave; see there. */
export const SERVER = fromFileUrl(new URL("server.mjs", import.meta.url));

/** The command that starts it. */
export function serverCommand(...args: string[]): string {
  return ["node", SERVER, ...args].join(" ");
}

/** How a section [service:NAME] runs the tests' server. */
export interface ServiceOptions {
  name?: string;
  /**
   * A value of deploy.conf's `port`; `env` by default. With `file` the server chooses a
   * port and writes a port file, with `file-socket` it chooses a socket.
   */
  port?: string;
  /** Where a server that chooses its address writes its pid; `NAME.pid` by default. */
  pidFile?: string;
  /** How the server misbehaves: see server.mjs. */
  mode?: string;
  /** A command instead of the tests' server. */
  start?: string;
  /** More lines. */
  lines?: string[];
}

/** A section of deploy.conf. */
export function serviceSection(options: ServiceOptions = {}): string {
  const { name = "web", port = "env", mode, lines = [] } = options;
  const { pidFile = `${name}.pid` } = options;
  const args = [
    ...port.startsWith("file") ? ["--pid-file", pidFile] : [],
    ...port === "file-socket" ? ["--socket", "."] : [],
    ...mode === undefined ? [] : ["--mode", mode],
  ];
  if (/^\d+$/.test(port)) args.push(`127.0.0.1:${port}`);
  return [
    `[service:${name}]`,
    `start: ${options.start ?? serverCommand(...args)}`,
    port.startsWith("file") ? `pid_file: ${pidFile}` : `port: ${port}`,
    ...lines,
  ].join("\n") + "\n";
}

/** The contents of deploy.conf. */
export interface ProjectOptions extends ServiceOptions {
  /** Sections of services, instead of the one from the options above. */
  services?: string[];
  /** More lines of [nginx]. */
  nginx?: string[];
  /** The lines of [deploy]. */
  deploy?: string[];
}

/** A deploy.conf. */
export function deployConf(options: ProjectOptions = {}): string {
  const { services = [serviceSection(options)], nginx = [], deploy } = options;
  const pidFile = nginx.some((line) => line.startsWith("pid_file:"))
    ? []
    : ["pid_file: nginx.pid"];
  return [
    "[nginx]",
    "template: nginx.conf.template",
    ...[...pidFile, ...nginx],
    ...deploy === undefined ? [] : ["[deploy]", ...deploy],
    ...services,
  ].join("\n");
}

/** Parts of a template. */
export interface TemplateOptions {
  /** The contents of `location / { … }`. */
  location?: string;
  /** More locations, or all of them. */
  locations?: string;
  /** More of the `http` block. */
  http?: string;
  /** The `upstream` blocks. */
  upstream?: string;
  /** The services that are chosen in the server; by default all that the locations pass to. */
  chosen?: string[];
}

/** A template with a live switch. By default, requests go to `web`. */
export function liveTemplate(options: TemplateOptions = {}): string {
  return template({
    upstream: "<%= it.live.upstreams() %>",
    location: '<%= it.live.pass("web") %>',
    ...options,
  });
}

/** The same in the classic language, where a switch is a reload. */
export function classicTemplate(options: TemplateOptions = {}): string {
  return template({
    upstream: "upstream web { server 127.0.0.1:{web}; }",
    location: "proxy_pass http://web;",
    ...options,
  });
}

function template(
  { location, locations = `location / { ${location} }`, ...options }:
    TemplateOptions,
): string {
  const { http = "", upstream, chosen = passedIn(locations) } = options;
  const choose = chosen.length === 0
    ? ""
    : `<%= it.live.choose(${chosen.join(", ")}) %>`;
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
    client_body_buffer_size 1m; proxy_max_temp_file_size 0;
    ${upstream}
    server {
        listen 127.0.0.1:%PORT%; ${choose}
        ${locations}
    }
    ${http}
}
`;
}

/** The services that locations pass to, as written in the template. */
function passedIn(locations: string): string[] {
  const names = locations.matchAll(/it\.live\.pass\(("[^"]+")/g);
  return [...new Set([...names].map(([, name = ""]) => name))];
}
