import type { Command } from "../cli/command.ts";
import { readListen } from "../cli/option_values.ts";
import { printJson, printMessage } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";
import { either } from "../cli/usage.ts";
import { ExitStatus } from "../error.ts";
import { IS_LINUX } from "../system/platform.ts";

export const init: Command = {
  name: "init",
  anywhere: true,
  words: ["[KIND]"],
  complete: async () => (await import("../cli/init/init.ts")).KIND_NAMES,
  rest: "[COMMAND…]",
  summary: "write a deploy.conf and a template for a kind of server",
  options: [
    {
      name: "listen",
      value: "PORT",
      help: "where nginx listens: a port or ADDRESS:PORT (default: 8080)",
    },
    {
      name: "system",
      help: "for the system's own nginx, in /etc/nginx/conf.d",
    },
    {
      name: "gitignore",
      help: "add what zdd makes to .gitignore, without asking",
    },
  ],
  async about() {
    const { KIND_NAMES } = await import("../cli/init/init.ts");
    return [
      "Writes deploy.conf and nginx.conf.template, with the live switch, so that the " +
      `next \`zddeploy\` works. KIND is ${either(KIND_NAMES)}; ` +
      "without it, init looks at the files in the directory. It never " +
      "overwrites a file.",
      "Without a KIND, the words after `--` are the command that starts the " +
      "server, with {port} or {socket} in place of its address; the server may " +
      "also read PORT. With a KIND, they are what the server serves, such as a " +
      "file or MODULE:NAME.",
      "Applications side by side, in `web` and `api`, each become a service: " +
      "requests below /api/ go to `api`, with their full path, all others to " +
      "`web`.",
      "In a git repository, it offers to add what zdd makes to .gitignore.",
      "`--system` is for the nginx that the system runs: the template goes into " +
      "/etc/nginx/conf.d and has no http block of its own.",
    ];
  },
  examples: [
    "zddeploy init",
    "zddeploy init node --listen 127.0.0.1:8080",
    "zddeploy init -- ./serve --port {port}",
    "zddeploy init gunicorn --system",
  ],
  async run(options, { words: [word], rest, values, flags }) {
    const { addIgnores, initialize } = await import("../cli/init/init.ts");
    const listen = readListen("listen", values.listen?.at(-1) ?? "8080");
    const { directory, services, url, files, warnings, ignores } = initialize(
      options.conf,
      { kind: word, command: rest, listen, isSystem: flags.includes("system") },
    );
    const [{ kind, server: { start } }] = services;
    const { bold, yellow } = styleOf(Deno.stderr, options.color);
    for (const warning of warnings) {
      printMessage(`${yellow("warning:")} ${warning}`);
    }
    const says = !options.quiet;
    if (says) { for (const path of files) printMessage(`wrote ${path}`); }
    const added = ignores.length > 0 &&
      (flags.includes("gitignore") ||
        says && !options.json && agrees(ignores));
    if (added) addIgnores(directory, ignores);
    if (options.json) {
      printJson({
        ...{ changed: true, kind, start, listen: listen.port, url },
        services: services.map(({ name, kind, server: { start } }) => ({
          ...{ name, kind, start },
        })),
        ...{ files, warnings, gitignore: { added, lines: ignores } },
      });
    }
    if (!says) return ExitStatus.done;
    if (ignores.length > 0) {
      printMessage(
        (added ? "added to .gitignore: " : "for .gitignore: ") +
          ignores.join(" "),
      );
    }
    const named = options.conf === "deploy.conf" ? "" : ` -c ${options.conf}`;
    const starts = services.map(
      ({ name, server: { start, settings = [] } }, i) => {
        const image = settings.find((line) => line.startsWith("image: "));
        if (services.length === 1) {
          return start === "" ? image : `start: ${start}`;
        }
        const place = i === 0 ? "/" : `/${name}/`;
        return `start ${name}, for ${place}: ${start === "" ? image : start}`;
      },
    );
    const wantsRelease = services.some(({ server: { settings = [] } }) =>
      settings.some((line) => line.includes("{release}"))
    );
    const deploy = `zddeploy${named}${wantsRelease ? " --release 1" : ""}`;
    const next = IS_LINUX
      ? `${bold(deploy)}, then ${bold(`curl ${url}`)}`
      : `${bold(`zddeploy check${named}`)}; then ${
        bold(`zddeploy`)
      } on the server`;
    printMessage(`${starts.join("\n")}\nnext: ${next}`);
    return ExitStatus.done;
  },
};

/** Asks whether to add lines to .gitignore; false without a terminal. */
function agrees(lines: readonly string[]): boolean {
  const isTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal() &&
    Deno.stderr.isTerminal();
  return isTerminal && confirm(`add ${lines.join(" ")} to .gitignore?`);
}
