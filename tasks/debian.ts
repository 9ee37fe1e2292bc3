/**
 * Makes a Debian package of an executable: zddeploy in /usr/bin, with its completion, man
 * page and changelog in Debian's places. The same commit makes the same package.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { scriptFor } from "../lib/cli/completion/shells.ts";
import { manPage } from "../lib/cli/help/man_page.ts";
import { COMMANDS } from "../lib/commands/commands.ts";
import { VERSION } from "../lib/text/version.ts";
import type { Architecture } from "./executable/compiler.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));

/** Debian's names for processors. */
const DEBIAN: Record<Architecture, string> = {
  x86_64: "amd64",
  aarch64: "arm64",
};

/** The file name of a package: `zddeploy_0.1.0_amd64.deb`. */
export function packageName(architecture: Architecture): string {
  return `zddeploy_${VERSION}_${DEBIAN[architecture]}.deb`;
}

/** Whether packages can be made here. */
export async function canMakePackages(): Promise<boolean> {
  try {
    return (await run(["dpkg-deb", "--version"])).success;
  } catch {
    return false;
  }
}

/**
 * Writes the package of an executable to a directory. Returns its path.
 *
 * @throws {Error} with dpkg-deb's message, if it fails.
 */
export async function makePackage(
  architecture: Architecture,
  executable: string,
  directory: string,
): Promise<string> {
  const root = Deno.makeTempDirSync({ prefix: "zdd-package-" });
  try {
    const make = (path: string) => {
      if (path !== root) make(dirname(path));
      Deno.mkdirSync(path, { recursive: true });
      Deno.chmodSync(path, 0o755); // whatever the umask is; dpkg-deb refuses 0777
    };
    const write = (
      path: string,
      content: string | Uint8Array,
      mode = 0o644,
    ) => {
      const file = join(root, path);
      make(dirname(file));
      if (typeof content === "string") Deno.writeTextFileSync(file, content);
      else Deno.writeFileSync(file, content);
      Deno.chmodSync(file, mode);
    };
    make(join(root, "usr/bin"));
    Deno.copyFileSync(executable, join(root, "usr/bin/zddeploy"));
    Deno.chmodSync(join(root, "usr/bin/zddeploy"), 0o755);
    const text = (name: string) => Deno.readTextFileSync(join(ROOT, name));
    const share = "usr/share";
    write(
      `${share}/bash-completion/completions/zddeploy`,
      scriptFor("bash") + "\n",
    );
    write(`${share}/zsh/vendor-completions/_zddeploy`, scriptFor("zsh") + "\n");
    write(
      `${share}/fish/vendor_completions.d/zddeploy.fish`,
      scriptFor("fish") + "\n",
    );
    write(
      `${share}/man/man1/zddeploy.1.gz`,
      await compressed(await manPage(COMMANDS)),
    );
    write(`${share}/doc/zddeploy/copyright`, text("LICENSE"));
    write(
      `${share}/doc/zddeploy/changelog.gz`,
      await compressed(text("CHANGELOG.md")),
    );
    write("DEBIAN/control", control(architecture, sizeOf(root)));
    const file = join(directory, packageName(architecture));
    // Debian 12 and Ubuntu 22.04 can read zstd, which takes half a second instead of xz's
    // ten.
    const { success, text: said } = await run([
      ...["dpkg-deb", "--root-owner-group", "-Zzstd", "--build", root, file],
    ], { SOURCE_DATE_EPOCH: await commitTime() });
    if (!success) throw new Error(`Cannot make ${file}:\n${said}`);
    return file;
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

/** deb-control(5). Deno's runtime is linked to glibc 2.27. */
function control(architecture: Architecture, kilobytes: number): string {
  return `Package: zddeploy
Version: ${VERSION}
Architecture: ${DEBIAN[architecture]}
Maintainer: The zdd maintainers <zdd@localhost>
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.27), libgcc-s1
Recommends: nginx
Suggests: logrotate
Section: admin
Priority: optional
Description: put a new version of a web service live without failing a request
 zddeploy starts the new version of a service beside the old one, waits until it
 answers, points nginx at it, lets the old one finish its work, and stops it.
 Nothing of it keeps running.
`;
}

/** The size of a directory's files in KiB, each rounded up. */
function sizeOf(directory: string): number {
  return [...Deno.readDirSync(directory)].map(({ name, isDirectory }) => {
    const path = join(directory, name);
    return isDirectory
      ? 1 + sizeOf(path)
      : Math.ceil(Deno.statSync(path).size / 1024);
  }).reduce((sum, size) => sum + size, 0);
}

/** Compresses without a name and a time, which would differ. */
async function compressed(text: string): Promise<Uint8Array> {
  const child = new Deno.Command("gzip", {
    args: ["-9", "-n"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return (await child.output()).stdout;
}

/** When the commit was made, in seconds since 1970; 0 if there is none. */
async function commitTime(): Promise<string> {
  const { success, text } = await run([
    ...["git", "-C", ROOT, "log", "-1", "--format=%ct"],
  ]).catch(() => ({ success: false, text: "" }));
  return success ? text.trim() : "0";
}

async function run(
  [program = "", ...args]: string[],
  env: Record<string, string> = {},
): Promise<{ success: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}
