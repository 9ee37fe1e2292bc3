import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { install, NGINX } from "../../tasks/packages.ts";
import { Site } from "../support/site.ts";
import { type Framework, FRAMEWORKS } from "./framework.ts";

// `deno task frameworks`: what `init` writes for each framework serves without an edit,
// and a release that is broken costs no request. It takes minutes, and the network.

/** A release: what runs when it is loaded and for each request, and what is told of it. */
type Broken = [what: string, load: string, request: string, told: string];

for (const framework of FRAMEWORKS) {
  const { name, language, release } = framework;
  const { fails, answers, ends, waits } = language;
  const broken: Broken[] = [
    ["fails when it is loaded", fails, "", "no database"],
    ["answers with an error", "", answers, "no database"],
    ["ends before it has answered", ends, waits, "out of memory"],
  ];
  Deno.test(`${name}: init writes what serves, and a broken release costs no request`, async (test) => {
    await using site = Site.create({ ...framework.files, ...release("", "") });
    const reason = await prepare(framework, site);
    if (reason !== undefined) return report(`${name} is skipped: ${reason}`);
    await site.deploy("init", "--listen", String(site.port));
    await site.deploy();
    assertEquals(await site.get(), { status: 200, text: "v1" });
    for (const [what, load, request, told] of broken) {
      await test.step(`a release that ${what}`, async () => {
        const before = await site.pidsOf("serving");
        await using clients = await site.load({
          clients: 4,
          pause: 5,
          methods: ["GET"],
          expect: /^v1$/,
        });
        write(site, release(load, request));
        const begin = performance.now();
        const { code, stderr } = await site.zdd();
        const seconds = ((performance.now() - begin) / 1000).toFixed(1);
        const { ok, failed, failures } = await clients.stop();
        write(site, release("", ""));
        report(
          `${name}, ${what}: exit status ${code} after ${seconds} s, ` +
            `${ok} requests answered, ${failed} lost`,
        );
        assertEquals([code, failed], [1, 0], stderr + failures[0]);
        assert(ok > 0);
        assertStringIncludes(stderr, told);
        assertEquals(await site.pidsOf("serving"), before);
        assertEquals(await site.get(), { status: 200, text: "v1" });
      });
    }
  });
}

/** Installs and builds what a framework needs. Returns why that can't be done. */
async function prepare(
  { packages = [], npm = [], build }: Framework,
  site: Site,
): Promise<string | undefined> {
  const commands = [
    ...npm.length === 0
      ? []
      : [["npm", "install", "--no-audit", "--no-fund", ...npm]],
    ...build === undefined ? [] : [build],
  ];
  try {
    await install([NGINX, ...packages]);
    for (const [program = "", ...args] of commands) {
      const { code, stderr } = await site.run(program, ...args);
      if (code !== 0) return `${program} ${args.join(" ")}: ${stderr.trim()}`;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function write(site: Site, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) site.write(name, text);
}

function report(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
