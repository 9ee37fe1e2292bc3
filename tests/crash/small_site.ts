import { assert, assertEquals, assertMatch } from "@std/assert";
import { CrashSite, siteOf, type Switch } from "./crash_site.ts";

/** Whether this machine lets a test mount a file system of its own. */
export const canMount = Deno.uid() === 0 && (() => {
  const place = Deno.makeTempDirSync({ prefix: "zdd-test-" });
  try {
    return run("mount", "-t", "tmpfs", "none", place) &&
      run("umount", place);
  } finally {
    Deno.removeSync(place);
  }
})();

function run(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdin: "null" }).outputSync()
      .success;
  } catch {
    return false; // there is no such program
  }
}

/** A small file system of its own at `small` in a site, with all that zddeploy writes. */
export class SmallSite implements AsyncDisposable {
  private constructor(readonly own: CrashSite, readonly place: string) {}

  static async create(kind: Switch, deploy: string[]): Promise<SmallSite> {
    const site = siteOf(kind, {
      lines: ["log: small/log/web.log"],
      deploy: ["state_dir: small/zdd", ...deploy],
    });
    const place = site.path("small");
    Deno.mkdirSync(place);
    run("mount", "-t", "tmpfs", "-o", "size=512k,mode=755", "none", place);
    const template = "nginx.conf.template";
    site.write(`small/${template}`, site.read(template));
    const conf = site.read("deploy.conf");
    site.write("deploy.conf", conf.replace(template, `small/${template}`));
    const small = new SmallSite(CrashSite.over(site, "small/zdd"), place);
    try {
      await site.deploy();
    } catch (error) {
      await small[Symbol.asyncDispose]();
      throw error;
    }
    return small;
  }

  /** Leaves no byte. */
  fill(): void {
    run("sh", "-c", `cat /dev/zero >${this.place}/ballast 2>/dev/null`);
  }

  empty(): void {
    Deno.removeSync(`${this.place}/ballast`);
  }

  /** Whoever has a file open may still write to it. */
  forbid(): void {
    run("mount", "--bind", this.place, this.place);
    const done = run("mount", "-o", "remount,bind,ro", this.place);
    assert(done, `cannot make ${this.place} read-only`);
  }

  permit(): void {
    run("umount", "-l", this.place);
  }

  /** No file has half of its text. */
  assertNothingHalf(): void {
    const { site } = this.own;
    this.own.state();
    assertEquals(temporaries(this.place), []);
    assertMatch(site.read("small/nginx.conf"), /\n}\n$/);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.own.site.processes()) Deno.kill(pid, "SIGKILL");
    while (run("umount", "-l", this.place));
    await this.own[Symbol.asyncDispose]();
  }
}

/** What writing has left behind that isn't whole. */
function temporaries(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    if (isDirectory) return temporaries(path);
    return /^\..+\.[0-9a-f]{8}$/.test(name) ? [path] : [];
  });
}
