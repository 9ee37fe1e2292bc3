import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { filterOf, formatFailure, readFailures, readReport } from "./tally.ts";

/** Runs `deno test` on a file with this text. Returns its report and whether it succeeded. */
async function runTests(
  text: string,
  ...options: string[]
): Promise<{ xml?: string; success: boolean }> {
  const directory = Deno.makeTempDirSync({ prefix: "zdd-tally-" });
  const file = join(directory, "some_test.ts");
  const report = join(directory, "report.xml");
  Deno.writeTextFileSync(file, text);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--quiet", "--allow-run", ...options],
      ...["--junit-path", report, file],
    ],
    cwd: dirname(dirname(fromFileUrl(import.meta.url))),
    stdin: "null",
  }).output();
  const xml = await Deno.readTextFile(report).catch(() => undefined);
  Deno.removeSync(directory, { recursive: true });
  return { xml, success };
}

async function tallyOf(text: string): Promise<ReturnType<typeof readReport>> {
  const { xml, success } = await runTests(text);
  return readReport(xml, success);
}

Deno.test("readReport() counts what passed, failed and was ignored", async () => {
  const tally = await tallyOf(`
    Deno.test("one", () => {});
    Deno.test("two", () => {});
    Deno.test("three", () => { throw new Error("<testsuite failures='9'>") });
    Deno.test.ignore("four", () => {});
  `);
  assertEquals(tally, { passed: 2, failed: 1 });
});

Deno.test("readReport() counts tests that a stray error kept from running", async () => {
  const tally = await tallyOf(`
    Deno.test("one", () => {});
    Deno.test("two", async () => {
      setTimeout(() => { throw new Error("stray") });
      await new Promise((resolve) => setTimeout(resolve, 1000));
    });
    Deno.test("three", () => {});
  `);
  assertEquals(tally, { passed: 1, failed: 2 });
});

Deno.test("readReport() counts a file that can't be loaded as a failure", async () => {
  assertEquals(await tallyOf("throw new Error()"), { passed: 0, failed: 1 });
});

Deno.test("readReport() counts a run without any test as a failure", async () => {
  assertEquals(await tallyOf("export {}"), { passed: 0, failed: 1 });
});

Deno.test("readReport() counts a runner that died as a failure", async () => {
  const tally = await tallyOf(`
    Deno.test("one", () => {});
    Deno.test("two", () => Deno.kill(Deno.pid, "SIGKILL"));
  `);
  assertEquals(tally, { passed: 0, failed: 1 });
});

Deno.test("readFailures() tells what failed, and what it said", async () => {
  const { xml = "" } = await runTests(`
    Deno.test("one", () => {});
    Deno.test("a < b", () => { throw new Error('"c" & \\n&amp;d') });
  `);
  const [failure, ...others] = readFailures(xml);
  assert(failure !== undefined);
  assertEquals(others, []);
  assertEquals(failure.name, "a < b");
  const [test, ...said] = formatFailure(failure).split("\n");
  assertEquals(test?.replace(/.* => /, ""), "a < b");
  assertEquals(said, ['    Uncaught Error: "c" & ', "    &amp;d"]);
});

Deno.test("filterOf() selects the tests that failed, and no others", async () => {
  const text = `
    const fails = (name) => Deno.test(name, () => { throw new Error() });
    Deno.test("one", () => {});
    fails("a <b> 'c' (d|e) \\\\ /f/ [g] é – $1.*");
    Deno.test("with a step", async (t) => {
      await t.step("step", () => { throw new Error() });
    });
    Deno.test("a", () => {});
  `;
  const first = await runTests(text);
  const failures = readFailures(first.xml ?? "");
  const again = await runTests(text, "--filter", filterOf(failures));
  assertEquals(readFailures(again.xml ?? ""), failures);
  const { passed } = readReport(again.xml, again.success);
  assertEquals(passed, 0);
});
