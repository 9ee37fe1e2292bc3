import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ZddError } from "../../lib/error.ts";
import { mayUse, requireAccess } from "../../lib/nginx/access.ts";
import { type Worker, workersOf } from "../../lib/nginx/master.ts";
import { Nginx } from "../../lib/nginx/nginx.ts";
import { identify } from "../../lib/system/process.ts";
import { canUnshareMounts } from "../support/mount_namespace.ts";
import { TempDir } from "../system/temp_dir.ts";
import { RealNginx } from "./real_nginx.ts";
import { until } from "../support/until.ts";

/** A process that stands in for a worker, for which commands have changed what is mounted. */
class Elsewhere implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly workers: Worker[];

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    const process = identify(child.pid);
    if (process === undefined) throw new Error("the process has ended");
    this.workers = [{ process, shuttingDown: false }];
  }

  static async start(commands: string, ready: string): Promise<Elsewhere> {
    const child = new Deno.Command("unshare", {
      args: ["--mount", "sh", "-ec", `${commands}; : >${ready}; exec sleep 60`],
    }).spawn();
    await until("the mounts", () => {
      try {
        return Deno.lstatSync(ready).isFile;
      } catch {
        return false;
      }
    });
    return new Elsewhere(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

const ignore = !canUnshareMounts();
const reason = ignore ? " (skipped: no mount namespace can be made)" : "";

for (
  const [what, commands, says] of [
    ["an empty directory", "mount -t tmpfs none DIR/state", "see no"],
    [
      "another directory of that name",
      "mount -t tmpfs none DIR/state; mkdir DIR/state/live",
      "see another",
    ],
  ] as const
) {
  Deno.test({
    name: `requireAccess() notices that workers see ${what}${reason}`,
    ignore,
    fn: async () => {
      using directory = new TempDir();
      const live = directory.join("state/live");
      Deno.mkdirSync(live, { recursive: true });
      await using elsewhere = await Elsewhere.start(
        commands.replaceAll("DIR", directory.path),
        directory.join("ready"),
      );
      const error = assertThrows(
        () => requireAccess(elsewhere.workers, live),
        ZddError,
      );
      assertStringIncludes(error.message, `${says} "${live}"`);
      assertStringIncludes(error.hint ?? "", "PrivateTmp=");
    },
  });
}

Deno.test({
  name: `requireAccess() accepts the same directory by another mount${reason}`,
  ignore,
  fn: async () => {
    using directory = new TempDir();
    const live = directory.join("state/live");
    Deno.mkdirSync(live, { recursive: true });
    Deno.chmodSync(directory.path, 0o755);
    await using elsewhere = await Elsewhere.start(
      `mount --bind -o ro ${directory.path}/state ${directory.path}/state`,
      directory.join("ready"),
    );
    requireAccess(elsewhere.workers, live);
  },
});

/** Whether user 7 of groups 8 and 9 may do to a file of a mode what `bit` says. */
function may(
  bit: number,
  mode: number | null,
  { uid = 1, gid = 1 as number | null, who = 7 } = {},
): boolean {
  const file = { mode, uid, gid } as Deno.FileInfo;
  return mayUse({ uid: who, groups: [8, 9] }, file, bit);
}

Deno.test("mayUse() asks the owner's bits, those of a group, or those of all others", () => {
  assertEquals(may(1, 0o100, { uid: 7 }), true);
  assertEquals(may(1, 0o010, { gid: 9 }), true);
  assertEquals(may(1, 0o001), true);
  assertEquals(may(2, 0o200, { uid: 7, gid: 9 }), true);
  // Only the first of them that fits counts.
  assertEquals(may(1, 0o011, { uid: 7, gid: 9 }), false);
  assertEquals(may(1, 0o101, { gid: 8 }), false);
  assertEquals(may(1, 0o110), false);
  assertEquals(may(2, 0o555), false);
});

Deno.test("mayUse() lets root do everything, and nobody what isn't known", () => {
  assertEquals(may(2, 0o000, { who: 0 }), true);
  assertEquals(may(1, null), false);
  assertEquals(may(1, 0o770, { gid: null }), false);
});

Deno.test({
  name: "requireAccess() names the place where nginx's workers can't go on",
  ignore: Deno.uid() !== 0, // the workers are another user then
  fn: async () => {
    await using real = new RealNginx();
    const master = await new Nginx(real.config, real.stateDir).start();
    const workers = workersOf(master);
    const inner = real.directory.join("outer/inner");
    Deno.mkdirSync(inner, { recursive: true });
    using _listener = Deno.listen({
      transport: "unix",
      path: `${inner}/socket`,
    });
    const wrong = (path: string) =>
      assertThrows(() => requireAccess(workers, path), ZddError).message
        .replace(/user \d+/, "user N");

    requireAccess(workers, inner);
    Deno.chmodSync(`${inner}/socket`, 0o755);
    const socket = wrong(`${inner}/socket`);
    assertEquals(
      socket,
      `nginx's workers (user N) cannot connect to "${inner}/socket", mode 0755`,
    );
    Deno.chmodSync(`${inner}/socket`, 0o666);
    requireAccess(workers, `${inner}/socket`);

    Deno.chmodSync(real.directory.join("outer"), 0o700);
    assertEquals(
      wrong(`${inner}/socket`),
      `nginx's workers (user N) cannot enter "${
        real.directory.join("outer")
      }", mode 0700`,
    );
    // Nobody is asked who takes no new connections.
    requireAccess(
      workers.map((worker) => ({ ...worker, shuttingDown: true })),
      inner,
    );
  },
});
