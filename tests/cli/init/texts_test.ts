import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { findServer } from "../../../lib/cli/init/kinds.ts";
import { LIVE_CONF, LIVE_TEMPLATE } from "../../../lib/cli/init/texts.ts";
import { TempDir } from "../../system/temp_dir.ts";

const SAMPLE = fromFileUrl(new URL("../../../samples/live", import.meta.url));

for (
  const [name, text] of Object.entries({
    "deploy.conf": LIVE_CONF,
    "nginx.conf.template": LIVE_TEMPLATE,
  })
) {
  Deno.test(`init writes the ${name} of samples/live`, () => {
    const sample = Deno.readTextFileSync(`${SAMPLE}/${name}`);
    assertEquals(text, sample, "copy it into lib/cli/init/texts.ts");
  });
}

Deno.test("init writes the php-fpm.conf of samples/php-fpm", () => {
  using directory = new TempDir();
  directory.write("index.php");
  const { files } = findServer("php-fpm", directory.path, []);
  const sample = fromFileUrl(
    new URL("../../../samples/php-fpm/php-fpm.conf", import.meta.url),
  );
  assertEquals(files?.["php-fpm.conf"], Deno.readTextFileSync(sample));
});
