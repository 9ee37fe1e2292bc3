/**
 * Prints the section of a release in CHANGELOG.md, for the release page:
 * `deno run --allow-read tasks/changelog.ts v0.1.0`. Fails if there is none, or if the tag
 * doesn't match the version in deno.json.
 */
import { printMessage, printResult } from "../lib/cli/output.ts";
import { VERSION } from "../lib/text/version.ts";
import { messageOf } from "../lib/error.ts";

/**
 * The section of a version, without its heading: `## 0.1.0 - 2026-12-01` or
 * `## [0.1.0] - 2026-12-01` (https://keepachangelog.com/en/1.1.0/).
 *
 * @throws {Error} if there is none, or if it is empty.
 */
export function sectionOf(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const names = sections.map((section) =>
    /^\[?([^\]\s]*)/.exec(section)?.[1] ?? ""
  );
  const section = sections[names.indexOf(version)];
  if (section === undefined) {
    throw new Error(
      `CHANGELOG.md has no section "## ${version}", only: ${names.join(", ")}`,
    );
  }
  const body = section.replace(/^.*\n?/, "")
    // The URLs of linked headings come after the last section.
    .replace(/^\[[^\]]+\]: .*\n?/gm, "").trim();
  if (body !== "") return body;
  throw new Error(`CHANGELOG.md says nothing of ${version}`);
}

/**
 * The version that a tag names.
 *
 * @throws {Error} if it isn't `expected`.
 */
export function versionOfTag(tag: string, expected: string): string {
  if (tag === `v${expected}`) return expected;
  throw new Error(
    `The tag isn't of deno.json's version: expected "v${expected}", got "${tag}"`,
  );
}

if (import.meta.main) {
  try {
    const changelog = new URL("../CHANGELOG.md", import.meta.url);
    const version = versionOfTag(Deno.args[0] ?? "", VERSION);
    printResult(sectionOf(Deno.readTextFileSync(changelog), version));
  } catch (error) {
    printMessage(messageOf(error));
    Deno.exit(1);
  }
}
