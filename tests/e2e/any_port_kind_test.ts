import { assert, assertEquals } from "@std/assert";
import {
  assertNothingFailed,
  liveConf,
  liveService,
  liveSite,
  liveStart,
  liveTemplate,
  pidAt,
  startClosing,
} from "../support/live_site.ts";

const TWO = 'location / { <%= it.live.pass("web") %> }\n' +
  'location /api { <%= it.live.pass("api") %> }';

function conf(port: string): string {
  return liveConf([
    `[service:web]\nport: ${port}\nstart: ${liveStart()}\n`,
    liveService({ name: "api" }),
  ]);
}

for (const [from, to] of [["env", "detect"], ["detect", "env"]] as const) {
  Deno.test(`a service whose port becomes ${to} after ${from} serves on while another one is deployed`, async () => {
    await using site = liveSite(conf(from), liveTemplate(TWO));
    await site.deploy();
    const [web, api] = [await pidAt(site), await pidAt(site, "/api")];
    await using load = await startClosing(site);
    site.write("deploy.conf", conf(to));
    await site.deploy("deploy", "--service", "api");
    assertEquals(await pidAt(site), web);
    assert(await pidAt(site, "/api") !== api);
    await site.deploy();
    assert(await pidAt(site) !== web);
    await assertNothingFailed(load);
  });
}
