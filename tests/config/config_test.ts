import { assertEquals } from "@std/assert";
import { hasSlots } from "../../lib/config/config.ts";
import type { PortKind } from "../../lib/config/values.ts";

Deno.test("hasSlots() tells where zdd hands out the addresses", () => {
  const kinds: PortKind[] = ["file", "env", "socket", "detect", "fixed"];
  assertEquals(
    kinds.filter((port) => hasSlots({ port })),
    ["env", "socket"],
  );
});
