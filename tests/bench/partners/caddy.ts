import { freePort, run, type Site, untilListening } from "../site.ts";
import { missingProgram } from "./installed.ts";
import { betweenTwoBackends } from "./two_backends.ts";

const admin = new WeakMap<Site, number>();

/** `caddy reload`, which loads the new configuration into the same process. */
export const caddy = betweenTwoBackends({
  name: "caddy reload",
  missing: () => missingProgram("caddy", "node"),
  async use(site, port, isFirst) {
    if (isFirst) admin.set(site, freePort());
    const api = `127.0.0.1:${admin.get(site)}`;
    site.write("Caddyfile", configuration(site, port, api));
    const home = ["env", `HOME=${site.directory}`, "caddy"];
    const config = ["--config", "Caddyfile", "--adapter", "caddyfile"];
    if (!isFirst) {
      await run(site, ...home, "reload", ...config, "--address", api);
      return;
    }
    const [program = "", ...args] = [...home, "run", ...config];
    // It prints a lot, and would block without a reader.
    site.command("sh", "-c", 'exec "$@" >caddy.log 2>&1', "", program, ...args)
      .spawn();
    await untilListening(site.port);
  },
});

function configuration(site: Site, port: number, api: string): string {
  return `\
{
    admin ${api}
    auto_https off
}
http://127.0.0.1:${site.port} {
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:${port}
}
`;
}
