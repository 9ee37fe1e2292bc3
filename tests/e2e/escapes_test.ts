import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { asNobody, hostileSite, rootTest } from "../crash/hostile.ts";
import type { Outcome } from "../support/running_command.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

/** Sets the title, clears the screen, asks for an answer, by C0 and by C1. */
const ATTACK = "\u001b]0;title\u0007\u001b[2J\u001b[6n\u009b2J\u007f";

// deno-lint-ignore no-control-regex -- that is what must not be there
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** Fails if anything in what was printed could do more than to be read. */
function assertHarmless({ stdout, stderr }: Outcome): void {
  const text = stdout + stderr;
  assert(!CONTROL.test(text), JSON.stringify(text));
}

function append(site: Site, name: string, text: string): void {
  Deno.writeTextFileSync(site.path(name), text, { append: true });
}

Deno.test("logs shows what a server prints, and lets none of it reach the terminal", async () => {
  await using site = await Site.classic().deployed();
  append(
    site,
    ".zdd/log/web.log",
    `\u001b[32mgreen\u001b[0m ${ATTACK} end\r\n`,
  );
  const shown = await site.deploy("logs", "-n", "1");
  assertHarmless(shown);
  assertStringIncludes(shown.stdout, "green ");
  assertStringIncludes(shown.stdout, "\\x7f end\n");
  const child = site.zddCommand("logs", "-n", "0", "-f").spawn();
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let followed = "";
  // It may not have looked at the log yet.
  const timer = setInterval(
    () => append(site, ".zdd/log/web.log", `${ATTACK} more\n`),
    50,
  );
  await until("what is added is shown", async () => {
    followed += decoder.decode((await reader.read()).value);
    return followed.includes(" more\n");
  });
  clearInterval(timer);
  assert(!CONTROL.test(followed), JSON.stringify(followed));
  child.kill("SIGKILL");
  await reader.cancel();
  await child.stderr.cancel();
  await child.status;
});

Deno.test("a failure quotes a server without what it would do to the terminal", async () => {
  await using site = Site.classic({
    start: `printf '${ATTACK} end\\n'; exit 3`,
  });
  for (const options of [[], ["-v"], ["--json"]]) {
    const outcome = await site.zdd(...options);
    assertEquals(outcome.code, 1);
    assertHarmless(outcome);
    assertStringIncludes(outcome.stderr, " end");
  }
  assertHarmless(await site.zdd("history"));
  assertHarmless(await site.zdd("history", "--json"));
});

Deno.test("an address that a server writes is shown as what it is", async () => {
  await using site = Site.classic({
    start: `printf '%%s\\n' 'unix:/tmp/a${ATTACK}.sock' > "$$.port"; ` +
      'echo "$$" > web.pid; exec sleep 600',
    lines: ["start_timeout: 1"],
  });
  const outcome = await site.zdd();
  assertEquals(outcome.code, 1);
  assertHarmless(outcome);
  assertHarmless(await site.zdd("--json"));
});

Deno.test("a release has a name that needs no quoting", async () => {
  await using site = Site.classic();
  for (const name of [`1${ATTACK}`, "41\nstop: touch x", "../../home-x", ""]) {
    for (const options of [[], ["--json"], ["--dry-run"]]) {
      const outcome = await site.zdd("--release", name, ...options);
      assertEquals(outcome.code, 2);
      assertHarmless(outcome);
    }
  }
  assertEquals(site.exists(".zdd"), false);
});

rootTest("logs follows no link of the service's owner", async () => {
  await using site = hostileSite({ lines: ["log: own/web.log"] });
  const secret = site.path("secret");
  Deno.writeTextFileSync(secret, "the password\n", { mode: 0o600 });
  await asNobody(site, "ln", "-s", secret, "own/web.log");
  for (const options of [[], ["-f"]]) {
    const { code, stdout, stderr } = await site.zdd("logs", ...options);
    assertEquals([code, stdout], [1, ""], stderr);
    assertStringIncludes(stderr, 'Cannot read the log "');
  }
});
