/**
 * Makes the files of a release: `deno task release` writes an executable and a Debian
 * package for each kind of processor, install.sh and SHA256SUMS to dist/. The same commit
 * always makes the same files, with the same version of Deno and, for the packages, of
 * dpkg. In a GitHub workflow, install.sh downloads from the page of the release.
 *
 * If there is no denort for a processor (see compile.ts), the others are still built, and
 * the exit status is 1. With `--allow-missing` it is 0 if at least one was built.
 *
 * Only the executable for this machine's own kind of processor gets V8's compiled code,
 * without which a deploy takes a third longer. With `--own`, no other is made.
 */
import { basename, dirname, join } from "@std/path";
import { printMessage, printResult } from "../lib/cli/output.ts";
import { formatTable } from "../lib/cli/table.ts";
import { commitOf } from "../lib/cli/version.ts";
import { VERSION } from "../lib/text/version.ts";
import { messageOf } from "../lib/error.ts";
import { removeIfExists } from "../lib/system/files.ts";
import { canMakePackages, makePackage, packageName } from "./debian.ts";
import { compileFor } from "./compile.ts";
import { bundle, DIST } from "./executable/bundle.ts";
import {
  type Architecture,
  ARCHITECTURES,
  NoRuntime,
} from "./executable/compiler.ts";

/** The build of one executable. */
interface Build {
  architecture: Architecture;
  executable: string;
  /** Its Debian package. */
  package: string;
  /** Why it couldn't be made. */
  missing?: string;
}

/**
 * Makes the executables for which there is a runtime, and their checksums.
 *
 * @throws {Error} with what the compiler or an executable said, if one fails otherwise.
 */
async function release(
  architectures: readonly Architecture[],
): Promise<Build[]> {
  const program = await bundle();
  const sums = join(DIST, "SHA256SUMS");
  const builds = architectures.map((architecture): Build => ({
    architecture,
    executable: join(DIST, `zddeploy-linux-${architecture}`),
    package: join(DIST, packageName(architecture)),
  }));
  // Files of an earlier build must not be mistaken for new ones.
  for (const { executable, package: deb } of builds) {
    removeIfExists(executable);
    removeIfExists(deb);
  }
  removeIfExists(sums);
  for (const build of builds) {
    try {
      await compileFor(build.architecture, program, build.executable);
    } catch (error) {
      if (!(error instanceof NoRuntime)) throw error;
      build.missing = error.message;
    }
  }
  const made = builds.filter(({ missing }) => missing === undefined);
  if (made.length === 0) return builds;
  const files = made.map(({ executable }) => executable);
  if (await canMakePackages()) {
    for (const { architecture, executable } of made) {
      files.push(await makePackage(architecture, executable, DIST));
    }
  } else printMessage("No Debian packages were made: there is no dpkg-deb");
  files.push(installScript());
  Deno.writeTextFileSync(sums, await checksums(files));
  return builds;
}

/** Writes install.sh with the address of the release, if it has one. Returns its path. */
function installScript(): string {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = Deno.env
    .toObject();
  const address = server === undefined || repository === undefined
    ? ""
    : `${server}/${repository}/releases/download/v${VERSION}`;
  const file = join(DIST, "install.sh");
  const text = Deno.readTextFileSync(join(dirname(DIST), "install.sh"));
  Deno.writeTextFileSync(
    file,
    text.replace(/^release=$/m, `release=${address}`),
  );
  Deno.chmodSync(file, 0o755);
  return file;
}

/** The lines that `sha256sum --check` reads. */
async function checksums(files: string[]): Promise<string> {
  const lines: string[] = [];
  for (const file of files) {
    const bytes = await Deno.readFile(file);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    const hex = new Uint8Array(digest).toHex();
    lines.push(`${hex}  ${basename(file)}\n`);
  }
  return lines.join("");
}

function outcomeOf({ architecture, executable, missing }: Build): string {
  if (missing !== undefined) return `not made: ${missing}`;
  const size = `${Math.round(Deno.statSync(executable).size / 1e6)} MB`;
  return architecture === Deno.build.arch
    ? size
    : `${size}, without compiled code`;
}

const OPTIONS = ["--allow-missing", "--own"];

/** Returns the exit status. */
async function main(args: string[]): Promise<number> {
  const unknown = args.find((arg) => !OPTIONS.includes(arg));
  if (unknown !== undefined) {
    const all = OPTIONS.join(" and ");
    printMessage(`There is no option "${unknown}", only ${all}`);
    return 2;
  }
  const builds = await release(
    args.includes("--own") ? [Deno.build.arch] : ARCHITECTURES,
  );
  const commit = commitOf(dirname(import.meta.dirname ?? "")) ?? "no commit";
  printResult(`zddeploy ${VERSION} (${commit}), in dist:`);
  printResult(formatTable(
    builds.map((build) => [basename(build.executable), outcomeOf(build)]),
  ));
  const missing = builds.filter(({ missing }) => missing !== undefined);
  if (missing.length === 0) return 0;
  const isEnough = args.includes("--allow-missing") &&
    missing.length < builds.length;
  if (isEnough) return 0;
  printMessage("The release isn't complete; SHA256SUMS has what was made");
  return 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    printMessage(messageOf(error));
    Deno.exit(1);
  }
}
