import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Diagnostics } from "../../lib/config/diagnostics.ts";
import { Template, type TemplateNames } from "../../lib/template/template.ts";
import { TempDir } from "../system/temp_dir.ts";

const NAMES: TemplateNames = {
  web: "8080",
  "my-api.v2": "8081",
  größe: "8082",
  nginx_pid_filename: "/run/n.pid",
  services: { web: { port: "8080", address: "127.0.0.1:8080" } },
};

/** What a template without mistakes renders to. */
function render(text: string, names = NAMES): string {
  const template = new Template("/srv/nginx.conf.template", text);
  const diagnostics = new Diagnostics();
  template.check(names, diagnostics);
  diagnostics.throwIfAny();
  return template.render(names);
}

Deno.test("Template.read() reads a file", () => {
  using directory = new TempDir();
  const file = directory.write("nginx.conf.template", "listen {web};");
  const template = Template.read(file);
  assertEquals(template.file, file);
  assertEquals(template.render(NAMES), "listen 8080;");
  assertThrows(
    () => Template.read(directory.join("other")),
    Deno.errors.NotFound,
  );
});

Deno.test("render() puts in classic names, wherever they stand", () => {
  assertEquals(render("server 127.0.0.1:{web};"), "server 127.0.0.1:8080;");
  assertEquals(render("{web}"), "8080");
  assertEquals(render("{web}{web}"), "80808080");
  assertEquals(render("\"{web}\" '{web}'"), "\"8080\" '8080'");
  assertEquals(render("{{web}}"), "{8080}");
  assertEquals(render("[{my-api.v2}] ({größe})"), "[8081] (8082)");
  assertEquals(render("pid {nginx_pid_filename};"), "pid /run/n.pid;");
});

Deno.test("render() puts in a classic name that begins a line", () => {
  assertEquals(render("a\n{web}\n{web};\n"), "a\n8080\n8080;\n");
});

Deno.test("render() puts in a classic name that follows a tab or a carriage return", () => {
  assertEquals(render("\t{web}"), "\t8080");
  assertEquals(render("\r{web}"), "\r8080");
});

Deno.test("render() puts in what Eta's tags say, neither escaped nor trimmed", () => {
  assertEquals(render("a <%= it.web %>\nb"), "a 8080\nb");
  assertEquals(render("<%= it['my-api.v2'] %>"), "8081");
  assertEquals(render("<%= it.services.web.address %>"), "127.0.0.1:8080");
  assertEquals(render("<%= '<a href=\"x\">&amp;' %>"), '<a href="x">&amp;');
  assertEquals(render("<%= 1 %>/<%= true %>/<%= '' %>/"), "1/true//");
  assertEquals(
    render("x\n<% if (true) { %>\n  y\n<% } %>\nz"),
    "x\n\n  y\n\nz",
  );
});

Deno.test("render() understands both languages in one template", () => {
  const text = `<% for (const i of [1, 2]) { %>
  server 127.0.0.1:{web} weight=<%= i %>;
<% } %>`;
  assertEquals(
    render(text),
    "\n  server 127.0.0.1:8080 weight=1;\n" +
      "\n  server 127.0.0.1:8080 weight=2;\n",
  );
});

Deno.test("render() takes a block that no layout fills for an empty one", () => {
  assertEquals(render('a<%~ block("x") %>b'), "ab");
});

Deno.test("render() takes a tag over several lines", () => {
  assertEquals(
    render(
      "a\n<%\n  const port = it.web;\n  const twice = port + port;\n%>\n" +
        "<%=\n  twice\n%>\n",
    ),
    "a\n\n80808080\n",
  );
});

Deno.test("render() puts in values as they are, whatever they contain", () => {
  const odd = "$& \\n `${x}` {web} <%= it.web %> '\" \n";
  assertEquals(render("<{odd}>", { odd, web: "8080" }), `<${odd}>`);
  assertEquals(render("<%= it.odd %>", { odd, web: "8080" }), odd);
});

Deno.test("render() leaves braces alone that are nginx's own", () => {
  const texts = [
    "server{listen 80;}",
    "http {\n  server { listen 80; }\n}\n",
    "events {}",
    "location ~ ^/\\d{3}/[a-z]{2,}/x{1,5}$ { return 404; }",
    "location ~ \\p{L}\\p{Lu}\\x{41} {}",
    "return 301 https://${host}${request_uri};",
    'log_format j \'{"status": "$status"}\';',
    "content_by_lua_block {\n  local t = { a = 1, [2] = {} }\n  ngx.say(t.a)\n}",
    "{ web }",
    "{web",
    "web}",
    "{}",
    "{3}",
    "${web}",
  ];
  for (const text of texts) assertEquals(render(text), text);
});

Deno.test("render() keeps the text between the tags byte by byte", () => {
  const texts = [
    "",
    "\n",
    "\n\n  \n",
    "no newline at the end",
    "\\ \\\\ \\n \\' \\\" \\` \\u0041 \\${x}",
    "`backticks` ${x} 'single' \"double\"",
    "a %> b -%> c < % d",
    "\ttabs\t\v\f\0",
    "ä € 😀 \u2028 \u2029 \u00a0",
    "__eta.res+='x'; // */ <!--",
  ];
  for (const text of texts) {
    assertEquals(render(text), text, JSON.stringify(text));
  }
});

Deno.test("render() keeps line ends as they are", () => {
  assertEquals(render("a\r\nb {web}\r\n"), "a\r\nb 8080\r\n");
  assertEquals(render("a\rb"), "a\rb");
});

Deno.test("render() gives a template without placeholders back as it is", () => {
  const random = generator(20261123);
  const pieces = [
    ..."{}{}{};;  \n\n\t'\"`\\$#%<>()[]|^.,:=~*+?",
    "server ",
    "location ~ ^/",
    "\\d{3}",
    "${web}",
    "$host",
    "{2,4}",
    "listen 80;",
    "{ web }",
    "%>",
    "<",
    "ü ",
    "\\n",
    "if ($x) { return 404; }",
  ];
  for (let round = 0; round < 2000; round++) {
    let text = "";
    for (let i = random(30); i > 0; i--) text += pieces[random(pieces.length)];
    if (/<%/.test(text)) continue; // that begins a tag
    assertEquals(render(text), text, JSON.stringify(text));
  }
});

Deno.test("render() finds every placeholder in whatever text surrounds it", () => {
  const random = generator(42);
  const pieces = [..." ;:/'\"`#[]()=\n\n\t.,", "\\\\", "server ", "{ ", " }"];
  for (let round = 0; round < 1000; round++) {
    let text = "";
    let expected = "";
    for (let i = 0; i < 8; i++) {
      const piece = pieces[random(pieces.length)] ?? "";
      text += piece + "{web}";
      expected += piece + "8080";
    }
    assertEquals(render(text), expected, JSON.stringify(text));
  }
});

Deno.test("render() of one template with other names gives their values", () => {
  const template = new Template("x", "{a} {b}");
  assertEquals(template.render({ a: "1" }), "1 {b}");
  assertEquals(template.render({ b: "2" }), "{a} 2");
});

Deno.test("render() never prints what isn't there", () => {
  const texts = [
    "<%= it.nope %>",
    "<%= undefined %>",
    "<%= null %>",
    "<%= it.services.nope %>",
    "<%= it.services.web.nope %>",
    "<%= {} %>",
    "<%= [] %>",
    "<%= () => 1 %>",
    "<% const { nope } = it %><%= nope %>",
    "<% const key = 'no' + 'pe' %><%= it[key] %>",
  ];
  for (const text of texts) {
    const template = new Template("x", text);
    const error = assertThrows(() => template.render(NAMES), Error);
    assert(error.message !== "", text);
  }
});

Deno.test("render() says on which line a tag asks for something that isn't there", () => {
  const template = new Template("x", "a\nb\n<%= it.nope %>");
  const error = assertThrows(() => template.render(NAMES), Error);
  assertStringIncludes(error.message, "line 3");
});

/** The text of each rendered line with the template's line that it comes from. */
function renderedLines(text: string): string[] {
  const template = new Template("/srv/nginx.conf.template", text);
  const rendered = template.renderLines({ ...NAMES, two: "x\ny" });
  assertEquals(rendered.text, template.render({ ...NAMES, two: "x\ny" }));
  return rendered.text.split("\n").map((line, i) =>
    `${rendered.lines[i]}: ${line}`
  );
}

Deno.test("renderLines() tells which line of the template each line comes from", () => {
  assertEquals(renderedLines("a\n{web}\n\nb\r\nc"), [
    "1: a",
    "2: 8080",
    "3: ",
    "4: b\r",
    "5: c",
  ]);
});

Deno.test("renderLines() counts a value or a tag of several lines as the line that has it", () => {
  assertEquals(renderedLines("a\nb {two}\n<%= it.two %>\nc"), [
    "1: a",
    "2: b x",
    "2: y",
    "3: x",
    "3: y",
    "4: c",
  ]);
  assertEquals(renderedLines("a <%\n/* three\nlines */\n%> b\nc\n"), [
    "1: a  b",
    "5: c",
    "6: ",
  ]);
});

Deno.test("renderLines() tells the line of what a loop repeats", () => {
  assertEquals(
    renderedLines(
      "<% for (const n of [1, 2]) { %>\n  n <%= n %>;\n<% } %>\nend",
    ),
    ["1: ", "2:   n 1;", "1: ", "2:   n 2;", "3: ", "4: end"],
  );
});

/** Numbers from 0 to below `limit`, always the same ones (a linear congruential generator). */
function generator(seed: number): (limit: number) => number {
  return (limit) => {
    seed = (seed * 1664525 + 1013904223) % 2 ** 32;
    return Math.floor(seed / 2 ** 32 * limit);
  };
}
