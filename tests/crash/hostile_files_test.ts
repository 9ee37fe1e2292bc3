import { assertEquals, assertMatch } from "@std/assert";
import type { Site } from "../support/site.ts";
import {
  asNobody,
  hostileServer,
  hostileSite,
  rootTest,
  zddWithin,
} from "./hostile.ts";

// zddeploy runs as root, the service as nobody, who owns the directory `own` and makes
// links in it: through none of them may zddeploy make, read or remove a file.

/** A site with a directory of root's that nobody may not enter. */
function siteWithSecrets(lines: string[] = [], pidFile?: string): Site {
  const site = hostileSite({ lines, pidFile });
  Deno.mkdirSync(site.path("secret"), { mode: 0o700 });
  Deno.chmodSync(site.path("secret"), 0o700);
  site.write("secret/web.log", "root's\n");
  site.write("secret/env", "STOLEN=yes\n");
  return site;
}

/** All of a directory: names, modes and what is in the files. */
function contentsOf(site: Site, directory: string): string[] {
  const names = [...Deno.readDirSync(site.path(directory))].map(({ name }) =>
    name
  );
  return names.sort().map((name) => {
    const { mode } = Deno.lstatSync(site.path(`${directory}/${name}`));
    const text = site.read(`${directory}/${name}`);
    return `${name} ${mode?.toString(8)} ${text}`;
  });
}

async function assertKeptOut(site: Site, words: RegExp): Promise<void> {
  const before = contentsOf(site, "secret");
  const { mode } = Deno.statSync(site.path("secret"));
  const { code, stderr } = await zddWithin(site, 15);
  assertEquals(contentsOf(site, "secret"), before);
  assertEquals(Deno.statSync(site.path("secret")).mode, mode);
  assertMatch(stderr, words);
  assertEquals([1, 2].includes(code), true, stderr);
}

rootTest(
  "no log is made in a directory that a link of nobody's leads to",
  async () => {
    await using site = siteWithSecrets(["log: own/logs/new.log"]);
    await asNobody(site, "ln", "-s", site.path("secret"), "own/logs");
    await assertKeptOut(
      site,
      /own\/logs" is a link that other users can change/,
    );
  },
);

rootTest(
  "a link in place of a log's directory keeps nobody from stopping",
  async () => {
    await using site = siteWithSecrets(["log: own/logs/web.log"]);
    await site.deploy();
    Deno.renameSync(site.path("own/logs"), site.path("own/aside"));
    await asNobody(site, "ln", "-s", site.path("secret"), "own/logs");
    const before = contentsOf(site, "secret");
    const { code, stderr } = await zddWithin(site, 15, "stop");
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /^web: stopped \d+/m);
    assertEquals(contentsOf(site, "secret"), before);
  },
);

rootTest(
  "a FIFO in place of a log keeps no stop command from being run",
  async () => {
    await using site = siteWithSecrets([
      "log: own/web.log",
      "stop: sh -c 'kill $1' stop",
    ]);
    await site.deploy();
    Deno.removeSync(site.path("own/web.log"));
    await asNobody(site, "mkfifo", "own/web.log");
    const { code, stderr } = await zddWithin(site, 15, "stop");
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /^web: stopped \d+/m);
  },
);

rootTest(
  "no directory for a log is made where a link of nobody's leads to",
  async () => {
    await using site = siteWithSecrets(["log: own/logs/deep/web.log"]);
    await asNobody(site, "ln", "-s", site.path("secret"), "own/logs");
    await assertKeptOut(
      site,
      /own\/logs" is a link that other users can change/,
    );
  },
);

rootTest(
  "a log of root's isn't appended to by a second name that nobody gave it",
  async () => {
    await using site = siteWithSecrets(["log: own/web.log"]);
    // As nobody could where fs.protected_hardlinks is 0.
    Deno.linkSync(site.path("secret/web.log"), site.path("own/web.log"));
    await assertKeptOut(site, /it has 2 hard links/);
  },
);

rootTest(
  "a pid file isn't removed where a link of nobody's leads to",
  async () => {
    await using site = siteWithSecrets([], "own/run/web.log");
    await asNobody(site, "ln", "-s", site.path("secret"), "own/run");
    await assertKeptOut(
      site,
      /own\/run" is a link that other users can change/,
    );
  },
);

rootTest(
  "an env_file isn't read where a link of nobody's leads to",
  async () => {
    await using site = siteWithSecrets(["env_file: own/env"]);
    await asNobody(site, "ln", "-s", site.path("secret/env"), "own/env");
    await assertKeptOut(site, /not behind a link of another user/);
  },
);

rootTest(
  "what nobody makes of an env_file or a cwd keeps nobody from looking and stopping",
  async () => {
    await using site = siteWithSecrets(["env_file: own/env", "cwd: own/here"]);
    site.write("own/env", "A=b\n");
    Deno.chownSync(site.path("own/env"), 65534, 65534);
    await asNobody(site, "mkdir", "own/here");
    const conf = site.read("deploy.conf");
    const server = site.path("server.cjs");
    site.write("server.cjs", hostileServer().replaceAll('"own/', '"../'));
    site.write(
      "deploy.conf",
      conf.replace("node server.cjs", `node ${server}`),
    );
    await site.deploy();
    await asNobody(site, "mv", "own/here", "own/there");
    await asNobody(site, "rm", "own/env");
    await asNobody(site, "mkfifo", "own/env");
    const deploy = await zddWithin(site, 15);
    assertEquals(deploy.code, 2, deploy.stderr);
    for (const command of ["status", "logs", "history", "stop"]) {
      const { code, stderr } = await zddWithin(site, 15, command);
      assertEquals(code, 0, stderr);
    }
    assertEquals(site.besidesNginx(), []);
  },
);

rootTest(
  "links of root's on the way are followed, as /var/www often is one",
  async () => {
    await using site = siteWithSecrets(["log: logs/web.log", "env_file: env"]);
    Deno.symlinkSync(site.path("secret"), site.path("logs"));
    Deno.symlinkSync(site.path("secret/env"), site.path("env"));
    const { code, stderr } = await zddWithin(site, 15);
    assertEquals(code, 0, stderr);
  },
);

rootTest("nobody can hold the lock of a project", async () => {
  await using site = siteWithSecrets();
  // As earlier versions made it.
  Deno.mkdirSync(site.path(".zdd"));
  site.write(".zdd/lock", "");
  Deno.chmodSync(site.path(".zdd/lock"), 0o644);
  await site.deploy();
  const held = await asNobody(site, "flock", "-n", ".zdd/lock", "true")
    .then(() => true, () => false);
  assertEquals(held, false);
});

rootTest(
  "what zdd remembers is for its owner alone, whatever the umask",
  async () => {
    await using site = siteWithSecrets();
    const umask = Deno.umask(0);
    try {
      await site.deploy();
    } finally {
      Deno.umask(umask);
    }
    const modes = ["lock", "state.json", "history.jsonl"].map((name) =>
      (Deno.lstatSync(site.path(`.zdd/${name}`)).mode ?? 0) & 0o777
    );
    assertEquals(modes, [0o600, 0o600, 0o600]);
  },
);

rootTest(
  "logs doesn't show what a link of nobody's leads to, nor wait for a FIFO",
  async () => {
    await using site = siteWithSecrets(["log: own/web.log"]);
    await site.deploy();
    Deno.chownSync(site.path("own/web.log"), 65534, 65534);
    for (const make of [["ln", "-s", "../secret/web.log"], ["mkfifo"]]) {
      Deno.removeSync(site.path("own/web.log"));
      await asNobody(site, ...make, "own/web.log");
      const { code, stdout, stderr } = await zddWithin(site, 15, "logs");
      assertEquals(stdout, "");
      assertEquals(code, 1, stderr);
      assertMatch(stderr, /Cannot read the log/);
    }
  },
);

rootTest(
  "a secret in the template is one in nginx.conf, and while it is tested, whatever the umask",
  async () => {
    await using site = siteWithSecrets();
    Deno.chmodSync(site.path("nginx.conf.template"), 0o600);
    // An nginx that notes the mode of what it is to test.
    site.write(
      "nginx.sh",
      `#!/bin/sh
[ "$1" = -t ] && stat -c %a "$3" >>modes
exec nginx "$@"
`,
    );
    await site.run("install", "-m755", "nginx.sh", "nginx-wrapper");
    site.write(
      "deploy.conf",
      site.read("deploy.conf").replace(
        "[nginx]",
        `[nginx]\ncommand: ${site.path("nginx-wrapper")}`,
      ),
    );
    const umask = Deno.umask(0);
    try {
      await site.zdd("check");
      await site.deploy();
      await site.zdd("check");
    } finally {
      Deno.umask(umask);
    }
    assertEquals(site.read("modes"), "600\n600\n600\n");
  },
);
