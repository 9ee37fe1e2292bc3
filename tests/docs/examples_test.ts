import { assert, assertEquals } from "@std/assert";
import { parse as parseYaml } from "@std/yaml";
import { readArguments, requireWords } from "../../lib/cli/arguments.ts";
import { COMMANDS } from "../../lib/commands/commands.ts";
import { readConfig } from "../../lib/config/read_config.ts";
import { findUser } from "../../lib/system/users.ts";
import { messageOf } from "../../lib/error.ts";
import { Site } from "../support/site.ts";
import { TempDir } from "../system/temp_dir.ts";
import {
  type Example,
  examplesOf,
  inlineCodeOf,
  isInCheckout,
  readDocument,
  userDocuments,
} from "./documents.ts";

const EXAMPLES = userDocuments().flatMap(examplesOf);

function examplesIn(language: string): Example[] {
  const found = EXAMPLES.filter((example) => example.language === language);
  assert(found.length > 0, language);
  return found;
}

/** What becomes of the examples in a language. */
const LANGUAGES = ["sh", "text", "ini", "nginx", "js", "python", "yaml"];

Deno.test("each example is in a language that is tested", () => {
  for (const { place, language } of EXAMPLES) {
    assert(LANGUAGES.includes(language), `${place}: "${language}"`);
  }
});

/** The command lines of zddeploy in a line of shell, as lists of arguments. */
function zddeployIn(line: string): string[][] {
  return line.replace(/(^|\s)#.*$/, "").split(/&&|\|\||[|;]/).flatMap(
    (part) => {
      const [, rest] =
        /^\s*(?:\$ )?(?:sudo )?(?:\S*\/)?zddeploy(?=\s|$)(.*)$/.exec(part) ??
          [];
      if (rest === undefined) return [];
      const words = rest.replace(/[<>]\s*\S+/g, "").match(
        /"[^"]*"|'[^']*'|\S+/g,
      );
      return [(words ?? []).map((word) => word.replace(/^["']|["']$/g, ""))];
    },
  );
}

Deno.test("zddeployIn() finds command lines of zddeploy", () => {
  assertEquals(zddeployIn("$ zddeploy --release 1  # the first"), [[
    "--release",
    "1",
  ]]);
  assertEquals(zddeployIn("zddeploy help --man > a.1 && /opt/zddeploy"), [
    ["help", "--man"],
    [],
  ]);
  assertEquals(zddeployIn("zddeploy: web didn't start"), []);
  assertEquals(zddeployIn('sudo zddeploy logs --since "1 hour ago"'), [[
    "logs",
    "--since",
    "1 hour ago",
  ]]);
});

for (const path of userDocuments()) {
  Deno.test(`zddeploy understands every command line of ${path}`, () => {
    const lines = examplesOf(path).flatMap(({ language, code }) => {
      const lines = code.replaceAll("\\\n", " ").replace(/^ExecStart=/gm, "")
        .split("\n");
      if (language === "sh" || language === "ini") return lines;
      return lines.filter((line) => line.startsWith("$ "));
    });
    for (const line of [...lines, ...inlineCodeOf(path)]) {
      for (const args of zddeployIn(line)) {
        try {
          const { command, input, help, version } = readArguments(
            COMMANDS,
            args,
          );
          if (!help && !version) requireWords(command, input);
        } catch (error) {
          throw new Error(`"${line}": ${messageOf(error)}`);
        }
      }
    }
  });
}

Deno.test("the tasks that documents name exist", () => {
  const { tasks } = JSON.parse(readDocument("deno.json"));
  const named = userDocuments().flatMap((path) =>
    [...readDocument(path).matchAll(/(?:deno(?:@[\d.]+)? )task ([\w-]+)/g)]
      .map(([, task = ""]) => `${path}: ${task}`)
  );
  assert(named.length > 0);
  assertEquals(
    named.filter((place) => !Object.hasOwn(tasks, place.split(": ")[1] ?? "")),
    [],
  );
});

Deno.test("the files of the checkout that documents name exist", () => {
  const missing = userDocuments().flatMap((path) =>
    inlineCodeOf(path)
      .filter((code) => /^(lib|tests|tasks|samples)\/[\w./-]+$/.test(code))
      .filter((file) => !isInCheckout(file)).map((file) => `${path}: ${file}`)
  );
  assertEquals(missing, []);
});

Deno.test("each example of shell is valid", async () => {
  for (const { place, code } of examplesIn("sh")) {
    const { success, stderr } = await new Deno.Command("bash", {
      args: ["-n", "-c", code],
    }).output();
    assert(success, `${place}: ${new TextDecoder().decode(stderr)}`);
  }
});

Deno.test("each example of YAML is valid", () => {
  for (const { code } of examplesIn("yaml")) {
    assert(Array.isArray(parseYaml(code)));
  }
});

/** Sections that are systemd's or Ansible's. */
const OTHER_SECTIONS = /^\[(Unit|Service|Install|Timer|defaults)\]$/m;

/** A part of a deploy.conf with what it leaves out. */
function completed(code: string, directory: string): string {
  let text = code.replace(/(?<=env_file: )\S+/g, `${directory}/env`)
    .replace(/(?<=template: )\S+/g, `${directory}/a.template`)
    .replace(
      /^user: (\S+)\n/gm,
      (line, user) =>
        Deno.uid() === 0 && findUser(user) !== undefined ? line : "",
    );
  if (!text.includes("[nginx]")) {
    text =
      `[nginx]\ntemplate: ${directory}/a.template\npid_file: a.pid\n${text}`;
  }
  if (!text.includes("[service:")) text += "[service:web]\n";
  return text.replace(/^\[service:.*\]\n(?:(?!\[).*\n?)*/gm, (section) => {
    const has = (key: string) => new RegExp(`^${key} *[:=]`, "m").test(section);
    if (has("container")) return section;
    const port = has("port") || has("pid_file") ? "" : "port: env\n";
    const start = has("start") ? "" : "start: sleep 1\n";
    return section.replace("\n", `\n${port}${start}`);
  });
}

Deno.test("zddeploy reads each example of a deploy.conf", () => {
  using directory = new TempDir();
  directory.write("env", "KEY=VALUE\n");
  directory.write("a.template", "");
  for (const { place, code } of examplesIn("ini")) {
    if (OTHER_SECTIONS.test(code)) continue;
    const text = completed(code, directory.path);
    const { diagnostics } = readConfig(directory.write("deploy.conf", text));
    try {
      diagnostics.throwIfAny();
    } catch (error) {
      throw new Error(`${place}: ${messageOf(error)}\n${text}`);
    }
  }
});

/** A part of a template with what it leaves out. */
function wholeTemplate(code: string): string {
  let text = code.replace(/\blisten \d+/g, "listen %PORT%");
  if (!/^http \{/m.test(text)) text = `http {\n${text}}\n`;
  if (!text.includes("events {")) text = `events {}\n${text}`;
  return text.includes("{nginx_pid_filename}")
    ? text
    : `pid {nginx_pid_filename};\n${text}`;
}

/** The services that a template uses. */
function servicesIn(code: string): string[] {
  const names = [
    ...code.matchAll(/it\.(?:live\.\w+|servers)\("(\w+)"/g),
    ...code.matchAll(/\{(\w+)\}/g),
  ].map(([, name = ""]) => name);
  return [...new Set(names)].filter((name) => name !== "nginx_pid_filename");
}

for (const { place, code } of examplesIn("nginx")) {
  Deno.test({
    name: `nginx accepts the template at ${place}`,
    ignore: Deno.uid() !== 0, // some are for root
    async fn() {
      const services = servicesIn(code);
      assert(services.length > 0);
      await using site = Site.create({
        "a.template": wholeTemplate(code),
        "deploy.conf": completed(
          services.map((name) => `[service:${name}]\n`).join(""),
          ".",
        ),
      });
      const { code: status, stderr } = await site.zdd("check");
      assertEquals(status, 0, stderr);
      assert(!stderr.includes("warning:"), stderr);
    },
  });
}
