import { assert, assertEquals } from "@std/assert";
import { compareVersions, parseVersion } from "../../lib/nginx/version.ts";

for (
  const [printed, version] of [
    ["nginx version: nginx/1.22.1\n", "1.22.1"],
    ["nginx version: nginx/1.31.0 (nginx-plus-r40)\n", "1.31.0"],
    ["nginx version: openresty/1.25.3.1\n", "1.25.3"],
    ["Tengine version: Tengine/2.2.2 (nginx/1.8.1)\n", "1.8.1"],
    [
      "Tengine version: Tengine/3.1.0\nnginx version: nginx/1.24.0\n",
      "1.24.0",
    ],
    ["Angie version: Angie/1.8.1\nnginx version: nginx/1.27.3\n", "1.27.3"],
    ["Angie version: Angie/1.8.1\nbuilt by gcc\n", "1.23.1"],
    ["freenginx version: freenginx/1.27.4\n", "1.27.4"],
    ["configure arguments: --prefix=/opt/nginx/1.2.3\n", "0.0.0"],
    ["", "0.0.0"],
  ] as const
) {
  Deno.test(`parseVersion() finds ${version} in ${JSON.stringify(printed)}`, () => {
    assertEquals(parseVersion(printed), version);
  });
}

Deno.test("compareVersions() compares number by number", () => {
  assert(compareVersions("1.9.0", "1.10.0") < 0);
  assert(compareVersions("1.25.1", "1.25.1") === 0);
  assert(compareVersions("1.27.4", "1.27") > 0);
  assert(compareVersions("1.27", "1.27.0") === 0);
  assert(compareVersions("2.0.0", "1.99.99") > 0);
});
