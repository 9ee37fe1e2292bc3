import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readArguments } from "../../lib/cli/arguments.ts";
import { COMMANDS } from "../../lib/commands/commands.ts";
import { SESSION } from "../../tasks/recording.ts";
import { terminalSvg } from "../../tasks/terminal_svg.ts";

Deno.test("terminalSvg() draws lines in their colours, escaped, each at its time", () => {
  const svg = terminalSvg([
    { text: "$ echo '<b>'", at: 100, typing: 400 },
    { text: '\x1b[31mno:\x1b[39m "a" & b', at: 700 },
  ], "a & b");
  assertStringIncludes(svg, "<title>a &amp; b</title>");
  assertStringIncludes(
    svg,
    'class="t" style="animation-delay:100ms;animation-duration:400ms;' +
      `animation-timing-function:steps(12)">$ echo '&lt;b&gt;'</text>`,
  );
  assertStringIncludes(
    svg,
    'class="l" style="animation-delay:700ms">' +
      '<tspan style="fill:#ff7b72">no:</tspan> &quot;a&quot; &amp; b</text>',
  );
});

Deno.test("docs/recording.svg is of the session that tasks/recording.ts has, and ends well", () => {
  const svg = Deno.readTextFileSync(
    new URL("../../docs/recording.svg", import.meta.url),
  );
  const lines = [...svg.matchAll(/<text[^>]*>(.*)<\/text>/g)]
    .map(([, text = ""]) =>
      text.replace(/<[^>]*>/g, "").replaceAll("&gt;", ">")
        .replaceAll("&lt;", "<").replaceAll("&quot;", '"')
        .replaceAll("&amp;", "&")
    );
  assertEquals(
    lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2)),
    SESSION,
  );
  for (const command of SESSION.filter((line) => line.startsWith("zdd"))) {
    readArguments(COMMANDS, command.split(" ").slice(1));
  }
  const text = lines.join("\n");
  assertStringIncludes(text, "zddeploy: web didn't start");
  assertStringIncludes(text, "rolled back in ");
  assert(!/^warning|not found/m.test(text), text);
});
