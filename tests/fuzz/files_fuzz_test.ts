import { assert, assertEquals } from "@std/assert";
import { Journal, type JournalEntries } from "../../lib/state/journal.ts";
import { readProject } from "../../lib/deploy/read.ts";
import { render } from "../../lib/deploy/render.ts";
import type { State } from "../../lib/state/state.ts";
import { readState } from "../../lib/state/state_file.ts";
import { LaterVersion, versioned } from "../../lib/state/versions.ts";
import { StateDir } from "../../lib/state/state_dir.ts";
import { status } from "../../lib/deploy/look/status.ts";
import { ZddError } from "../../lib/error.ts";
import { readPid, readPort } from "../../lib/instance/port_file.ts";
import { formatAddress, parseAddress } from "../../lib/system/address.ts";
import { TempDir } from "../system/temp_dir.ts";
import { fuzz } from "./mutator.ts";

/** How long the slowest case may take, in ms, on a busy machine. */
const LONG = 60_000;

/** Returns what is thrown, which must be something that a user can act on. */
function failureOf(what: string, perform: () => unknown): ZddError | undefined {
  const began = performance.now();
  try {
    perform();
    return undefined;
  } catch (error) {
    if (error instanceof ZddError) return error;
    throw new Error(`${what}: ${error}`, { cause: error });
  } finally {
    const ms = performance.now() - began;
    assert(ms < LONG, `${what}: it took ${ms} ms`);
  }
}

fuzz("a pid file is a pid or a mistake", 2000, (mutator, cases) => {
  using directory = new TempDir();
  for (let i = 0; i < cases; i++) {
    const text = mutator.mutate("4711\n");
    directory.write("web.pid", text);
    failureOf(JSON.stringify(text), () => {
      const pid = readPid(directory.join("web.pid"));
      assert(pid === undefined || pid > 1 && pid <= 2 ** 22, `${pid}`);
    });
  }
});

fuzz("a port file is an address or a mistake", 2000, (mutator, cases) => {
  using directory = new TempDir();
  const good = ["45643\n", "127.0.0.1:80\n", "[::1]:8080", "unix:/run/x.sock"];
  for (let i = 0; i < cases; i++) {
    const text = mutator.mutate(mutator.pick(good));
    directory.write("1.port", text);
    failureOf(JSON.stringify(text), () => {
      const address = readPort(directory.join("1.port"));
      if (address === undefined) return;
      const written = formatAddress(address);
      // nginx gets it as it is.
      assert(!/[\s;{}'"\\$]/.test(written), written);
      assertEquals(
        parseAddress(written),
        parseAddress(
          formatAddress(parseAddress(written) ?? address),
        ),
      );
    });
  }
});

const PROCESS = { pid: 4711, startTime: 1234, boot: "b" };
const INSTANCE = {
  id: "web-1",
  service: "web",
  number: 1,
  process: PROCESS,
  address: "127.0.0.1:45643",
  slot: "a" as const,
  release: "r",
  startedAt: "2026-11-23T17:45:12.000Z",
  log: "/dev/null",
  pidFile: "/nowhere/web.pid",
  portFile: "/nowhere/4711.port",
  leader: PROCESS,
  roots: [PROCESS],
  users: [0],
  sockets: ["4711"],
  socketFile: "0:1 4711",
};
const STATE: State = {
  deploy: "deploy-1",
  services: {
    web: {
      current: [INSTANCE],
      standby: [{ ...INSTANCE, id: "web-2" }],
      canary: { instances: [{ ...INSTANCE, id: "web-3" }], percent: 10 },
      retiring: [{ instance: INSTANCE, since: "2026-11-23T17:45:12.000Z" }],
      slots: { a: ["127.0.0.1:20000"], b: ["127.0.0.1:20001"] },
    },
  },
  nginx: {
    master: PROCESS,
    hash: "h",
    since: "2026-11-23T17:45:12.000Z",
    links: ["web"],
  },
};
const JOURNAL: JournalEntries = {
  id: "deploy-2",
  startedAt: "2026-11-23T17:45:12.000Z",
  by: PROCESS,
  starts: [{
    id: "web-4",
    service: "web",
    pidFile: "/nowhere/web.pid",
    pidBefore: "4711\n",
    leader: PROCESS,
    instance: INSTANCE,
  }],
  conf: { path: "/nowhere/nginx.conf", text: "events {}\n", workers: [] },
  links: { web: ".shares/none", api: null },
  nginx: "reloaded",
};

const CONF = `\
# deploy.conf
[DEFAULT]
root = %(home)s/x
home: .
[nginx]
template: nginx.conf.template
pid_file: nginx.pid
reload_timeout: 10
[deploy]
state_dir: state
verify: http://127.0.0.1:1/
before_start: echo
  more
[service:web]
start: sleep 1 {port} {instance}
port: env
instances: 2
env: A=%(root)s
    B=2
health: /health
health_status: 200-299, 404
drain_timeout: 2m
standby: no
[service:api]
start: sleep 1
pid_file: api.pid
stop: kill -TERM
`;
const CONF_WORDS = [
  ...["[service:web]", "[nginx]", "[DEFAULT]", "%(root)s", "%(", "%%", "yes"],
  ...["port: socket\n", "port: detect\n", "port: 80\n", "instances: 1000000"],
  ...["kill_after: 1", "health: http://", "state_dir: /dev/null", "{port}"],
  ...["template: .template", "template: /dev/zero", "pid_file: /", "\n  "],
];

const TEMPLATE = `\
pid {nginx_pid_filename};
events { worker_connections 256; }
http {
    upstream api { server 127.0.0.1:{api}; }
    <%= it.live.upstreams() %>
    server {
        listen 127.0.0.1:8080;
        location / { <%= it.live.pass("web", { by: "$remote_addr" }) %> }
        location /api { proxy_pass http://api; root {project_dir}; }
        <% if (it.api) { %> # yes <% } %>
    }
}
`;
const TEMPLATE_WORDS = [
  ...["<%", "%>", "<%=", "<%~", "{web}", "{nothing}", "it.", "it.live", "`"],
  ...['it.live.pass("no")', "it.web.port", "${", "<% throw 1 %>", "{", "}}"],
  ...["<% null.x %>", "<%= undefined %>", "include('x')", "<%/*", "*/%>"],
];

/** A directory with a deploy.conf and a template. */
function writeProject(
  directory: TempDir,
  conf: string,
  template: string,
): string {
  directory.write("deploy.conf", conf);
  directory.write("nginx.conf.template", template);
  return directory.join("deploy.conf");
}

fuzz("a deploy.conf is good or has mistakes", 600, (mutator, cases) => {
  using directory = new TempDir();
  let good = 0;
  for (let i = 0; i < cases; i++) {
    const conf = mutator.mutate(CONF, CONF_WORDS);
    const path = writeProject(directory, conf, TEMPLATE);
    const failure = failureOf(conf, () => readProject(path));
    if (failure === undefined) good++;
    else assertEquals(failure.exitStatus, 2, `${failure}\n${conf}`);
  }
  assert(good > cases / 100 && good < cases, `${good} of ${cases} are good`);
});

fuzz(
  "a template is good or has mistakes, also when it is rendered",
  1500,
  (mutator, cases) => {
    using directory = new TempDir();
    let good = 0;
    for (let i = 0; i < cases; i++) {
      const template = mutator.mutate(TEMPLATE, TEMPLATE_WORDS);
      const path = writeProject(directory, CONF, template);
      let project;
      const failure = failureOf(template, () => project = readProject(path));
      if (failure !== undefined) {
        assertEquals(failure.exitStatus, 2, `${failure}\n${template}`);
        continue;
      }
      good++;
      if (project === undefined) continue;
      const { text } = render(project, STATE);
      // What a canary's clients are told apart by may be any text.
      const others = text.replace(/^ *(split_clients|default) .*$/gm, "");
      assert(!others.includes("<%="), text);
    }
    assert(good > cases / 100 && good < cases, `${good} of ${cases} are good`);
  },
);

fuzz(
  "a state.json is a state or damaged, and status shows both",
  1500,
  (mutator, cases) => {
    using directory = new TempDir();
    const path = writeProject(directory, CONF, TEMPLATE);
    const project = readProject(path);
    const place = new StateDir(directory.join("state"));
    Deno.mkdirSync(place.path);
    let good = 0;
    for (let i = 0; i < cases; i++) {
      const text = mutator.below(3) === 0
        ? mutator.mutate(JSON.stringify(versioned(STATE), undefined, 2))
        : JSON.stringify(mutator.mutateJson(versioned(STATE)));
      Deno.writeTextFileSync(place.state, text);
      const failure = failureOf(text, () => {
        if (readState(place).damaged === undefined) good++;
        if (i % 20 === 0) status(project); // it looks at every process
        render(project, readState(place).state);
      });
      // A version that is a later one is refused, whatever else the file says.
      if (!(failure instanceof LaterVersion)) assertEquals(failure, undefined);
    }
    assert(good > cases / 100 && good < cases, `${good} of ${cases} are good`);
  },
);

fuzz("a journal.json is a journal or a mistake", 2000, (mutator, cases) => {
  using directory = new TempDir();
  const place = new StateDir(directory.path);
  for (let i = 0; i < cases; i++) {
    const text = mutator.below(3) === 0
      ? mutator.mutate(JSON.stringify(versioned(JOURNAL), undefined, 2))
      : JSON.stringify(mutator.mutateJson(versioned(JOURNAL)));
    directory.write("journal.json", text);
    failureOf(text, () => Journal.read(place));
  }
});
