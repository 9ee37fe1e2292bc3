import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ConfDir, mistakesIn, NGINX, WEB } from "./conf_dir.ts";

/** The one mistake of a service with this line added, which is line 7 then. */
function mistakeOf(line: string): string {
  const mistakes = mistakesIn(NGINX, WEB, line, "\n");
  assertEquals(mistakes.length, 1, mistakes.join("\n"));
  return mistakes[0] ?? "";
}

Deno.test("a deploy.conf without mistakes has none", () => {
  assertEquals(mistakesIn(NGINX, WEB), []);
});

Deno.test("an unknown key is a mistake with its line and the key that was meant", () => {
  assertEquals(
    mistakeOf("start_timeuot: 3"),
    'deploy.conf:7: Unknown key "start_timeuot" in [service:web]; ' +
      'did you mean "start_timeout"?',
  );
  assertEquals(
    mistakeOf("colour: red"),
    'deploy.conf:7: Unknown key "colour" in [service:web]',
  );
  assertEquals(
    mistakesIn(NGINX, "health: /\n", "[deploy]\nstate: x\n").map((mistake) =>
      mistake.split(";")[0]
    ),
    [
      'deploy.conf:4: Unknown key "health" in [nginx]',
      'deploy.conf:6: Unknown key "state" in [deploy]',
    ],
  );
});

Deno.test("a key that every JavaScript object has is as unknown as any other", () => {
  for (const key of ["constructor", "__proto__"]) {
    assertEquals(
      mistakeOf(`${key}: 1`),
      `deploy.conf:7: Unknown key "${key}" in [service:web]`,
    );
  }
});

Deno.test("a key that another one refers to isn't unknown, be it through a third", () => {
  const lines = "dir: run\nfull: %(dir)s/log\nlog: %(full)s/web.log\n";
  assertEquals(mistakesIn(NGINX, WEB, lines), []);
});

Deno.test("a key that only a value of [DEFAULT] refers to isn't unknown", () => {
  const defaults = "[DEFAULT]\nlog: %(dir)s/web.log\n";
  assertEquals(mistakesIn(defaults, NGINX, "dir: a\n", WEB, "dir: run\n"), [
    'deploy.conf:6: Unknown key "dir" in [nginx]',
  ]);
});

Deno.test("[DEFAULT] may hold any key, and what only other sections can expand", () => {
  const defaults = "[DEFAULT]\nwhatever: 1\nlog: %(dir)s/web.log\nhome: /srv\n";
  assertEquals(mistakesIn(defaults, NGINX, WEB, "dir: run\n"), []);
});

Deno.test("a mistake in [DEFAULT] is told once, with its line there", () => {
  const other = WEB.replace("web]", "api]").replace("web.pid", "api.pid");
  const mistakes = mistakesIn("[DEFAULT]\nstop: date %x\n", NGINX, WEB, other);
  assertEquals(mistakes.length, 1, mistakes.join("\n"));
  assertStringIncludes(mistakes[0] ?? "", "deploy.conf:2: ");
});

Deno.test("a wrong value of [DEFAULT] has its line there", () => {
  const [mistake = ""] = mistakesIn(
    "[DEFAULT]\nstop_timeout: soon\n",
    NGINX,
    WEB,
  );
  assertStringIncludes(
    mistake,
    'deploy.conf:2: Cannot use "stop_timeout" of [service:web]',
  );
});

Deno.test("a reference to nothing is a mistake with the name that was meant", () => {
  assertEquals(
    mistakeOf("log: %(pidfile)s.log"),
    'deploy.conf:7: "log" refers to "%(pidfile)s", but neither [service:web] ' +
      "nor [DEFAULT] has such a key; did you mean %(pid_file)s?",
  );
});

Deno.test("a missing key is a mistake on the line of its section", () => {
  assertEquals(mistakesIn(NGINX, "[service:web]\n"), [
    'deploy.conf:4: [service:web] needs a value for "start"',
    'deploy.conf:4: [service:web] needs a value for "pid_file" with port: file',
  ]);
});

Deno.test("[nginx] needs a template and a pid file", () => {
  assertEquals(mistakesIn("[nginx]\n"), [
    'deploy.conf:1: [nginx] needs a value for "template"',
    'deploy.conf:1: [nginx] needs a value for "pid_file"',
  ]);
});

Deno.test("an empty value of a key that must be there is a mistake on its line", () => {
  assertEquals(mistakesIn(NGINX, "[service:web]\npid_file: w.pid\nstart:\n"), [
    'deploy.conf:6: [service:web] needs a value for "start"',
  ]);
});

Deno.test("a value that is empty once it is expanded is as missing", () => {
  assertEquals(
    mistakesIn(NGINX, "[service:web]\npid_file: w.pid\nx:\nstart: %(x)s\n"),
    ['deploy.conf:7: [service:web] needs a value for "start"'],
  );
});

Deno.test("a deploy.conf without [nginx] is told just that", () => {
  assertEquals(mistakesIn(WEB), [
    "deploy.conf:1: There is no section [nginx]",
  ]);
  assertEquals(mistakesIn(""), ["deploy.conf:1: There is no section [nginx]"]);
});

Deno.test("a missing template is told once", () => {
  assertEquals(mistakesIn("[nginx]\npid_file: n.pid\n"), [
    'deploy.conf:1: [nginx] needs a value for "template"',
  ]);
});

Deno.test("an unknown section is a mistake with the one that was meant", () => {
  const expected = "Expected [nginx], [deploy] or [service:NAME], got ";
  const cases: Record<string, string> = {
    "[ngnix]": "[ngnix]; did you mean [nginx]?",
    "[Deploy]": "[Deploy]; did you mean [deploy]?",
    "[services:web]": "[services:web]; did you mean [service:web]?",
    "[service web]": "[service web]; did you mean [service:web]?",
    "[Service:web]": "[Service:web]; did you mean [service:web]?",
    "[gunicorn]": "[gunicorn]",
  };
  for (const [heading, end] of Object.entries(cases)) {
    assertEquals(mistakesIn(NGINX, heading, "\n"), [
      `deploy.conf:4: ${expected}${end}`,
    ]);
  }
});

Deno.test("a service's name must be one that a template and a file can hold", () => {
  for (const name of ["", " ", "a b", "a/b", "..", ".a", "-a", "a}", "a\tb"]) {
    const mistakes = mistakesIn(NGINX, WEB.replace("web]", `${name}]`));
    assertEquals(mistakes.length, 1, JSON.stringify(name));
    assertStringIncludes(
      mistakes[0] ?? "",
      `deploy.conf:4: Cannot use [service:${name}]: expected letters`,
    );
  }
});

Deno.test("a service can't take a name that the template has already", () => {
  for (const name of ["nginx_pid_filename", "project_dir"]) {
    const mistakes = mistakesIn(NGINX, WEB.replace("web]", `${name}]`));
    assertEquals(mistakes, [
      `deploy.conf:4: Cannot use [service:${name}]: the template has ` +
      `{${name}} already`,
    ]);
  }
});

Deno.test("a service may be named like something that only Eta's it has", () => {
  // Files of the Python zdd, whose templates know nothing of Eta, may have them.
  for (const name of ["nginx", "services", "servers", "live"]) {
    assertEquals(mistakesIn(NGINX, WEB.replace("web]", `${name}]`)), []);
  }
});

Deno.test("a service can't take a name that every JavaScript object has", () => {
  for (const name of ["constructor", "toString", "hasOwnProperty"]) {
    const mistakes = mistakesIn(NGINX, WEB.replace("web]", `${name}]`));
    assertEquals(mistakes.length, 1, name);
  }
});

Deno.test("two services can't have one name", () => {
  const again = "[service: web]\nstart: ./web\npid_file: api.pid\n";
  const mistakes = mistakesIn(NGINX, WEB, again);
  assertEquals(mistakes.length, 1);
  assertStringIncludes(mistakes[0] ?? "", "deploy.conf:7: ");
});

Deno.test("two services can't have one pid file", () => {
  const mistakes = mistakesIn(NGINX, WEB, WEB.replace("web]", "api]"));
  assertEquals(mistakes.length, 1);
  assertStringIncludes(mistakes[0] ?? "", "deploy.conf:9: ");
});

Deno.test("every kind of wrong value is a mistake with its line, what is expected and what it is", () => {
  const cases: [key: string, value: string, expected: string, end: string][] = [
    ["start_timeout", "soon", "seconds, or a time", "soon"],
    ["kill_after", "-1", "seconds, or a time", "-1"],
    ["drain_timeout", "99999h", "seconds, or a time", "99999h"],
    ["health_timeout", "1 2", "seconds, or a time", "1 2"],
    ["health_status", "ok", "HTTP statuses", "ok"],
    ["port", "auto", "file, env, socket", "auto"],
    ["port", "70000", "file, env, socket", "70000"],
    ["port", "env 8080", "file, env, socket", "env 8080"],
    ["port", "detect8080", "file, env, socket", "detect8080"],
    ["instances", "0", "a number from 1 to 9999", "0"],
    ["instances", "two", "a number from 1 to 9999", "two"],
    ["standby", "maybe", "yes or no", "maybe"],
    ["cwd", "nowhere", "a directory", "/nowhere"],
    ["cwd", "deploy.conf", "a directory", "/deploy.conf"],
    ["env", "A", "KEY=VALUE lines", "A"],
    ["env", "A=1\n  B 2", "KEY=VALUE lines", "B 2"],
    ["env_file", "nowhere", "a file", "/nowhere"],
    ["env_file", ".", "a file", ""],
    ["inherit_env", "yes no", "yes, no, or names", "yes"],
    ["inherit_env", "A, *B", "yes, no, or names", "*B"],
    ["log", "a\n  b", "one path", "a\nb"],
  ];
  for (const [key, value, expected, end] of cases) {
    const mistakes = mistakesIn(
      NGINX,
      WEB,
      `health: /\n${key}: ${value}\n`,
    ).join("\n");
    assertStringIncludes(
      mistakes,
      `deploy.conf:8: Cannot use "${key}" of [service:web]: expected ${expected}`,
    );
    assert(mistakes.endsWith(`${end}"`), mistakes);
  }
});

Deno.test("the pid file must stand in a directory that exists", () => {
  const text = WEB.replace("web.pid", "run/web.pid");
  using directory = new ConfDir(NGINX + text);
  assertEquals(directory.mistakes(), [
    'deploy.conf:6: Cannot use "pid_file" of [service:web]: expected a file ' +
    `in a directory that exists, got "${directory.join("run/web.pid")}"`,
  ]);
});

Deno.test("a service with a fixed port has one instance", () => {
  const text = WEB.replace("web.pid", "{instance}.pid");
  assertEquals(mistakesIn(NGINX, text, "port: 8080\ninstances: 2\n"), [
    'deploy.conf:8: Cannot use "instances" of [service:web]: expected 1 for ' +
    'a service with a fixed port, got "2"',
  ]);
});

Deno.test("a wrong health_status is found although health isn't set", () => {
  assertStringIncludes(mistakeOf("health_status: ok"), "deploy.conf:7: ");
});

Deno.test("health_host must be a host", () => {
  for (const value of ["a b", "http://a/", "a/b", "a@b", "a:port"]) {
    assertStringIncludes(
      mistakeOf(`health_host: ${value}`),
      'deploy.conf:7: Cannot use "health_host" of [service:web]: expected',
    );
  }
  using directory = new ConfDir(NGINX, WEB, "health_host: example.org:8080");
  assertEquals(directory.config().services[0]?.healthHost, "example.org:8080");
});

Deno.test("health must be a path or a URL, verify a URL", () => {
  for (const value of ["status", "ftp://x/", "http://", "localhost:80/up"]) {
    assertStringIncludes(
      mistakeOf(`health: ${value}`),
      'deploy.conf:7: Cannot use "health" of [service:web]: expected',
    );
  }
  for (const value of ["/up", "localhost", "ftp://x/"]) {
    assertStringIncludes(
      mistakeOf(`[deploy]\nverify: ${value}`),
      'deploy.conf:8: Cannot use "verify" of [deploy]: expected',
    );
  }
});

Deno.test("the template must be a file that ends in .template", () => {
  const nginx = (value: string) => NGINX.replace("nginx.conf.template", value);
  assertEquals(mistakesIn(nginx("nginx.conf")), [
    'deploy.conf:2: Cannot use "template" of [nginx]: expected a name that ' +
    'ends in ".template", got "nginx.conf"',
  ]);
  const [missing = ""] = mistakesIn(nginx("other.template"));
  assertStringIncludes(
    missing,
    'deploy.conf:2: Cannot use "template" of [nginx]: expected a file, got "',
  );
});

Deno.test("nginx's command must be a program that can be executed", () => {
  for (const command of ["no-such-nginx", "./deploy.conf", "./nowhere"]) {
    const [mistake = ""] = mistakesIn(NGINX, `command: ${command}\n`);
    assertStringIncludes(
      mistake,
      'deploy.conf:4: Cannot use "command" of [nginx]: expected a program',
    );
    assert(mistake.endsWith(`got "${command}"`), mistake);
  }
});

Deno.test("mistakes of syntax, keys and values are found all at once, in the order of the lines", () => {
  const text = "[nginx]\ntemplate: nginx.conf.template\npid_file: n.pid\n" +
    "reload_timeout: soon\n[service:web]\nnonsense\nstart: ./web\n" +
    "pid_file: web.pid\nstpo: x\n[other]\n";
  assertEquals(
    mistakesIn(text).map((mistake) => mistake.split(":")[1]),
    ["4", "6", "9", "10"],
  );
});

Deno.test("a percentage needs no second percent sign, and may have one", () => {
  for (const text of ["1%", "0.5 %", "1%%", "%(one)s%%"]) {
    const lines = `[deploy]\none: 1\nwatch_errors: ${text}\n`;
    const own = text.includes("one") ? lines : lines.replace("one: 1\n", "");
    assertEquals(mistakesIn(NGINX, WEB, own), []);
  }
  const [mistake = ""] = mistakesIn(NGINX, WEB, "[deploy]\nwatch_errors: 2\n");
  assertStringIncludes(mistake, "expected a percentage such as 1% or 0.5%");
});

Deno.test("a wrong `port` is one mistake, and not also a missing pid_file", () => {
  const service = "[service:web]\nstart: x\nport: envv\n";
  const [mistake = "", ...others] = mistakesIn(NGINX, service);
  assertStringIncludes(mistake, 'Cannot use "port" of [service:web]');
  assertEquals(others, []);
});
