import {
  classicTemplate,
  deployConf,
  liveTemplate,
} from "../../support/project.ts";
import { appCommand, type Ending, openSite, type Site } from "../site.ts";
import { missingProgram } from "./installed.ts";
import { ENDINGS, type Partner, SETTLE } from "./partner.ts";

/** How zdd switches: with live links, or with a reload as in the classic templates. */
export type Way = "live" | "reload";

/** A zdd site with the service, deployed once. */
export async function zddSite(way: Way, ending: Ending): Promise<Site> {
  const pidFile = way === "reload" ? "web.pid" : undefined;
  const start = appCommand(ending, "release", pidFile).join(" ");
  const port = way === "reload" ? "file" : "env";
  return await openSite({
    "release": "r0",
    "deploy.conf": deployConf({ port, start }),
    "nginx.conf.template": way === "live" ? liveTemplate() : classicTemplate(),
  }).deployed();
}

/** zdd itself. */
export function zdd(way: Way): Partner {
  return {
    name: way === "live" ? "zdd, live switch" : "zdd, reload switch",
    endings: ENDINGS,
    missing: () => Promise.resolve(missingProgram("nginx", "node")),
    async start(ending) {
      const site = await zddSite(way, ending);
      return {
        url: `http://127.0.0.1:${site.port}/`,
        settle: SETTLE,
        async deploy(release) {
          site.write("release", `r${release}`);
          await site.deploy("--quiet");
        },
        [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
      };
    },
  };
}
