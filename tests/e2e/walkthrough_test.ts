import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Site } from "../support/site.ts";

const SERVER = Deno.readTextFileSync(
  fromFileUrl(new URL("../../samples/live/server.js", import.meta.url)),
);

/** Names what differs from run to run: pids, addresses, times, paths; the same ones alike. */
class Names {
  readonly #known = new Map<string, string>();

  constructor(readonly site: Site) {}

  applyTo(text: string): string {
    return text.trimEnd()
      .replaceAll(this.site.directory, "DIR")
      .replaceAll(String(this.site.port), "LISTEN")
      .replace(/127\.0\.0\.1:\d+/g, (address) => this.#name("ADDRESS", address))
      .replace(/\bweb-\d+T\d+-[0-9a-f]{6}\b/g, "INSTANCE")
      .replace(/\b(\d+ min )?[\d.]+ m?s\b/g, "TIME")
      .replace(/\b[\d.]+ MB +\d+$/gm, "SIZE  CONNECTIONS")
      .replace(
        /\b(started|reloaded|switched to|stopped|drained|pid|serving|standby|now: web:|workers?) +(\d+)\b/g,
        (_, word: string, pid: string) => `${word} ${this.#name("PID", pid)}`,
      )
      .replace(/\b\d+ workers?\b/, "WORKERS")
      .replace(
        /(WORKERS) +(\d+)/,
        (_, word: string, pid: string) => `${word} ${this.#name("PID", pid)}`,
      )
      .replace(/ {2,}/g, "  ");
  }

  #name(kind: string, value: string): string {
    const key = `${kind} ${value}`;
    const count =
      [...this.#known.keys()].filter((known) => known.startsWith(kind)).length;
    const name = this.#known.get(key) ?? `${kind}${count + 1}`;
    this.#known.set(key, name);
    return name;
  }
}

Deno.test("a walk through: init, two deploys, a broken release, a rollback, status", async () => {
  await using site = Site.create({ "server.js": SERVER });
  const names = new Names(site);
  /** Runs zddeploy and compares all that it prints. */
  async function step(line: string, ...expected: string[]) {
    const { stdout, stderr, code } = await site.zdd(
      ...line.split(" ").filter((word) => word !== ""),
    );
    const text = names.applyTo(stdout + stderr);
    assertEquals(text, expected.join("\n"), `zddeploy ${line}`);
    return code;
  }
  const answer = async () =>
    names.applyTo((await site.get()).text.replace(/^live, /, ""));

  await step(
    `init --listen ${site.port}`,
    "wrote DIR/deploy.conf",
    "wrote DIR/nginx.conf.template",
    "wrote DIR/logrotate.conf",
    "start: node server.js",
    "next: zddeploy, then curl http://localhost:LISTEN/",
  );
  site.write(
    "deploy.conf",
    site.read("deploy.conf").replace("# standby: yes", "standby: yes"),
  );
  await step(
    "",
    "web: started PID1 on ADDRESS1 (TIME)",
    "nginx: started PID2 (TIME)",
    "web: switched to PID1",
    "deployed in TIME",
  );
  assertEquals(await answer(), "pid PID1, version 1");

  site.write("server.js", SERVER.replace('VERSION = "1"', 'VERSION = "2"'));
  await step(
    "--release v2",
    "web: started PID3 on ADDRESS2 (TIME)",
    "web: switched to PID3",
    "deployed in TIME",
  );
  assertEquals(await answer(), "pid PID3, version 2");
  await step("--release v2", "nothing to do in TIME");

  site.write("server.js", 'console.error("no database");\nprocess.exit(7);\n');
  const code = await step(
    "--release v3",
    'zddeploy: web didn\'t start: "node server.js" ended with exit status 7',
    "  | no database",
    "  (DIR/.zdd/log/web/INSTANCE.log)",
    "now: web: PID3 serves on ADDRESS2, release v2",
    "hint: fix that, then run zddeploy again",
  );
  assertEquals(code, 1);
  assertEquals(await answer(), "pid PID3, version 2");

  site.write("server.js", SERVER.replace('VERSION = "1"', 'VERSION = "4"'));
  await step(
    "--release v4",
    "web: started PID4 on ADDRESS3 (TIME)",
    "web: switched to PID4",
    "web: drained PID1 (TIME)",
    "web: stopped PID1 (TIME)",
    "deployed in TIME",
  );
  assertEquals(await answer(), "pid PID4, version 4");
  await step("rollback", "web: switched to PID3", "rolled back in TIME");
  assertEquals(await answer(), "pid PID3, version 2");

  await step(
    "status",
    "SERVICE  STATE  PID  ADDRESS  RELEASE  UPTIME  MEMORY  CONNECTIONS",
    "web  serving PID3  ADDRESS2  v2  TIME  SIZE  CONNECTIONS",
    "web  standby PID4  ADDRESS3  v4  TIME  SIZE  CONNECTIONS",
    "nginx  WORKERS PID2  loaded TIME ago",
  );
});
