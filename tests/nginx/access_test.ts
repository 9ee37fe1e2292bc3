import { assertStringIncludes, assertThrows } from "@std/assert";
import { ZddError } from "../../lib/error.ts";
import { requireAccess } from "../../lib/nginx/access.ts";
import type { Worker } from "../../lib/nginx/master.ts";
import { identify } from "../../lib/system/process.ts";
import { canUnshareMounts } from "../support/mount_namespace.ts";
import { until } from "../support/site.ts";
import { TempDir } from "../system/temp_dir.ts";

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
