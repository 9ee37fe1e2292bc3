import { assertEquals } from "@std/assert";

const UMASK = new URL("../../lib/system/umask.ts", import.meta.url).href;

Deno.test("withoutUmask() goes back to the umask of the start, whatever a thread has set", async () => {
  // In a process of its own: the umask belongs to all threads of this one.
  const program = `
    import { withoutUmask } from "${UMASK}";
    const seen = [];
    withoutUmask(() => seen.push(Deno.umask()));
    seen.push(Deno.umask(0));
    withoutUmask(() => {});
    seen.push(Deno.umask());
    console.log(seen.map((umask) => umask.toString(8)).join());
  `;
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: [
      ...["-c", 'umask 027 && exec "$0" eval "$1"'],
      ...[Deno.execPath(), program],
    ],
  }).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  assertEquals(decoder.decode(stdout).trim(), "0,27,27");
});
