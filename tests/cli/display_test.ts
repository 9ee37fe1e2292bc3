import { assert, assertEquals } from "@std/assert";
import {
  afterEvent,
  ASCII,
  erase,
  formatEvent,
  frame,
  mark,
  type Running,
  UNICODE,
} from "../../lib/cli/display.ts";
import { isWanted } from "../../lib/cli/progress.ts";
import { COLORED, PLAIN, widthOf } from "../../lib/cli/style.ts";
import { ESCAPE } from "../../lib/cli/terminal.ts";
import type { Event } from "../../lib/deploy/report.ts";

const STARTED: Event = {
  step: "start",
  subject: "web",
  message: "started 4711",
};
const SCREEN = { columns: 80, rows: 24, symbols: UNICODE };

function begun(subject: string, message = "starting", since = 0): Running {
  return { step: "start", subject, message, since };
}

Deno.test("formatEvent() is a line with the subject, the message and the time", () => {
  assertEquals(formatEvent(STARTED), "web: started 4711");
  assertEquals(
    formatEvent({ ...STARTED, ms: 310.4 }),
    "web: started 4711 (310 ms)",
  );
  assertEquals(formatEvent({ ...STARTED, ms: 0 }), "web: started 4711 (0 ms)");
  assertEquals(
    formatEvent({ ...STARTED, ms: 65_000, level: "warning" }),
    "web: warning: started 4711 (1 min 5 s)",
  );
  assertEquals(
    formatEvent({ ...STARTED, level: "detail" }),
    "web: started 4711",
  );
});

Deno.test("isWanted() lets details through with --verbose, warnings always", () => {
  const levels = [undefined, "warning", "detail", "begin"] as const;
  const wanted = (verbose: boolean, quiet: boolean) =>
    levels.filter((level) =>
      isWanted({ ...STARTED, level }, { verbose, quiet })
    );
  assertEquals(wanted(false, false), [undefined, "warning"]);
  assertEquals(wanted(true, false), [undefined, "warning", "detail"]);
  assertEquals(wanted(true, true), ["warning"]);
});

Deno.test("afterEvent() keeps what has begun until its end is told", () => {
  const begin = { ...STARTED, message: "starting", level: "begin" } as const;
  const one = afterEvent([], begin, 5);
  assertEquals(one, [begun("web", "starting", 5)]);
  const two = afterEvent(one, { ...begin, subject: "api" }, 7);
  assertEquals(two.map(({ subject }) => subject), ["web", "api"]);
  // Something on the way, another step, another service: nothing has ended.
  for (
    const event of [
      { ...STARTED, level: "detail" },
      { ...STARTED, step: "stop" },
      { ...STARTED, subject: "mail" },
    ] as const
  ) assertEquals(afterEvent(two, event, 8), two);
  assertEquals(afterEvent(two, STARTED, 9), two.slice(1));
  const detail = { ...STARTED, level: "detail", ms: 3 } as const;
  assertEquals(afterEvent(two, detail, 9), two.slice(1));
  const warning = { ...STARTED, level: "warning" } as const;
  assertEquals(afterEvent(two, warning, 9), two.slice(1));
});

Deno.test("afterEvent() ends one of several instances at a time", () => {
  const both = [begun("web"), begun("web")];
  assertEquals(afterEvent(both, STARTED, 1).length, 1);
});

Deno.test("frame() has a line with its time for all that goes on", () => {
  const running = [begun("web", "starting", 1000), begun("api", "x", 2000)];
  assertEquals(frame(running, 1000, 4200, SCREEN), [
    "⠹ web: starting 3.2 s",
    "⠹ api: x 2.2 s",
  ]);
  assertEquals(
    frame(running, 1000, 4300, { ...SCREEN, symbols: ASCII })[0],
    "/ web: starting 3.3 s",
  );
});

Deno.test("frame() turns the spinner", () => {
  const pictures = Array.from(
    { length: 10 },
    (_, i) => frame([begun("web")], 0, i * 100, SCREEN)[0]?.[0],
  );
  assertEquals(new Set(pictures).size, 10);
});

Deno.test("frame() counts the whole time when nothing in particular goes on", () => {
  assertEquals(frame([], 0, 1500, SCREEN), ["⠴ working 1.5 s"]);
});

Deno.test("frame() never fills a row, on screens of any width", () => {
  const running = [
    begun("a-service-with-a-long-name", "draining 4711 of many things"),
    begun("web"),
  ];
  for (const columns of [300, 80, 40, 20, 10, 5, 2, 1]) {
    for (const style of [PLAIN, COLORED]) {
      for (const symbols of [UNICODE, ASCII]) {
        const lines = frame(running, 0, 12_345, {
          columns,
          rows: 24,
          symbols,
          style,
        });
        assert(
          lines.every((line) => widthOf(line) <= Math.max(1, columns - 1)),
          `${columns}: ${lines}`,
        );
      }
    }
  }
  assertEquals(
    frame(running, 0, 1000, { ...SCREEN, columns: 40 })[0],
    "⠋ a-service-with-a-long-name: dr… 1.0 s",
  );
});

Deno.test("frame() leaves half of the screen to what has happened", () => {
  const running = Array.from({ length: 30 }, (_, i) => begun(`s${i}`));
  const lines = frame(running, 0, 0, { ...SCREEN, rows: 10 });
  assertEquals(lines.length, 6);
  assertEquals(lines.at(-1), "… and 25 more");
});

Deno.test("frame() takes a row for whatever is told", () => {
  const [line = ""] = frame([begun("web", "a\nb\u001b[2J")], 0, 1000, SCREEN);
  assertEquals(line, "⠋ web: a b\\x1b[2J 1.0 s");
});

Deno.test("erase() removes as many rows as the lines have become", () => {
  assertEquals(erase([], 80), "");
  assertEquals(erase(["a", "b"], 80), `${ESCAPE}[2F${ESCAPE}[J`);
  const line = COLORED.green("x".repeat(41));
  assertEquals(erase([line, "b"], 40), `${ESCAPE}[3F${ESCAPE}[J`);
});

Deno.test("mark() tells steps, warnings and the words of others apart", () => {
  assertEquals(mark(STARTED, UNICODE), "✓");
  assertEquals(mark({ ...STARTED, level: "warning" }, UNICODE), "!");
  assertEquals(mark({ ...STARTED, level: "detail" }, UNICODE), " ");
  assertEquals(mark({ ...STARTED, step: "hook" }, UNICODE), " ");
});
