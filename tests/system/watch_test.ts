import { assert, assertEquals, assertRejects } from "@std/assert";
import { DirectoryWatch } from "../../lib/system/watch.ts";
import { TempDir } from "./temp_dir.ts";

/** Far longer than anything here may take, in ms; what waits for it hangs. */
const FOREVER = 20_000;

/** Whether something ends a wait before its time is over. */
async function ends(watch: DirectoryWatch, what: () => void) {
  const start = performance.now();
  const changed = watch.changed(FOREVER);
  what();
  await changed;
  return performance.now() - start < FOREVER / 2;
}

Deno.test("DirectoryWatch notices files that come, change, are renamed and go", async () => {
  using directory = new TempDir();
  const { path } = directory;
  const changes = [
    () => directory.write("a", "1"),
    () => directory.write("a", "2"),
    () => Deno.renameSync(`${path}/a`, `${path}/b`),
    () => Deno.removeSync(`${path}/b`),
  ];
  for (const change of changes) {
    using watch = new DirectoryWatch(path); // it knows nothing of earlier changes
    assert(await ends(watch, change), String(change));
  }
});

Deno.test("DirectoryWatch.changed() returns when the time is over", async () => {
  using directory = new TempDir();
  using watch = new DirectoryWatch(directory.path);
  await watch.changed(5);
  await watch.changed(0);
});

Deno.test("DirectoryWatch.wake() ends a wait", async () => {
  using directory = new TempDir();
  using watch = new DirectoryWatch(directory.path);
  watch.wake(); // nobody waits
  assert(await ends(watch, () => watch.wake()));
});

Deno.test("DirectoryWatch.changed() throws the signal's reason", async () => {
  using directory = new TempDir();
  using watch = new DirectoryWatch(directory.path);
  const reason = new RangeError("interrupted");
  const controller = new AbortController();
  const waiting = watch.changed(FOREVER, controller.signal);
  controller.abort(reason);
  await assertRejects(() => waiting, RangeError);
  await assertRejects(
    () => watch.changed(FOREVER, AbortSignal.abort(reason)),
    RangeError,
  );
});

Deno.test("DirectoryWatch leaves a directory that isn't there to the timer", async () => {
  using directory = new TempDir();
  using watch = new DirectoryWatch(directory.join("none"));
  await watch.changed(5);
  assertEquals(directory.names(), []);
});

Deno.test("DirectoryWatch survives that its directory is removed", async () => {
  using directory = new TempDir();
  const path = directory.join("d");
  Deno.mkdirSync(path);
  using watch = new DirectoryWatch(path);
  await ends(watch, () => Deno.removeSync(path));
  await watch.changed(20);
});
