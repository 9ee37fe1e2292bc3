import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { printMessage } from "../../lib/cli/output.ts";
import { identify } from "../../lib/system/process.ts";
import { otherProcesses } from "../../lib/system/process_table.ts";
import { Child } from "./child.ts";

const REUSED = fromFileUrl(new URL("reused_number.ts", import.meta.url));

Deno.test("otherProcesses() leaves out what has started before, at every look", async () => {
  await using older = Child.idle();
  const { startTime } = older.process;
  const since = startTime + 1;
  const sees = (pid: number, since: number) =>
    otherProcesses({ since }).some((process) => process.pid === pid);
  for (let look = 0; look < 3; look++) {
    assertEquals(sees(older.pid, startTime), true);
    assertEquals(sees(older.pid, since), false);
  }
  await using younger = await startedSince(since);
  for (let look = 0; look < 3; look++) {
    assertEquals(sees(younger.pid, since), true);
    assertEquals(sees(older.pid, 0), true);
  }
});

async function startedSince(since: number): Promise<Child> {
  for (;;) {
    const child = Child.idle();
    if ((identify(child.pid)?.startTime ?? 0) >= since) return child;
    await child.end();
  }
}

Deno.test({
  name: "otherProcesses() sees what gets the number of an older process",
  ignore: !canChooseNumbers(),
  async fn() {
    const { success, stdout, stderr } = await inNamespace(
      ...[Deno.execPath(), "run", "--allow-all", "--no-check", REUSED],
    ).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals([success, text(stdout)], [true, "seen\n"], text(stderr));
  },
});

/** A command in a pid namespace of its own. */
function inNamespace(...command: string[]): Deno.Command {
  return new Deno.Command("unshare", {
    args: ["--pid", "--fork", "--mount-proc", "--kill-child", ...command],
    stdin: "null",
  });
}

/** Only root has pid namespaces, and not in every container. */
function canChooseNumbers(): boolean {
  try {
    const script = "echo 100 >/proc/sys/kernel/ns_last_pid";
    const { success } = inNamespace("sh", "-c", script).outputSync();
    if (!success) printMessage("Skipped: no pid namespace is to be had");
    return success;
  } catch {
    return false;
  }
}
