import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { LIVE_CONF, LIVE_TEMPLATE } from "../../../lib/cli/init/texts.ts";

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
