import { dirname, fromFileUrl, join } from "@std/path";
import { TempDir } from "../system/temp_dir.ts";

const ROOT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/** What the executable is made of and with. */
const SOURCE = [
  "main.ts",
  "lib",
  "tasks",
  "deno.json",
  "deno.lock",
  ".gitignore",
  "install.sh",
  "LICENSE",
  "CHANGELOG.md",
];

/** The same commit for the same files. */
const FIXED = {
  NO_COLOR: "1",
  GIT_AUTHOR_DATE: "2026-11-23T00:00:00Z",
  GIT_COMMITTER_DATE: "2026-11-23T00:00:00Z",
};

/** A copy of the source in a directory of its own. */
export class Checkout implements Disposable {
  readonly #directory = new TempDir();

  /** @param umask what its programs run with, in octal; else that of this process */
  constructor(readonly umask?: string) {
    for (const name of SOURCE) copy(join(ROOT, name), this.path(name));
  }

  path(name: string): string {
    return this.#directory.join(name);
  }

  /** Commits it all with git. The commit of the same files is the same. */
  async commit(): Promise<void> {
    const who = ["-c", "user.name=zdd", "-c", "user.email=zdd@localhost"];
    await this.#succeed(["git", "init", "--quiet"]);
    await this.#succeed(["git", "add", "--all"]);
    await this.#succeed([
      ...["git", ...who, "commit", "--quiet", "--message=all"],
    ]);
  }

  /** Runs a program in it; `env` sets variables, or takes them away. */
  async run(
    words: string[],
    env: Record<string, string | undefined> = {},
  ): Promise<{ code: number; text: string }> {
    const [program = "", ...args] = this.umask === undefined
      ? words
      : ["sh", "-c", `umask ${this.umask} && exec "$@"`, "sh", ...words];
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args,
      cwd: this.path("."),
      clearEnv: true,
      env: Object.fromEntries(
        Object.entries({ ...Deno.env.toObject(), ...FIXED, ...env })
          .filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
  }

  /** Runs a file of it with Deno. */
  script(
    [file = "", ...args]: string[],
    env: Record<string, string | undefined> = {},
  ): Promise<{ code: number; text: string }> {
    const deno = [Deno.execPath(), "run", "-A", "--no-check"];
    return this.run([...deno, file, ...args], env);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }

  async #succeed(words: string[]): Promise<void> {
    const { code, text } = await this.run(words);
    if (code !== 0) throw new Error(`${words.join(" ")}: ${text}`);
  }
}

function copy(from: string, to: string): void {
  if (Deno.statSync(from).isFile) {
    Deno.copyFileSync(from, to);
    return;
  }
  Deno.mkdirSync(to);
  for (const { name } of Deno.readDirSync(from)) {
    copy(join(from, name), join(to, name));
  }
}
