import { assert, assertEquals, assertMatch } from "@std/assert";
import { sha256 } from "../../lib/text/digest.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

/** The eight shares of the first layout, in percent, as its nginx.conf had them. */
const SHARES = [1, 1, 3, 5, 10, 10, 20];

/** nginx.conf as zddeploy rendered it before 0.1, for a service in slot b. */
function formerConf(site: Site, { a, b }: Record<"a" | "b", string>): string {
  const upstream = (slot: string, own: string, other: string) =>
    `upstream zdd_web_${slot} { server ${own} max_fails=0; ` +
    `server ${other} max_fails=0 backup; keepalive 32; keepalive_timeout 1s; }`;
  return `\
pid ${site.path("nginx.pid")};
worker_processes 2;
error_log ${site.path("error.log")};
events { worker_connections 256; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path ${site.path("nginx-temp")};
    proxy_temp_path ${site.path("nginx-temp")};
    fastcgi_temp_path ${site.path("nginx-temp")};
    uwsgi_temp_path ${site.path("nginx-temp")};
    scgi_temp_path ${site.path("nginx-temp")};
    map $http_upgrade $zdd_connection { "" ""; default upgrade; }
    split_clients "$connection.$connection_requests" $zdd_share {
        ${SHARES.map((weight, i) => `${weight}% ${i + 1};`).join(" ")} * 8;
    }
    ${upstream("a", a, b)}
    ${upstream("b", b, a)}
    server {
        listen 127.0.0.1:${site.port};
        location / {
            open_file_cache off;
            disable_symlinks off;
            set $zdd_web zdd_web_a;
            if (-e "${
    site.path(".zdd/live/web")
  }/$zdd_share") { set $zdd_web zdd_web_b; }
            proxy_pass http://$zdd_web;
            proxy_http_version 1.1;
            proxy_set_header Connection $zdd_connection;
            proxy_set_header Upgrade $http_upgrade;
            proxy_redirect http://$proxy_host/ /;
            proxy_next_upstream error;
            sendfile on;
        }
    }
}
`;
}

/** A site that an earlier zddeploy has left: slot b serves, by a link of the first layout. */
async function formerSite(): Promise<Site> {
  const site = await Site.live().deployed();
  await site.deploy();
  const state = JSON.parse(site.read(".zdd/state.json"));
  const { slots: { a: [a], b: [b] }, current } = state.services.web;
  assertEquals(current[0].slot, "b");
  const live = site.path(".zdd/live");
  Deno.removeSync(`${live}/slots:web`);
  Deno.removeSync(`${live}/.slots`, { recursive: true });
  for (let share = 1; share <= 8; share++) {
    site.write(`.zdd/live/.shares/12345678/${share}`, "");
  }
  Deno.symlinkSync(".shares/12345678", `${live}/web`);

  const conf = formerConf(site, { a, b });
  site.write("nginx.conf", conf);
  const workers = site.activeWorkers();
  Deno.kill(site.nginxMaster() ?? 0, "SIGHUP");
  await until(
    "nginx runs with it",
    () =>
      site.activeWorkers().length > 0 &&
      !site.activeWorkers().some((pid) => workers.includes(pid)),
  );
  delete state.checksum; // it had none
  state.nginx.links = ["web"];
  state.nginx.hash = await sha256(conf);
  site.write(".zdd/state.json", JSON.stringify(state));
  assertEquals(await site.pidAt(), current[0].process.pid);
  return site;
}

/** The links, and what they lead to. */
function linksOf(site: Site): string[] {
  return [...Deno.readDirSync(site.path(".zdd/live"))].map(({ name }) => name)
    .filter((name) => name !== "watch.log")
    .toSorted();
}

Deno.test("links of the first layout are followed until nginx asks for others, and no request fails", async () => {
  await using site = await formerSite();
  await using load = await site.load({ keepAlive: false, clients: 5 });
  const first = await site.deploy();
  assertMatch(first.stderr, /^nginx: reloaded /m);
  assertEquals(await site.pidsAt(), await site.pidsOf("serving"));
  assert(linksOf(site).includes("web"), "old workers may ask for it");
  const second = await site.deploy();
  assert(!second.stderr.includes("nginx: reloaded"));
  assertEquals(linksOf(site), [".slots", "slots:web"]);
  assertEquals(await site.pidsAt(), await site.pidsOf("serving"));
  const { failed, ok, failures: [failure] } = await load.stop();
  assertEquals([failed, failure], [0, undefined]);
  assert(ok > 0);
});

Deno.test("a deploy that fails leaves the first layout as it was", async () => {
  await using site = await formerSite();
  const [conf, pid] = [site.read("nginx.conf"), await site.pidAt()];
  await using load = await site.load({ keepAlive: false, clients: 5 });
  site.configure({
    deploy: [
      `verify: http://127.0.0.1:${site.port}/fail`,
      "verify_timeout: 500ms",
    ],
  });
  const { code } = await site.zdd();
  assertEquals(code, 1);
  assertEquals(site.read("nginx.conf"), conf);
  assertEquals(await site.pidsAt(), [pid]);
  assertEquals(
    Deno.readLinkSync(site.path(".zdd/live/web")),
    ".shares/12345678",
  );
  const { failed, failures: [failure] } = await load.stop();
  assertEquals([failed, failure], [0, undefined]);
});
