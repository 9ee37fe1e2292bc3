import { assert, assertEquals, assertMatch } from "@std/assert";
import { VERSION } from "../../lib/text/version.ts";
import { Checkout } from "./checkout.ts";

Deno.test("zddeploy --version tells the commit of a checkout, and whether files differ", async () => {
  using checkout = new Checkout();
  await checkout.commit();
  const head = await checkout.run(["git", "rev-parse", "--short=12", "HEAD"]);
  const commit = head.text.trim();
  const clean = await checkout.script(["main.ts", "--version"]);
  assert(
    clean.text.startsWith(`zddeploy ${VERSION} (${commit})\ndeno `),
    clean.text,
  );
  Deno.writeTextFileSync(checkout.path("main.ts"), "\n", { append: true });
  const changed = await checkout.script(["main.ts", "--version", "--json"]);
  const { zddeploy, commit: told, deno, v8 } = JSON.parse(changed.text);
  assertEquals([zddeploy, told], [VERSION, `${commit}-dirty`]);
  assertEquals([deno, v8], [Deno.version.deno, Deno.version.v8]);
});

Deno.test("zddeploy --version tells no commit outside a checkout, or without git", async () => {
  using checkout = new Checkout();
  const expected = `zddeploy ${VERSION}\ndeno ${Deno.version.deno}\nv8 `;
  const outside = await checkout.script(["main.ts", "--version"]);
  assert(outside.text.startsWith(expected), outside.text);
  await checkout.commit();
  const without = await checkout.script(["main.ts", "--version"], {
    PATH: "/nonexistent",
  });
  assert(without.text.startsWith(expected), without.text);
});

Deno.test("zddeploy --version takes no commit of a checkout around its own directory", async () => {
  using checkout = new Checkout();
  await checkout.commit();
  const inner = checkout.path("vendor");
  const { code, text } = await checkout.run([
    ...["sh", "-c"],
    `mkdir ${inner} && cp -r main.ts lib deno.json deno.lock ${inner}`,
  ]);
  assertEquals(code, 0, text);
  const version = await checkout.script(["vendor/main.ts", "--version"]);
  assertMatch(version.text, /^zddeploy \d+\.\d+\.\d+\ndeno /);
});
