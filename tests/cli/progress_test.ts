import { assertEquals } from "@std/assert";
import { formatEvent } from "../../lib/cli/progress.ts";

Deno.test("formatEvent() is a line with the subject, the message and the time", () => {
  const event = {
    step: "start",
    subject: "web",
    message: "started 4711",
  } as const;
  assertEquals(formatEvent(event), "web: started 4711");
  assertEquals(
    formatEvent({ ...event, ms: 310.4 }),
    "web: started 4711 (310 ms)",
  );
  assertEquals(formatEvent({ ...event, ms: 0 }), "web: started 4711 (0 ms)");
  assertEquals(
    formatEvent({ ...event, ms: 65_000, level: "warning" }),
    "web: warning: started 4711 (1 min 5 s)",
  );
  assertEquals(formatEvent({ ...event, level: "detail" }), "web: started 4711");
});
