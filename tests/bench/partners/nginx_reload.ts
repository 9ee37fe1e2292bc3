import { classicTemplate } from "../../support/project.ts";
import { run, type Site, untilListening } from "../site.ts";
import { missingProgram } from "./installed.ts";
import { betweenTwoBackends } from "./two_backends.ts";

/** Writes the nginx.conf that zdd would write for the reload switch. */
export function writeNginxConf(site: Site, port: number): void {
  site.write(
    "nginx.conf",
    classicTemplate().replaceAll("{web}", String(port))
      .replaceAll("{project_dir}", site.directory)
      .replaceAll("{nginx_pid_filename}", site.path("nginx.pid")),
  );
}

/** Starts nginx with it. */
export async function startNginx(site: Site): Promise<void> {
  const conf = site.path("nginx.conf");
  site.command("nginx", "-c", conf, "-g", "daemon off;").spawn();
  await untilListening(site.port);
}

/** Runs `nginx -s reload`, as people do by hand. It returns at once. */
export async function reloadNginx(site: Site): Promise<void> {
  await run(site, "nginx", "-c", site.path("nginx.conf"), "-s", "reload");
}

export const nginxReload = betweenTwoBackends({
  name: "nginx -s reload",
  missing: () => missingProgram("nginx", "node"),
  async use(site, port, isFirst) {
    writeNginxConf(site, port);
    await (isFirst ? startNginx(site) : reloadNginx(site));
  },
});
