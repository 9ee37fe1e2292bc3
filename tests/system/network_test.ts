import { assertEquals } from "@std/assert";
import { hasAddress, networkOf } from "../../lib/system/network.ts";
import { waitUntil } from "../../lib/system/wait.ts";

Deno.test("networkOf() tells another network namespace from zdd's own", async () => {
  assertEquals(networkOf(Deno.pid), undefined);
  await using child = new Deno.Command("unshare", {
    args: ["--net", "--map-root-user", "sh", "-c", "echo; exec cat"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) {
    // deno-lint-ignore no-console
    console.log("skipped: no network namespace can be made here");
  } else {
    assertEquals(networkOf(child.pid), child.pid);
    // Its loopback isn't up.
    assertEquals(hasAddress(child.pid, "127.0.0.1"), false);
  }
  await child.stdin.close();
  const gone = async () =>
    networkOf((await child.status, child.pid)) === undefined;
  assertEquals(
    await waitUntil(async () => await gone() || undefined, { timeout: 10_000 }),
    true,
  );
});

Deno.test("hasAddress() knows the addresses of a network namespace", () => {
  assertEquals(hasAddress(Deno.pid, "127.0.0.1"), true);
  assertEquals(hasAddress(Deno.pid, "127.0.0"), false);
  assertEquals(hasAddress(Deno.pid, "203.0.113.7"), false);
  assertEquals(hasAddress(2 ** 30, "127.0.0.1"), false);
});
