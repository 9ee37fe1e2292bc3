import { assertEquals } from "@std/assert";
import { parseBuild } from "../../lib/nginx/build.ts";

Deno.test("parseBuild() reads version, user and missing modules", () => {
  assertEquals(
    parseBuild(`nginx version: nginx/1.24.0
built by gcc 12.2.0 (Debian 12.2.0-14)
configure arguments: --prefix=/etc/nginx --user=www-data --group=adm --without-http_map_module --without-pcre2
`),
    {
      version: "1.24.0",
      user: "www-data",
      without: ["http_map_module", "pcre2"],
    },
  );
  assertEquals(
    parseBuild("nginx version: nginx/1.22.1\nconfigure arguments:\n"),
    { version: "1.22.1", user: "nobody", without: [] },
  );
});
