import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { newInstanceId } from "../../lib/instance/instance.ts";

Deno.test("newInstanceId() names the service and the time in UTC", () => {
  const now = new Date(Date.UTC(2026, 10, 23, 17, 45, 12, 345));
  const id = newInstanceId("web", now);
  assert(/^web-20261123T174512-[0-9a-f]{6}$/.test(id), id);
  assertEquals(id.length, "web-20261123T174512-3f9a2c".length);
});

Deno.test("newInstanceId() is another one each time", () => {
  const now = new Date();
  assertNotEquals(newInstanceId("web", now), newInstanceId("web", now));
});
