import { assertEquals } from "@std/assert";
import { renderText } from "../../../lib/cli/help/document.ts";
import { COLORED } from "../../../lib/cli/style.ts";

Deno.test("renderText() wraps paragraphs, and leaves code as it is", () => {
  assertEquals(
    renderText(
      [{ text: "one two three four" }, { code: "a  b\n\n  `c`" }],
      { width: 9 },
    ),
    "one two\nthree\nfour\n\n    a  b\n\n      `c`",
  );
});

Deno.test("renderText() puts meanings beside their terms, below those that are too long", () => {
  assertEquals(
    renderText([
      { heading: "options" },
      {
        items: [["-a", "first one"], ["--bb", "second"], [
          "it.live.pass('web', { by: 'x' })",
          "third",
        ]],
      },
    ], { width: 14 }),
    "options:\n  -a   first\n       one\n  --bb second\n".replaceAll(
      "  -a   first\n       one\n  --bb second\n",
      "  -a   first\n       one\n  --bb\n       second\n",
    ) + "  it.live.pass('web', { by: 'x' })\n       third",
  );
});

Deno.test("renderText() marks code, and has no backticks", () => {
  const blocks = [{ text: "run `zddeploy logs` now" }];
  assertEquals(renderText(blocks), "run zddeploy logs now");
  assertEquals(
    renderText(blocks, { style: COLORED }),
    `run ${COLORED.bold("zddeploy")} ${COLORED.bold("logs")} now`,
  );
});
