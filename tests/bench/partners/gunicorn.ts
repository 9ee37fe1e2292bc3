import { dirname, fromFileUrl } from "@std/path";
import { type Ending, openSite, untilListening } from "../site.ts";
import { missingProgram } from "./installed.ts";
import { type Partner, SETTLE } from "./partner.ts";

const APP = dirname(fromFileUrl(new URL("../app/app.py", import.meta.url)));

/** How gunicorn ends depends on the kind of worker. Two kinds matter here. */
const WORKERS: Record<Ending, string[]> = {
  drains: ["--worker-class", "sync"],
  exits: ["--worker-class", "gthread", "--threads", "20", "--keep-alive", "60"],
};

/** gunicorn's own restart, without a proxy: its master starts new workers on SIGHUP. */
export const gunicorn: Partner = {
  name: "gunicorn HUP",
  endings: {
    drains: "sync: closes each connection",
    exits: "gthread: keeps them",
  },
  missing: () => Promise.resolve(missingProgram("gunicorn")),
  async start(ending) {
    const site = openSite({ release: "r0" });
    const { port } = site;
    const master = site.command(
      ...["env", `RELEASE_FILE=${site.path("release")}`] as const,
      ...["PYTHONDONTWRITEBYTECODE=1", "gunicorn", "--chdir", APP],
      ...["--bind", `127.0.0.1:${port}`, "--workers", "2"],
      ...["--log-level", "critical", ...WORKERS[ending], "app:app"],
    ).spawn();
    await untilListening(port);
    return {
      url: `http://127.0.0.1:${port}/`,
      settle: SETTLE,
      deploy(release) {
        site.write("release", `r${release}`);
        master.kill("SIGHUP");
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
    };
  },
};
