import { assertEquals } from "@std/assert";
import { anyConf, anySite } from "../support/any_site.ts";
import {
  assertNothingFailed,
  isAlive,
  liveStart,
  pidsAt,
  pidsOf,
  servers,
  startClosing,
  startLoad,
} from "../support/live_site.ts";
import { until } from "../support/site.ts";

for (const port of ["env", "socket", "detect"] as const) {
  Deno.test(`instances go up and down between deploys, port: ${port}`, async () => {
    const lines = (instances: number) => [
      `port: ${port}`,
      `start: ${liveStart()}`,
      `instances: ${instances}`,
    ];
    await using site = anySite(lines(1));
    await site.deploy();
    const seen = new Set(servers(site));
    // Where zdd hands the addresses out, others are a reload, which closes idle
    // connections (before nginx 1.27.4).
    await using load = port === "detect"
      ? await startLoad(site, { clients: 5 })
      : await startClosing(site);
    const nginx = site.nginxMaster();
    for (const instances of [1, 3, 2, 1]) {
      site.write("deploy.conf", anyConf(lines(instances)));
      await site.deploy();
      const pids = servers(site);
      assertEquals(pids.length, instances);
      assertEquals(await pidsOf(site, "serving"), pids);
      assertEquals(await pidsAt(site, "/", 24), pids);
      assertEquals(pids.filter((pid) => seen.has(pid)), []);
      pids.forEach((pid) => seen.add(pid));
    }
    await assertNothingFailed(load);
    assertEquals(site.nginxMaster(), nginx);
  });
}

for (const port of ["env", "detect"] as const) {
  Deno.test(`an instance that died gets nothing once start has replaced it, port: ${port}`, async () => {
    await using site = anySite([
      `port: ${port}`,
      `start: ${liveStart()}`,
      "instances: 3",
    ]);
    await site.deploy();
    const [, , last = 0] = await pidsOf(site, "serving");
    Deno.kill(last, "SIGKILL");
    await until("it is dead", () => !isAlive(last));
    await site.deploy("start");
    const pids = servers(site);
    assertEquals(pids.length, 3);
    assertEquals(await pidsOf(site, "serving"), pids);
    assertEquals(await pidsAt(site, "/", 100), pids);
  });
}
