import { assertEquals } from "@std/assert";
import { formatEnvironment } from "../../../lib/instance/run/environment_file.ts";

Deno.test("formatEnvironment() quotes what systemd would understand otherwise", () => {
  assertEquals(
    formatEnvironment({
      A: "1",
      EMPTY: "",
      QUOTED: 'it\'s "so" $HOME `id` \\n %n',
      LINES: "a\nb",
    }),
    'A="1"\nEMPTY=""\n' +
      'QUOTED="it\'s \\"so\\" \\$HOME \\`id\\` \\\\n %n"\nLINES="a\nb"\n',
  );
});

Deno.test("formatEnvironment() leaves out what has no name that a variable can have", () => {
  assertEquals(
    formatEnvironment({ "BASH_FUNC_f%%": "() { :; }", "1A": "x", B_2: "y" }),
    'B_2="y"\n',
  );
});
