import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Slots } from "../../lib/instance/slots.ts";
import { renderTemplate } from "../../lib/live/render.ts";
import { Template } from "../../lib/template/template.ts";
import { ConfDir, NGINX } from "../config/conf_dir.ts";

const TEMPLATE = `events {}
http {
PROXY_HEADER
<%= it.live.upstreams() %>
server {
<%= it.live.choose("web") %> BEHIND
location / { OWN <%= it.live.pass("web") %> }
}
}
`;

/** nginx.conf for a service with these slots. */
function render(
  slots: Slots,
  { outer = "", own = "", behind = "", lines = "", version = "1.22.1" } = {},
): string {
  using directory = new ConfDir(
    NGINX + "[service:web]\nstart: ./web\nport: env\n" + lines,
  );
  const text = TEMPLATE.replace("PROXY_HEADER", outer).replace("OWN", own)
    .replace("BEHIND", behind);
  const template = new Template("nginx.conf.template", text);
  const [slot = "a"] = Object.keys(slots) as (keyof Slots)[];
  const current = [{ address: "127.0.0.1:2", slot }];
  const places = { web: { current, slots } };
  return renderTemplate(template, directory.config(), places, () => version)
    .text.replaceAll(directory.path, "DIR");
}

/** The lines of a text that match, without what stands around them. */
function linesOf(text: string, pattern: RegExp): string[] {
  return text.split("\n").map((line) => line.trim())
    .filter((line) => pattern.test(line));
}

const A = ["127.0.0.1:1"];
const B = ["127.0.0.1:2"];
const C = ["127.0.0.1:3"];

for (
  const { slots, first, asked } of [
    { slots: { a: A, b: B }, first: "a", asked: ["b"] },
    // A state that was lost knows the slot that serves first.
    { slots: { b: B, a: A }, first: "a", asked: ["b"] },
    { slots: { c: C, b: B, a: A }, first: "a", asked: ["b", "c"] },
    { slots: { b: B }, first: "b", asked: [] },
    { slots: { b: B, a: [] }, first: "b", asked: [] },
  ] satisfies { slots: Slots; first: string; asked: string[] }[]
) {
  Deno.test(`the first slot serves where no file names another, slots: ${JSON.stringify(slots)}`, () => {
    const text = render(slots);
    assertEquals(linesOf(text, /^(set \$zdd_web_slot|if \(-e "DIR.*slots)/), [
      `set $zdd_web_slot zdd_web_${first};`,
      ...asked.map((slot) =>
        `if (-e "DIR/.zdd/live/slots:web/${slot}$zdd__bucket") ` +
        `{ set $zdd_web_slot zdd_web_${slot}; }`
      ),
    ]);
    const upstreams = linesOf(text, /^upstream \w+_[abc] /);
    assertEquals(upstreams.length, asked.length + 1);
  });
}

Deno.test("a slot's own server is named more often than its backup", () => {
  const servers = linesOf(
    render({ a: A, b: B }),
    /^server .*:1 max_fails=0(;| backup)/,
  );
  const count = (end: string) =>
    servers.filter((line) => line.endsWith(end)).length;
  assertEquals([count("=0;"), count("backup;")], [9, 2]); // once alone; and where requests are held
});

for (
  const { behind, ends } of [
    { behind: "", ends: true },
    { behind: "set_real_ip_from ::1; add_header X-A a;", ends: true },
    { behind: "if ($http_x) { return 403; }", ends: false },
    { behind: "return 301 /;", ends: false },
    { behind: "set $own 1;", ends: false },
    { behind: "include none-yet/*.conf;", ends: false },
    { behind: '<%= it.live.choose("web") %>', ends: false },
  ]
) {
  Deno.test(`what isn't steered asks for one file, where nothing else is skipped by that: ${behind}`, () => {
    const text = render({ a: A, b: B }, { behind });
    const found = linesOf(text, /^if \(!?-e "DIR.*\/steering"\)/);
    assertEquals(found[0]?.includes("break"), ends);
    assertEquals(found.length, behind.includes("choose") ? 2 : 1);
  });
}

Deno.test("keepalive: 0 keeps no connection, and tells the service so", () => {
  const slots = { a: A, b: B };
  const text = render(slots, { lines: "keepalive: 0\n" });
  assertEquals(linesOf(text, /^keepalive /), []);
  assertStringIncludes(
    text,
    "proxy_set_header Connection $zdd__connection_close;",
  );
  const kept = render(slots, { lines: "keepalive: 7\n" });
  assertEquals(linesOf(kept, /^keepalive /), ["keepalive 7;", "keepalive 7;"]);
});

Deno.test("a newer nginx is told where it must not keep connections", () => {
  const upstreams = (version: string, lines = "") =>
    [
      ...render({ a: A, b: B }, { version, lines })
        .matchAll(/upstream (\w+) \{[^}]*keepalive (\d+);/g),
    ]
      .map(([, name, count]) => `${name} ${count}`);
  const kept = ["zdd_web_a 32", "zdd_web_b 32"];
  assertEquals(upstreams("1.29.6"), kept);
  const others = ["a_alone", "a_hold", "b_alone", "b_hold"]
    .map((name) => `zdd_web_${name} 0`);
  assertEquals(upstreams("1.29.7").sort(), [...kept, ...others].sort());
  assertEquals(
    upstreams("1.30.0", "keepalive: 0\n").sort(),
    ["zdd_web_a 0", "zdd_web_b 0", ...others].sort(),
  );
});

Deno.test("headers that are set around a location are sent, and those in it stand", () => {
  const header = (options: { outer?: string; own?: string }) =>
    linesOf(render({ a: A, b: B }, options), /proxy_set_header "?(host|x-own)/i)
      .map((line) => line.replace(/^.*(?=proxy_set_header)/, ""));
  assertEquals(header({}), ["proxy_set_header Host $zdd__host;"]);
  assertEquals(
    header({ outer: 'proxy_set_header X-Own "a b";' }).slice(1),
    [
      "proxy_set_header Host $zdd__host;",
      'proxy_set_header "X-Own" "a b";',
    ],
  );
  assertEquals(header({ own: "proxy_set_header host x;" }), [
    "proxy_set_header host x; if ($zdd__closed) { " +
    "error_page 599 =503 /zdd__maintenance; return 599; }",
  ]);
});
