import { assert, assertEquals } from "@std/assert";
import { liveTemplate, serviceSection } from "../support/project.ts";
import { Site } from "../support/site.ts";

const TWO = 'location / { <%= it.live.pass("web") %> }\n' +
  'location /api { <%= it.live.pass("api") %> }';

function project(port: string) {
  return {
    services: [
      serviceSection({ port }),
      serviceSection({ name: "api" }),
    ],
  };
}

for (const [from, to] of [["env", "detect"], ["detect", "env"]] as const) {
  Deno.test(`a service whose port becomes ${to} after ${from} serves on while another one is deployed`, async () => {
    await using site = Site.live({
      ...project(from),
      template: liveTemplate({ locations: TWO }),
    });
    await site.deploy();
    const [web, api] = [await site.pidAt(), await site.pidAt("/api")];
    await using load = await site.load({ keepAlive: false, clients: 5 });
    site.configure(project(to));
    await site.deploy("deploy", "--service", "api");
    assertEquals(await site.pidAt(), web);
    assert(await site.pidAt("/api") !== api);
    await site.deploy();
    assert(await site.pidAt() !== web);
    await load.stopWithoutFailure();
  });
}
