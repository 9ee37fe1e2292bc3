import { assertEquals } from "@std/assert";
import { mountOf } from "../../lib/system/mounts.ts";

Deno.test("mountOf() is the innermost mount above a path", () => {
  assertEquals(mountOf("/proc/self/x"), { point: "/proc", type: "proc" });
  assertEquals(mountOf("/proc"), { point: "/proc", type: "proc" });
  assertEquals(mountOf("/procession").point, "/");
});
