import { assert, assertEquals } from "@std/assert";
import { NGINX, WEB } from "../config/conf_dir.ts";
import { ZDD } from "../support/site.ts";
import { TempDir } from "../system/temp_dir.ts";

/** Runs zddeploy in a directory that has these files. */
async function zdd(args: string[], files: Record<string, string> = {}) {
  using directory = new TempDir();
  for (const [name, text] of Object.entries(files)) directory.write(name, text);
  const [program = "", ...first] = ZDD;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...first, ...args],
    cwd: directory.path,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

const SITE = { "deploy.conf": NGINX + WEB, "nginx.conf.template": "{web}\n" };

Deno.test("zddeploy --version prints its version, and --help all commands", async () => {
  const version = await zdd(["--version"]);
  assertEquals(version.code, 0);
  assert(/^zddeploy \d+\.\d+\.\d+\n$/.test(version.stdout), version.stdout);
  for (const args of [["--help"], ["help"], ["check", "-h"]]) {
    const { code, stdout, stderr } = await zdd(args);
    assertEquals([code, stderr], [0, ""]);
    for (const word of ["deploy", "status", "check", "--conf", "exit status"]) {
      assert(stdout.includes(word), `${args}: ${word}`);
    }
  }
});

Deno.test("zddeploy refuses what it doesn't know, and says what was meant", async () => {
  const cases: [args: string[], message: string][] = [
    [["chekc"], 'There is no command "chekc"\nhint: did you mean "check"?'],
    [["check", "--jsno"], 'There is no option "--jsno"'],
    [["-x"], 'There is no option "-x"'],
    [["check", "web"], 'check takes no argument, got "web"'],
    [["canary"], "canary takes PERCENT, got none"],
    [["check", "--canary", "5"], 'check has no option "--canary"'],
    [["deploy", "--canary", "all"], "Expected a whole percent"],
    [["check", "--conf"], "--conf takes the path of one deploy.conf"],
  ];
  const outcomes = await Promise.all(cases.map(([args]) => zdd(args, SITE)));
  outcomes.forEach(({ code, stdout, stderr }, i) => {
    const [args, message] = cases[i] ?? [[], ""];
    assertEquals([code, stdout], [2, ""], `${args}`);
    assert(stderr.startsWith(`zddeploy: ${message}`), stderr);
  });
});

Deno.test("zddeploy check tells every mistake at once, with exit status 2", async () => {
  const { code, stdout, stderr } = await zdd(["check"], {
    "deploy.conf": NGINX + WEB + "strat: x\n",
    "nginx.conf.template": "\n{wep}\n",
  });
  assertEquals([code, stdout], [2, ""]);
  assert(stderr.includes('deploy.conf:7: Unknown key "strat"'), stderr);
  assert(stderr.includes("nginx.conf.template:2: There is nothing"), stderr);
  assert(stderr.endsWith("hint: 2 mistakes, nothing was run\n"), stderr);
});

Deno.test("zddeploy --json prints one document, whatever happens", async () => {
  const good = await zdd(["check", "--json"], SITE);
  assertEquals(good.code, 0);
  assertEquals(JSON.parse(good.stdout), { ok: true, services: ["web"] });
  for (const args of [["check", "--json"], ["--json", "--nonsense"]]) {
    const { code, stdout } = await zdd(args);
    const { error, exitStatus } = JSON.parse(stdout);
    assertEquals([code, exitStatus, typeof error.message], [2, 2, "string"]);
  }
});

Deno.test("zddeploy -c finds everything relative to the file", async () => {
  const files = Object.fromEntries(
    Object.entries(SITE).map(([name, text]) => [`site/${name}`, text]),
  );
  assertEquals((await zdd(["check", "-c", "site/deploy.conf"], files)).code, 0);
  const missing = await zdd(["check", "-c", "site/other.conf"], files);
  assertEquals(missing.code, 2);
  assert(missing.stderr.includes('Cannot read "site/other.conf"'));
});

Deno.test("zddeploy -q says nothing where nothing is wrong", async () => {
  assertEquals(await zdd(["check", "-q"], SITE), {
    code: 0,
    stdout: "",
    stderr: "",
  });
});

Deno.test("zddeploy render prints the configuration byte by byte", async () => {
  const template = "a {web}\n# ü\\n\n";
  const { code, stdout } = await zdd(["render"], {
    ...SITE,
    "nginx.conf.template": template,
  });
  assertEquals([code, stdout], [0, template.replace("{web}", "1")]);
});
