import { assertEquals } from "@std/assert";
import { unitOf } from "../../lib/system/service_manager.ts";

Deno.test("the unit of a process is the innermost one of its control group", () => {
  const units = {
    "/": undefined,
    "/outside": undefined,
    "/init.scope": undefined,
    "/system.slice/app.service": { name: "app.service", manager: "system" },
    "/system.slice/system-x.slice/x@1.service/sub": {
      name: "x@1.service",
      manager: "system",
    },
    "/user.slice/user-1000.slice/session-3.scope": {
      name: "session-3.scope",
      manager: "system",
      owner: 1000,
    },
    "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service": {
      name: "a.service",
      manager: "user",
      owner: 1000,
    },
    "/user.slice/user-1000.slice/user@1000.service": {
      name: "user@1000.service",
      manager: "system",
      owner: 1000,
    },
  };
  for (const [path, unit] of Object.entries(units)) {
    const expected = unit && { owner: undefined, ...unit };
    // Version 2; hybrid, where it is systemd's own hierarchy that counts; version 1.
    assertEquals(unitOf(`0::${path}\n`), expected, path);
    assertEquals(
      unitOf(`4:memory:/else.service\n1:name=systemd:${path}\n0::/other\n`),
      expected,
      path,
    );
    assertEquals(unitOf(`2:cpu:/\n1:name=systemd:${path}\n`), expected, path);
  }
  assertEquals(unitOf(""), undefined);
});
