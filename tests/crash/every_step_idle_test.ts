import { assertEquals } from "@std/assert";
import { messageOf } from "../../lib/error.ts";
import { CrashSite, markedInstances } from "./crash_site.ts";
import { placesOf } from "./every_step.ts";

// While nothing serves there is no request to lose: what counts is that everything
// runs once afterwards, or that nothing does.

for (const kind of ["live", "reload"] as const) {
  Deno.test(`stop, killed at every step of a ${kind} site, is finished by the next stop or by start`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const acts = await own.acts("stop", "--nginx");
    for (const [i, where] of acts.entries()) {
      try {
        await own.site.deploy("start");
        await own.die(where, "stop", "--nginx");
        if (i % 2 === 0) {
          await own.site.deploy("stop", "--nginx");
          assertEquals(own.site.processes(), []);
        }
        await own.site.deploy("start");
        await own.assertWhole();
      } catch (error) {
        const message = `killed at "${where}": ${messageOf(error)}`;
        throw new Error(message, { cause: error });
      }
    }
  });

  Deno.test(`start, killed at every step of a ${kind} site, is repaired by the next start`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    await own.site.deploy("stop", "--nginx");
    const acts = await own.acts("start");
    for (const where of acts.flatMap(placesOf)) {
      try {
        await own.site.deploy("stop", "--nginx");
        assertEquals(markedInstances(own.site), []);
        const remains = await own.die(where, "start");
        await own.repair(remains, "start");
        await own.assertWhole();
      } catch (error) {
        const message = `killed at "${where}": ${messageOf(error)}`;
        throw new Error(message, { cause: error });
      }
    }
  });
}
