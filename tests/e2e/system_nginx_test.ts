import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { findProgram } from "../../lib/system/program.ts";
import { Site, ZDD } from "../support/site.ts";
import type { Outcome } from "../support/running_command.ts";
import { until } from "../support/until.ts";
import {
  deployConf,
  liveTemplate,
  serviceSection,
} from "../support/project.ts";

const SERVER = fromFileUrl(
  new URL("../support/server.mjs", import.meta.url),
);
/** Debian's www-data. */
const USER = 33;

/**
 * Makes mounts of its own, as the system's are untouchable: a copy of /etc/nginx without
 * sites, an empty /run and /var/lib/zdd. Holds them until it is ended.
 */
const ISOLATED = `set -e
mount -t tmpfs tmpfs /run
mkdir -p /var/lib/zdd
mount -t tmpfs tmpfs /var/lib/zdd
cp -r /etc/nginx etc
mount --bind etc /etc/nginx
rm -f /etc/nginx/sites-enabled/*
touch isolated
exec sleep 600`;

/** Runs commands in a directory of a site where Debian's nginx is as after its installation. */
class IsolatedSystem {
  readonly #holder: Deno.ChildProcess;

  constructor(readonly site: Site) {
    this.#holder = site.command("unshare", "--mount", "sh", "-c", ISOLATED)
      .spawn();
  }

  async run(directory: string, ...command: string[]): Promise<Outcome> {
    await until("it is isolated", () => this.site.exists("isolated"));
    return await this.site.run(
      ...["nsenter", "--mount", "--target", String(this.#holder.pid)] as const,
      ...["sh", "-c", 'cd "$0" && exec "$@"', this.site.path(directory)],
      ...command,
    );
  }

  /** Runs zddeploy, which must succeed. Returns what it said of nginx. */
  async deploy(directory: string, ...args: string[]): Promise<string[]> {
    const { code, stderr } = await this.run(directory, ...ZDD, ...args);
    assertEquals(code, 0, stderr);
    return stderr.match(/^nginx: \w+/gm) ?? [];
  }
}

Deno.test({
  name: "init --system serves two projects through the system's nginx",
  ignore: !await canIsolate(),
  async fn() {
    await using site = systemSite();
    await using other = Site.create({});
    const system = new IsolatedSystem(site);
    const ports = { one: site.port, two: other.port };
    for (const [project, port] of Object.entries(ports)) {
      const listen = ["--listen", String(port)];
      await system.deploy(project, "init", "--system", ...listen);
    }
    assertEquals(await system.deploy("one"), ["nginx: started"]);
    assertEquals(await system.deploy("two"), ["nginx: reloaded"]);
    // Once it knows both, it is never reloaded again.
    for (const project of ["one", "two", "one"]) {
      await system.deploy(project, "check");
      assertEquals(await system.deploy(project), []);
    }
    assertEquals((await site.get()).text, "one\n");
    assertEquals((await other.get()).text, "two\n");
    await system.deploy("one", "stop");
    assertEquals(await system.deploy("two", "stop", "--nginx"), [
      "nginx: stopped",
    ]);
  },
});

Deno.test({
  name: "an nginx that systemd runs is reloaded once, and deploys fail nothing",
  ignore: !await canIsolate(),
  async fn() {
    await using site = systemSite();
    const system = new IsolatedSystem(site);
    // As Debian's nginx.service starts it.
    const unit = ["nginx", "-g", "daemon on; master_process on;"];
    const started = await system.run(".", ...unit);
    assertEquals(started.code, 0, started.stderr);
    const listen = ["--listen", String(site.port)];
    await system.deploy("one", "init", "--system", ...listen);
    assertEquals(await system.deploy("one"), ["nginx: reloaded"]);
    await using load = await site.load({ expect: /^one\n$/ });
    assertEquals(await system.deploy("one"), []);
    assertEquals(await system.deploy("one"), []);
    await load.stopWithoutFailure();
    // `systemctl reload nginx`, for a certificate for example, is no obstacle.
    const reloaded = await system.run(".", ...unit, "-s", "reload");
    assertEquals(reloaded.code, 0, reloaded.stderr);
    assertEquals(await system.deploy("one"), []);
    await system.deploy("one", "stop", "--nginx");
  },
});

for (const kind of ["live", "reload"] as const) {
  Deno.test({
    name: `an ordinary user deploys with a separate nginx (${kind})`,
    ignore: Deno.uid() !== 0, // only root can become another user
    async fn() {
      const template = kind === "live" ? liveTemplate() : liveTemplate({
        locations:
          "location / { proxy_http_version 1.1; proxy_pass http://127.0.0.1:{web}; }",
      })
        .replace("<%= it.live.upstreams() %>", "");
      await using site = Site.create({
        "deploy.conf": deployConf({ services: [serviceSection()] }),
        "nginx.conf.template": template,
        "server.mjs": Deno.readTextFileSync(SERVER),
      });
      const zdd = await asUser(site);
      const first = await zdd();
      assertEquals(first.code, 0, first.stderr);
      const before = await site.pidAt();
      assertEquals(Deno.statSync(`/proc/${before}`).uid, USER);
      const second = await zdd();
      assertEquals(second.code, 0, second.stderr);
      assert(await site.pidAt() !== before);

      // nginx is root's from now on, which he may not signal.
      await zdd("stop", "--nginx");
      const nginx = ["nginx", "-c", site.path("nginx.conf")] as const;
      assertEquals((await site.command(...nginx).output()).code, 0);
      const { code, stderr } = await zdd();
      assertEquals(code, 1, stderr);
      assertMatch(
        stderr,
        /nginx refuses .*\n.*\n.*nginx\.pid.*Permission denied/,
      );
      assertMatch(stderr, /^hint: run zddeploy as the user who runs nginx/m);
    },
  });
}

/** Two projects, whose servers answer with their names. */
function systemSite(): Site {
  const server = (name: string) =>
    `require("http").createServer((q, a) => a.end("${name}\\n"))
      .listen(process.env.PORT, "127.0.0.1");`;
  const site = Site.create({
    "one/server.js": server("one"),
    "two/server.js": server("two"),
  });
  for (const project of ["one", "two"]) {
    Deno.chmodSync(site.path(project), 0o755);
  }
  return site;
}

/** Gives a site to an ordinary user. Returns a function that runs zddeploy as him. */
async function asUser(
  site: Site,
): Promise<(...args: string[]) => Promise<Outcome>> {
  const [program = "", ...args] = ZDD;
  // Where the test's own programs are he may have no access.
  // Not by this process: a child that another test forks would have the copy open for writing.
  await site.run("cp", program, "program");
  const main = args.pop();
  if (main !== undefined) {
    const { code } = await new Deno.Command(program, {
      args: ["bundle", "--quiet", "--output", site.path("zdd.js"), main],
    }).output();
    assertEquals(code, 0);
    args.push(site.path("zdd.js"));
  }
  Deno.mkdirSync(site.path("cache"));
  await site.command("chown", "-R", `${USER}:${USER}`, ".").output();
  return (...words) =>
    site.run(
      ...["setpriv", `--reuid=${USER}`, `--regid=${USER}`] as const,
      ...["--clear-groups", "env", `DENO_DIR=${site.path("cache")}`],
      ...[`PATH=${Deno.env.get("PATH")}:/usr/sbin`, "HOME=/nonexistent"],
      ...[site.path("program"), ...args, ...words],
    );
}

/** Whether this user can make mounts; they are root's. */
async function canIsolate(): Promise<boolean> {
  if (findProgram("unshare", ".") === undefined) return false;
  const { success } = await new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /run"],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}
