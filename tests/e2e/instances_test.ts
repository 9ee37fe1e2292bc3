import { assertEquals } from "@std/assert";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";
import { isAlive } from "../support/processes.ts";

for (const port of ["env", "socket", "detect"] as const) {
  Deno.test(`instances go up and down between deploys, port: ${port}`, async () => {
    const project = (instances: number) => ({
      port,
      lines: [`instances: ${instances}`],
    });
    await using site = Site.live(project(1));
    await site.deploy();
    const seen = new Set(site.servers());
    // Where zdd hands the addresses out, others are a reload, which closes idle
    // connections (before nginx 1.27.4).
    await using load = port === "detect"
      ? await site.load({ clients: 5 })
      : await site.load({ keepAlive: false, clients: 5 });
    const nginx = site.nginxMaster();
    for (const instances of [1, 3, 2, 1]) {
      site.configure(project(instances));
      await site.deploy();
      const pids = site.servers();
      assertEquals(pids.length, instances);
      assertEquals(await site.pidsOf("serving"), pids);
      assertEquals(await site.pidsAt("/", 24), pids);
      assertEquals(pids.filter((pid) => seen.has(pid)), []);
      pids.forEach((pid) => seen.add(pid));
    }
    await load.stopWithoutFailure();
    assertEquals(site.nginxMaster(), nginx);
  });
}

for (const port of ["env", "detect"] as const) {
  Deno.test(`an instance that died gets nothing once start has replaced it, port: ${port}`, async () => {
    await using site = Site.live({ port, lines: ["instances: 3"] });
    await site.deploy();
    const [, , last = 0] = await site.pidsOf("serving");
    Deno.kill(last, "SIGKILL");
    await until("it is dead", () => !isAlive(last));
    await site.deploy("start");
    const pids = site.servers();
    assertEquals(pids.length, 3);
    assertEquals(await site.pidsOf("serving"), pids);
    assertEquals(await site.pidsAt("/", 100), pids);
  });
}
