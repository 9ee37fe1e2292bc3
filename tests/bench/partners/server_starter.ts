import { appCommand, openSite, run, until, untilListening } from "../site.ts";
import { missingProgram } from "./installed.ts";
import { ENDINGS, type Partner, SETTLE } from "./partner.ts";

/** Server::Starter, a parent process that keeps the listening socket. Without a proxy. */
export const serverStarter: Partner = {
  name: "Server::Starter restart",
  endings: ENDINGS,
  missing: () => Promise.resolve(missingProgram("start_server", "node")),
  async start(ending) {
    const site = openSite({ release: "r0" });
    const { port } = site;
    const files = ["--pid-file", "starter.pid", "--status-file", "status"];
    site.command(
      ...[
        "sh",
        "-c",
        'exec "$@" >starter.log 2>&1',
        "",
        "start_server",
      ] as const,
      ...["--port", `127.0.0.1:${port}`, ...files, "--"],
      ...appCommand(ending),
    ).spawn();
    await untilListening(port);
    // It writes the status of an instance when that has run for a second.
    await until("Server::Starter runs", () => site.exists("status"));
    return {
      url: `http://127.0.0.1:${port}/`,
      settle: SETTLE,
      async deploy(release) {
        site.write("release", `r${release}`);
        // Returns when the old instance has ended.
        await run(site, "start_server", "--restart", ...files);
      },
      [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
    };
  },
};
