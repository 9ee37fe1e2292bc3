import { assert, assertEquals } from "@std/assert";
import { LOCATIONS, PASS_PLAINLY } from "../support/locations.ts";
import { exchange } from "../support/raw_exchange.ts";
import { freePort } from "../support/free_port.ts";
import { serverCommand } from "../support/project.ts";
import { Site } from "../support/site.ts";

/**
 * Who passes requests on: live by slots, live by address, or an upstream that never changes,
 * with connections that are kept as those of slots are, or closed.
 */
const WAYS = ["slots", "address", "kept", "closed"] as const;
type Way = typeof WAYS[number];

const PORTS = {
  slots: "%PORT%",
  address: freePort(),
  kept: freePort(),
  closed: freePort(),
};

const PARTNERS = { slots: "kept", address: "closed" } as const;

const CONF = `\
[nginx]
template: nginx.conf.template
pid_file: nginx.pid
[service:web]
port: env
start: ${serverCommand("--echo")}
[service:own]
pid_file: own.pid
start: ${serverCommand("--echo", "--pid-file", "own.pid")}
`;

function template(): string {
  return `\
pid {nginx_pid_filename};
error_log {project_dir}/error.log;
events {}
http {
    access_log off;
    client_body_temp_path {project_dir}/nginx-temp;
    proxy_temp_path {project_dir}/nginx-temp;
    fastcgi_temp_path {project_dir}/nginx-temp;
    uwsgi_temp_path {project_dir}/nginx-temp;
    scgi_temp_path {project_dir}/nginx-temp;
    proxy_cache_path {project_dir}/cache keys_zone=answers:1m;
    limit_req_zone $server_port zone=all:1m rate=1000r/s;
    map $http_upgrade $plain_connection { default ""; websocket upgrade; }
    map $http_upgrade $plain_close { default close; websocket upgrade; }
    map $http_host $plain_host { default $http_host; "" localhost; }
    map $http_upgrade $plain_upgrade { default ""; websocket websocket; }
    upstream static { server 127.0.0.1:{web}; keepalive 32; }
    <%= it.live.upstreams() %>
    ${WAYS.map(serverBlock).join("\n")}
}
`;
}

function serverBlock(way: Way): string {
  const service = way === "slots" ? "web" : "own";
  const isLive = way === "slots" || way === "address";
  return `server {
        listen 127.0.0.1:${PORTS[way]};
        ${!isLive ? "" : `<%= it.live.choose("${service}") %>`}
        ${
    casesOf(way).map(({ directives, plain, number }) =>
      directives
        .replace(
          "PASS_ALONE",
          isLive ? "PASS" : "proxy_pass http://static;",
        )
        .replaceAll(
          "PASS",
          isLive ? `<%= it.live.pass("${service}") %>` : plain ?? PASS_PLAINLY,
        )
        .replaceAll(
          "$plain_connection",
          way === "closed" ? "$plain_close" : "$plain_connection",
        )
        .replace(/PATHID/g, String(number))
        .replace(/PATH/g, `/${number}`)
        .replace(/SITE/g, "{project_dir}")
    ).join("\n        ")
  }
    }`;
}

function casesOf(way: Way) {
  return LOCATIONS.map((each, number) => ({ ...each, number }))
    .filter(({ slotsOnly }) => way !== "address" || !slotsOnly);
}

/** The bytes of an answer but for what names the moment. */
async function answer(site: Site, way: Way, number: number): Promise<string> {
  const port = way === "slots" ? site.port : Number(PORTS[way]);
  const { request = "", halfClose } = LOCATIONS[number] ?? {};
  const text = await exchange(
    port,
    request.replaceAll("PATH", `/${number}`).replaceAll("\n", "\r\n"),
    { halfClose },
  );
  return text.replace(/^(Date|Expires): .*\r\n/gm, "");
}

Deno.test("a location does the same whichever slot serves, by an address, and with a static upstream", async () => {
  assert(LOCATIONS.length >= 30);
  await using site = Site.create({
    "deploy.conf": CONF,
    "nginx.conf.template": template(),
    "files/found.txt": "found\n",
    "proxy_params": "proxy_set_header Host $http_host;\n" +
      "proxy_set_header X-Real-IP $remote_addr;\n" +
      "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n" +
      "proxy_set_header X-Forwarded-Proto $scheme;\n",
  });
  const served = new Set<number>();
  for (let round = 0; round < 2; round++) { // in either slot
    await site.deploy();
    for (const pid of await site.pidsOf("serving")) served.add(pid);
    const different: unknown[] = [];
    for (const way of ["slots", "address"] as const) {
      for (const { name, number } of casesOf(way)) {
        const plain = await answer(site, PARTNERS[way], number);
        assert(plain.startsWith("HTTP/1.1 "), `${name}: ${plain}`);
        const live = await answer(site, way, number);
        if (live !== plain) different.push({ way, round, name, live, plain });
      }
    }
    assertEquals(different, []);
  }
  assertEquals(served.size, 2);
});
