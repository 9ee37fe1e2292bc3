import { assertEquals, assertMatch } from "@std/assert";
import { Diagnostics } from "../../lib/config/diagnostics.ts";
import { ZddError } from "../../lib/error.ts";
import { Template, type TemplateNames } from "../../lib/template/template.ts";

const NAMES: TemplateNames = {
  web: "8080",
  project_dir: "/srv",
  services: { web: { port: "8080" } },
};

/** What check() finds in a template, one mistake a line. */
function check(text: string, names = NAMES): string[] {
  const diagnostics = new Diagnostics();
  new Template("/srv/nginx.conf.template", text).check(names, diagnostics);
  try {
    diagnostics.throwIfAny();
    return [];
  } catch (error) {
    if (!(error instanceof ZddError)) throw error;
    return error.message.split("\n");
  }
}

Deno.test("check() finds nothing in a good template", () => {
  assertEquals(check("server {web};\n<%= it.services.web.port %>\n"), []);
});

Deno.test("check() names an unknown placeholder, its line and what was meant", () => {
  assertEquals(check("a\nb {wep}\n"), [
    'nginx.conf.template:2: There is nothing named {wep}; did you mean "web"?',
  ]);
  assertEquals(check("{database}"), [
    "nginx.conf.template:1: There is nothing named {database}; " +
    "the names are web, project_dir, services",
  ]);
});

Deno.test("check() names an unknown name in a tag, its line and what was meant", () => {
  const meant = 'did you mean "web"?';
  const cases: Record<string, string> = {
    "\n<%= it.wep %>": `2: There is nothing named it.wep; ${meant}`,
    "<%= it['wep'] %>": `1: There is nothing named it.wep; ${meant}`,
    '<%= it["wep"] %>': `1: There is nothing named it.wep; ${meant}`,
    "<%= it?.wep %>": `1: There is nothing named it.wep; ${meant}`,
    "a\n<%\n\nconst x = it.wep;\n%>":
      `4: There is nothing named it.wep; ${meant}`,
    "<% if (false) { %>\n<%= it.wep %>\n<% } %>":
      `2: There is nothing named it.wep; ${meant}`,
  };
  for (const [text, expected] of Object.entries(cases)) {
    assertEquals(check(text), [`nginx.conf.template:${expected}`]);
  }
});

Deno.test("check() finds all mistakes at once, in the order of the lines", () => {
  const text =
    "{one}\n<%= it.two %>\n{web} {three}\n<%\n  it.four;\n%>\n{five}";
  assertEquals(
    check(text).map((mistake) => mistake.split(";")[0]),
    [
      "nginx.conf.template:1: There is nothing named {one}",
      "nginx.conf.template:2: There is nothing named it.two",
      "nginx.conf.template:3: There is nothing named {three}",
      "nginx.conf.template:5: There is nothing named it.four",
      "nginx.conf.template:7: There is nothing named {five}",
    ],
  );
});

Deno.test("check() counts lines behind tags that go over several", () => {
  assertEquals(check("<%\n\n%>\n{wep}"), [
    'nginx.conf.template:4: There is nothing named {wep}; did you mean "web"?',
  ]);
});

Deno.test("check() takes braces for nginx's own that can't be a placeholder", () => {
  const texts = [
    "server{listen 80;}",
    "return 301 https://${host}/;",
    "location ~ \\d{3}[a-z]{2,}\\p{Lu}\\x{FF} {}",
    'log_format j \'{"a":"$b"}\';',
    "content_by_lua_block { ngx.say(x) }",
  ];
  for (const text of texts) assertEquals(check(text), []);
});

Deno.test("check() doesn't mind unknown names in comments", () => {
  assertEquals(check("# {name} is a service\nlisten 80; # {x}\n"), []);
  assertEquals(check("x#{wep}").length, 1);
});

Deno.test("check() finds an unknown name behind a # that is in quotes", () => {
  assertEquals(check("add_header X ' # ' always; listen {wep};").length, 1);
});

Deno.test("check() doesn't know a name that every JavaScript object has", () => {
  assertEquals(
    check("{toString}\n<%= it.constructor %>").map((mistake) =>
      mistake.split(";")[0]
    ),
    [
      "nginx.conf.template:1: There is nothing named {toString}",
      "nginx.conf.template:2: There is nothing named it.constructor",
    ],
  );
});

Deno.test("check() doesn't take text and comments in a tag for names", () => {
  assertEquals(check("<%= 'as good as it.gets' %>"), []);
  assertEquals(check("<% /* it.was so */ %>"), []);
});

Deno.test("check() says where the syntax of an expression is wrong", () => {
  assertEquals(check("a\n\n<%= it.web + %>"), [
    "nginx.conf.template:3: Unexpected token ')' in <%= it.web + %>",
  ]);
  assertEquals(check("<%= it.web; %>"), [
    "nginx.conf.template:1: Unexpected token ';' in <%= it.web; %>",
  ]);
});

Deno.test("check() says where a tag or a string isn't closed", () => {
  assertEquals(check("a\n<%= it.web"), ["nginx.conf.template:2: unclosed tag"]);
  assertMatch(check("a\n<%= 'x %>")[0] ?? "", /^nginx\.conf\.template:2: /);
});

Deno.test("check() says where the syntax of a statement is wrong", () => {
  assertMatch(
    check("a\n\n<% if (it.web { %>x<% } %>")[0] ?? "",
    /^nginx\.conf\.template:3: Unexpected token/,
  );
  assertMatch(
    check("a\n<% const x = 1; const x = 2; %>")[0] ?? "",
    /^nginx\.conf\.template:2: /,
  );
});

Deno.test("check() explains a block that isn't closed in terms of the template", () => {
  const [mistake = ""] = check("a\n<% if (true) { %>\nx\n");
  assertEquals(mistake.includes("'catch'"), false, mistake);
});

Deno.test("check() finds what only running it shows, with its line", () => {
  const cases: [text: string, line: number, words: string][] = [
    ["x\n<%= undefined %>", 2, "Expected a text to print, got undefined"],
    ["\n\n<%= it.services.nope %>", 3, "got undefined"],
    ["\n<%= it.services.nope.port %>", 2, "reading 'port'"],
    ["\n<% throw new Error('too old') %>", 2, "too old"],
    ["\n\n\n<% const {nope} = it %>", 4, "There is nothing named it.nope"],
  ];
  for (const [text, line, words] of cases) {
    const [mistake = "", ...others] = check(text);
    assertEquals(others, []);
    assertEquals(mistake.startsWith(`nginx.conf.template:${line}: `), true);
    assertEquals(mistake.endsWith(words) || mistake.includes(words), true);
  }
});
