import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Site } from "../support/site.ts";
import { examplesOf } from "./documents.ts";

const SERVER = Deno.readTextFileSync(
  fromFileUrl(new URL("../../samples/live/server.js", import.meta.url)),
);

/** Text without what differs from run to run: numbers, times, widths of columns. */
function shapeOf(text: string): string {
  return text.trim()
    .replace(/\b\w+-\d+T\d+-[0-9a-f]{6}\b/g, "ID")
    .replace(/\b(\d+ min )?[\d.]+ m?s\b/g, "TIME")
    .replace(/[\d.]+ [kM]B\b/g, "SIZE")
    .replace(/\d[\d.:]*/g, "N")
    .replace(/ {2,}/g, "  ")
    .replaceAll("workers", "worker");
}

/** A command of a transcript, and what it prints. */
interface Step {
  args: string[];
  printed: string;
}

function stepsIn(code: string): Step[] {
  return code.split(/^\$ zddeploy/m).slice(1).map((step) => {
    const [line = "", ...rest] = step.split("\n");
    return {
      args: line.split(" ").filter((word) => word !== ""),
      printed: rest.join("\n"),
    };
  });
}

Deno.test("zddeploy prints what docs/getting-started.md shows", async () => {
  await using site = Site.create({ "server.js": SERVER });
  const steps = examplesOf("docs/getting-started.md")
    .filter(({ language }) => language === "text")
    .flatMap(({ code }) => stepsIn(code));
  assert(steps.length > 4, `${steps.length} steps`);
  for (const { args, printed } of steps) {
    // Each release is another program; the third one is broken.
    if (args.includes("2")) site.write("server.js", `${SERVER}// 2\n`);
    if (args.includes("3")) {
      const broken = 'console.error("no database");\nprocess.exit(7);\n';
      site.write("server.js", broken);
    }
    const { stdout, stderr } = await site.zdd(
      ...args.map((word) => word === "8080" ? String(site.port) : word),
    );
    const text = (stdout + stderr).replaceAll(site.directory, "/srv/hello")
      .replaceAll(String(site.port), "8080");
    assertEquals(shapeOf(text), shapeOf(printed), `zddeploy ${args.join(" ")}`);
  }
});

Deno.test("README.md shows the same", () => {
  const stepsOf = (document: string) =>
    examplesOf(document).flatMap(({ language, code }) =>
      language === "text" ? stepsIn(code) : []
    ).map(({ args, printed }) => `${args.join(" ")}\n${printed.trim()}`);
  const shown = stepsOf("README.md");
  assert(shown.length > 1);
  const tested = stepsOf("docs/getting-started.md");
  assertEquals(shown.filter((step) => !tested.includes(step)), []);
});
