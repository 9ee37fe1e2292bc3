import { assert, assertEquals } from "@std/assert";
import { figureLines } from "../../lib/cli/figures_table.ts";
import { afterEvent, frame, UNICODE } from "../../lib/cli/display.ts";
import type { Figures, ServiceFigures } from "../../lib/watch/figures.ts";

const NOW: Figures = {
  ...{ release: "v42", pids: [4711], requests: 512, perSecond: 5.2 },
  ...{
    failed: 24,
    failedShare: 24 / 512,
    failures: { "5xx": 24, gateway: 0, cut: 0 },
  },
  ...{ p50: 13, p95: 1240 },
};
const BEFORE: Figures = {
  ...{ pids: [4242, 4243], requests: 0, perSecond: 0 },
  ...{ failed: 0, failedShare: 0, failures: { "5xx": 0, gateway: 0, cut: 0 } },
};
const WEB: ServiceFigures = {
  service: "web",
  now: NOW,
  before: BEFORE,
  enough: true,
};

Deno.test("figureLines() shows two releases beside each other", () => {
  assertEquals(figureLines([WEB], 59), [
    "                          REQ/S    FAILED      P50      P95",
    "  new v42                   5.2    4.69 %    13 ms    1.2 s",
    "  old 4242, 4243              0                            ",
  ]);
});

Deno.test("figureLines() fits into a narrow terminal", () => {
  assertEquals(figureLines([WEB], 39), [
    "               REQ/S    FAILED      P95",
    "  new v42        5.2    4.69 %    1.2 s",
    "  old 4242,        0                   ",
  ]);
  for (const columns of [0, 1, 20, 39, 59, 119]) {
    const lines = figureLines([WEB, { ...WEB, service: "api" }], columns);
    assertEquals(lines.length, 5);
    assert(lines.every(({ length }) => length <= columns));
  }
});

Deno.test("a watch is shown in place, with its figures of now", () => {
  const event = {
    ...{ step: "watch", subject: "zdd", level: "begin" } as const,
    ...{ message: "watching, 60 s left", figures: [{ ...WEB, now: BEFORE }] },
  };
  const first = afterEvent([], event, 0);
  const message = "watching, 59 s left";
  const second = afterEvent(first, { ...event, message, figures: [WEB] }, 1000);
  const screen = { columns: 40, rows: 24, symbols: UNICODE };
  assertEquals(frame(second, 0, 1000, screen), [
    "⠋ zdd: watching, 59 s left        1.0 s".replace(/ +(?=1\.0)/, " "),
    ...figureLines([WEB], 39),
  ]);
  const end = {
    ...event,
    level: "detail",
    ms: 2000,
    figures: undefined,
  } as const;
  assertEquals(afterEvent(second, end, 2000), []);
});
