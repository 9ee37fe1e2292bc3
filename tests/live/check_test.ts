import { assertEquals } from "@std/assert";
import { Diagnostics } from "../../lib/config/diagnostics.ts";
import { ZddError } from "../../lib/error.ts";
import { checkTemplate, templateWarnings } from "../../lib/live/check.ts";
import { renderTemplate } from "../../lib/live/render.ts";
import { Template } from "../../lib/template/template.ts";
import { ConfDir, NGINX } from "../config/conf_dir.ts";

const SERVICES = `[service:web]
start: ./web
port: env
[service:own]
start: ./own
pid_file: own-{instance}.pid
instances: INSTANCES
`;

const VERSION = () => "1.22.1";
const CHOOSE = '<%= it.live.choose("web") %>';
const WEB = '<%= it.live.pass("web") %>';
const OWN = '<%= it.live.pass("own") %>';

interface Case {
  what: string;
  /** The server's directives, from line 5 of the template. */
  server: string;
  /** Behind the snippet at http level, on line 3. */
  http?: string;
  instances?: number;
  mistakes?: string[];
  warnings?: string[];
}

/** The mistakes of a template and, if it has none, the warnings. */
function check(
  { server, http = "", instances = 1 }: Omit<Case, "what">,
): { mistakes: string[]; warnings: string[] } {
  using directory = new ConfDir(
    NGINX + SERVICES.replace("INSTANCES", String(instances)),
  );
  const text = `events {}
http {
<%= it.live.upstreams() %> ${http}
server {
${server}
}
}
`;
  const template = new Template("nginx.conf.template", text);
  const config = directory.config();
  const diagnostics = new Diagnostics();
  checkTemplate(template, config, VERSION, diagnostics);
  try {
    diagnostics.throwIfAny();
  } catch (error) {
    if (!(error instanceof ZddError)) throw error;
    return { mistakes: error.message.split("\n"), warnings: [] };
  }
  const rendered = renderTemplate(template, config, {}, VERSION);
  return { mistakes: [], warnings: templateWarnings(template, rendered) };
}

const CASES: Case[] = [
  {
    what: "nothing about a good one",
    server: `${CHOOSE}
location / { limit_except GET { deny all; } ${WEB} }
location ~ ^/(a)$ { set $own $1; proxy_set_header X $own; ${OWN} }`,
  },
  {
    what: "a location that chooses itself",
    server: `location / {\n ${WEB} }`,
    warnings: ["6: it.live.pass chooses the instance in this location"],
  },
  {
    what: "a choice in another server",
    server: `location / { ${WEB} } } server { ${CHOOSE}`,
    warnings: ["5: it.live.pass chooses the instance in this location"],
  },
  {
    what: "an if without a choice",
    server: `location / { if ($arg_a) { ${WEB} } }`,
    mistakes: ['5: In an "if", it.live.pass needs'],
  },
  {
    what: "a second proxy_pass",
    server: `${CHOOSE}\nlocation / { ${WEB}\nproxy_pass http://x; }`,
    mistakes: [
      "7: proxy_pass conflicts with it.live.pass, which sets proxy_pass",
    ],
  },
  {
    what: "a second pass",
    server: `${CHOOSE}\nlocation / { ${WEB}\n${OWN} }`,
    mistakes: ["7: There is another it.live.pass in this location"],
  },
  {
    what: "a root beside an address, but not beside slots",
    server: `${CHOOSE}\nlocation / { root /x; ${WEB} }
location /own {\nroot /x; ${OWN} }`,
    mistakes: [
      '8: root conflicts with it.live.pass, which sets root for "own"',
    ],
  },
  {
    what: "open_file_cache beside the choice",
    server: `open_file_cache max=1;\n${CHOOSE}\nlocation / { ${WEB} }`,
    mistakes: ["5: open_file_cache with it.live.choose would remember"],
  },
  {
    what: "disable_symlinks around the choice",
    http: "disable_symlinks on;",
    server: `${CHOOSE}\nlocation / { ${WEB} }`,
    mistakes: ["3: disable_symlinks keeps nginx from following the links"],
  },
  {
    what: "a rewrite above the choice",
    server:
      `if ($arg_a) { rewrite ^ /x last; }\n${CHOOSE}\nlocation / { ${WEB} }`,
    mistakes: ["5: Requests rewritten here skip it.live.choose"],
  },
  {
    what: "no rewrite that answers or goes on",
    server:
      `rewrite ^/old /new permanent; rewrite ^/a /b; if ($arg_a) { return 404; }
${CHOOSE}\nlocation / { ${WEB} }`,
  },
  {
    what: "a retry that is taken away",
    http: "proxy_next_upstream_tries 1;",
    server: `${CHOOSE}\nlocation / { ${WEB}\nproxy_next_upstream off; }
location /b { ${WEB} proxy_next_upstream error timeout; }`,
    warnings: [
      "3: proxy_next_upstream_tries 1 disables the second try",
      "7: proxy_next_upstream off disables the second try",
    ],
  },
  {
    what: "a cache key with the slot in it",
    server: `${CHOOSE}
proxy_cache_key $proxy_host$uri;\nlocation / { ${WEB} proxy_cache x; }`,
    warnings: ["6: proxy_cache_key contains the slot"],
  },
  {
    what: "several instances with ports of their own",
    instances: 3,
    server: `location / { ${OWN} }`,
    warnings: ['5: "own" chooses its own port: if one of its 3 instances ends'],
  },
  {
    what: "captures and the root beside an address",
    server: `location ~ ^/(a) { ${OWN}
proxy_set_header X-Tenant $1;
add_header X-Root $document_root; rewrite ^ /$1; }`,
    warnings: [
      "6: proxy_set_header gets a different $1",
      "7: add_header gets a live link as the root",
    ],
  },
  {
    what: "what nginx could not read",
    server: `location ~ ^/\\d{2}$ {\n${WEB} }`,
    mistakes: ['2: nginx cannot read this: no "}" for "http"; a regular'],
  },
];

for (const { what, mistakes = [], warnings = [], ...template } of CASES) {
  Deno.test(`check tells of a template: ${what}`, () => {
    const found = check(template);
    const shorten = (texts: string[], expected: string[]) =>
      texts.toSorted().map((text, i) =>
        text.replace("nginx.conf.template:", "").slice(0, expected[i]?.length)
      );
    assertEquals({
      mistakes: shorten(found.mistakes, mistakes),
      warnings: shorten(found.warnings, warnings),
    }, { mistakes, warnings });
  });
}
