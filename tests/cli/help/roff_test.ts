import { assertEquals } from "@std/assert";
import { renderRoff, sectionTitle } from "../../../lib/cli/help/roff.ts";

Deno.test("renderRoff() writes man(7), and nothing in a text is a request", () => {
  assertEquals(
    renderRoff([
      { text: ".SH isn't `--a`" },
      { text: "'next" },
      { heading: "h" },
      { items: [["    --json", "a\\b"]] },
      { code: ".x\n'y" },
    ]),
    "\\&.SH isn't \\fB\\-\\-a\\fR\n" +
      ".PP\n\\&'next\n" +
      ".SS h\n" +
      ".TP\n\\fB\\-\\-json\\fR\na\\eb\n" +
      ".PP\n.RS 4\n.nf\n\\&.x\n\\&'y\n.fi\n.RE\n",
  );
  assertEquals(sectionTitle("exit status"), ".SH EXIT STATUS\n");
});
