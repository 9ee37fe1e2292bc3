import type { Site } from "../site.ts";
import { untilListening } from "../site.ts";
import { missingProgram } from "./installed.ts";
import { betweenTwoBackends } from "./two_backends.ts";

/** HAProxy with a master, which passes on the listening sockets at a reload (SIGUSR2). */
export const haproxy = betweenTwoBackends({
  name: "HAProxy reload",
  missing: () => missingProgram("haproxy", "node"),
  async use(site, port, isFirst) {
    site.write("haproxy.cfg", configuration(site, port));
    if (isFirst) {
      const config = site.path("haproxy.cfg");
      const args = ["-W", "-f", config, "-p", site.path("haproxy.pid")];
      site.command("haproxy", ...args).spawn();
      return await untilListening(site.port);
    }
    Deno.kill(Number(site.read("haproxy.pid").split("\n")[0]), "SIGUSR2");
  },
});

function configuration(site: Site, port: number): string {
  return `\
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend web
    bind 127.0.0.1:${site.port}
    default_backend web
backend web
    server web 127.0.0.1:${port}
`;
}
