import { assertEquals } from "@std/assert";
import type { Instance } from "../../lib/instance/instance.ts";
import { logsOf } from "../../lib/state/logs.ts";
import { EMPTY_STATE, type State } from "../../lib/state/state.ts";
import { serviceIn } from "../instance/service_config.ts";
import { TempDir } from "../system/temp_dir.ts";

function instance(log: string): Instance {
  return {
    id: log,
    service: "web",
    number: 1,
    process: { pid: 4711, startTime: 1, boot: "b" },
    address: "127.0.0.1:1",
    startedAt: "2026",
    log,
  };
}

Deno.test("logsOf() tells the logs that will be written, also if nothing has run yet", () => {
  using directory = new TempDir();
  const web = serviceIn(directory, {
    log: "/log/web-{instance}.log",
    instances: 2,
  });
  const api = serviceIn(directory, { name: "api", log: "/log/api.log" });
  assertEquals(logsOf([web, api], EMPTY_STATE), [
    { file: "/log/web-1.log" },
    { file: "/log/web-2.log" },
    { file: "/log/api.log" },
  ]);
});

Deno.test("logsOf() tells the logs of all instances that are recorded, each once", () => {
  using directory = new TempDir();
  const state: State = {
    ...EMPTY_STATE,
    services: {
      web: {
        current: [instance("/now"), instance("/next")],
        standby: [instance("/standby")],
        canary: { instances: [instance("/canary")], percent: 5 },
        retiring: [{ instance: instance("/old"), since: "2026" }],
      },
      other: { current: [instance("/other")], standby: [], retiring: [] },
    },
  };
  assertEquals(logsOf([serviceIn(directory, { log: "/next" })], state), [
    { file: "/now" },
    { file: "/next" },
    { file: "/standby" },
    { file: "/canary" },
    { file: "/old" },
  ]);
});
