import { join } from "@std/path";
import { messageOf, ZddError } from "../error.ts";
import { readIfExists, removeIfExists, writeAtomically } from "./files.ts";
import { askManager, type Manager } from "./service_manager.ts";

/** Where an administrator's or a user's own units are (systemd.unit(5)). */
function directoryOf(manager: Manager): string {
  if (manager === "system") return "/etc/systemd/system";
  const home = Deno.env.get("HOME") ?? "";
  const config = Deno.env.get("XDG_CONFIG_HOME") || join(home, ".config");
  return join(config, "systemd/user");
}

/** A unit that zdd has written, or would write. */
export interface UnitFile {
  /** Such as `zdd-app.service`. */
  name: string;
  manager: Manager;
}

/** The path of a unit's file. */
export function pathOf({ name, manager }: UnitFile): string {
  return join(directoryOf(manager), name);
}

/** The text of a unit's file; undefined if there is none. */
export function readUnit(unit: UnitFile): string | undefined {
  return readIfExists(pathOf(unit));
}

/** Whether a unit is started at boot. */
export async function isEnabled({ name, manager }: UnitFile): Promise<boolean> {
  return (await askManager(manager, ["systemctl", "is-enabled", "--", name]))
    .success;
}

/**
 * Writes a unit and enables it, so that it starts at every boot.
 *
 * @throws {ZddError} with systemd's message, if that fails.
 */
export async function enableUnit(unit: UnitFile, text: string): Promise<void> {
  const path = pathOf(unit);
  try {
    Deno.mkdirSync(directoryOf(unit.manager), { recursive: true });
  } catch (error) {
    throw new ZddError(`Cannot write "${path}": ${messageOf(error)}`);
  }
  writeAtomically(path, text);
  await control(unit, ["daemon-reload"]);
  // Not just "enable", in case its WantedBy= has changed.
  await control(unit, ["reenable", "--", unit.name]);
}

/**
 * Disables and removes a unit. If it is running, it keeps running.
 *
 * @throws {ZddError} with systemd's message, if that fails.
 */
export async function disableUnit(unit: UnitFile): Promise<void> {
  await control(unit, ["disable", "--", unit.name]);
  removeIfExists(pathOf(unit));
  await control(unit, ["daemon-reload"]);
}

async function control({ manager }: UnitFile, args: string[]): Promise<void> {
  const command = ["systemctl", "--quiet", ...args];
  const { success, words } = await askManager(manager, command);
  if (success) return;
  throw new ZddError(`${command.join(" ")} failed`, {
    quote: words.trim().split("\n"),
    source: "systemctl",
  });
}

/** Quotes a text as one word in a unit's line (systemd.syntax(7), systemd.service(5)). */
export function quoteForUnit(text: string): string {
  const escaped = text.replaceAll("%", "%%").replace(/["\\]/g, "\\$&")
    .replaceAll("\n", "\\n");
  return `"${escaped}"`;
}

/** Quotes a word of a command in a unit, where `$` would begin a variable. */
export function quoteForExec(text: string): string {
  return quoteForUnit(text).replaceAll("$", "$$$$");
}
