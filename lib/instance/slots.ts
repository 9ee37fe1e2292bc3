import { join } from "@std/path";
import {
  type Address,
  formatAddress,
  parseAddress,
  tryConnect,
} from "../system/address.ts";
import { ZddError } from "../error.ts";
import { removeIfExists } from "../system/files.ts";
import { hold } from "../system/held.ts";

/**
 * If zdd assigns the addresses of a service, there are sets of them, fixed in advance: one
 * serves, and the next release starts in another. The third is for services that keep a
 * standby.
 */
export const SLOTS = ["a", "b", "c"] as const;
export type Slot = typeof SLOTS[number];

/** The addresses of each slot, one per instance: `127.0.0.1:20001` or `unix:/path`. */
export type Slots = Readonly<Partial<Record<Slot, readonly string[]>>>;

/** The slots of a service: as many as it can have releases at once. */
export function slotsOf({ standby }: { standby: boolean }): readonly Slot[] {
  return standby ? SLOTS : SLOTS.slice(0, 2);
}

/** By default, these are below the ports that the kernel gives to clients. */
const USUAL_PORTS = { first: 20_000, last: 29_999 };
/** The minimum number of ports to draw from. */
const ENOUGH = 1000;
/** How many are drawn before zdd gives up: nearly all of ten thousand. */
const TRIES = 50_000;

/**
 * The ports to draw from. None of them is one that the kernel gives to clients (ip(7),
 * ip_local_port_range): a client could have it just when a server needs it.
 */
export function drawnPorts(
  range = readOrEmpty("/proc/sys/net/ipv4/ip_local_port_range"),
): { first: number; last: number } {
  const [, low = "", high = ""] = /^(\d+)\s+(\d+)/.exec(range) ?? [];
  const { first, last } = USUAL_PORTS;
  const isApart = Number(low) > last || Number(high) < first;
  if (low === "" || isApart) return USUAL_PORTS;
  const below = { first: Math.max(1024, Number(low) - 10_000) };
  if (Number(low) - below.first >= ENOUGH) {
    return { ...below, last: Number(low) - 1 };
  }
  return 65_535 - Number(high) >= ENOUGH
    ? { first: Number(high) + 1, last: 65_535 }
    : USUAL_PORTS;
}

function readOrEmpty(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return ""; // there is no /proc/sys in some containers
  }
}

/** Addresses that must not be used, even if they are free. */
export type Reserved = Pick<ReadonlySet<string>, "has">;

/** What the addresses of one service are chosen by. */
export interface SlotPlan {
  service: string;
  kind: "env" | "socket";
  instances: number;
  /** The directory for sockets. */
  directory: string;
}

/**
 * The addresses of a slot in which some instances are about to start. Their known addresses
 * are kept if they are free, and replaced otherwise; those of other instances are kept.
 * Removes sockets that dead instances left behind.
 *
 * @param numbers of the instances to start; 1, 2, …
 * @throws {ZddError} if no port is free.
 */
export async function freeAddresses(
  plan: SlotPlan,
  slot: Slot,
  known: readonly string[],
  numbers: number[],
  others: Reserved,
): Promise<string[]> {
  const chosen: string[] = [];
  for (let number = 1; number <= plan.instances; number++) {
    const before = known[number - 1];
    const usable = before !== undefined && isOfKind(before, plan.kind) &&
      (!numbers.includes(number) ||
        !others.has(before) && await isFree(before));
    let address = usable ? before : undefined;
    for (let tries = 0; address === undefined; tries++) {
      if (tries === TRIES) throw noneFree();
      const proposed = propose(plan, slot, number);
      if (others.has(proposed) || known.includes(proposed)) continue;
      if (chosen.includes(proposed) || !await isFree(proposed)) continue;
      address = proposed;
    }
    chosen.push(address);
  }
  return chosen;
}

/** Whether a value that was read from a file holds the addresses of slots. */
export function isSlots(value: unknown): value is Slots {
  if (
    typeof value !== "object" || value === null || Array.isArray(value)
  ) return false;
  const entries = new Map<string, unknown>(Object.entries(value));
  return SLOTS.every((slot) => {
    const list = entries.get(slot);
    return list === undefined || Array.isArray(list) &&
        list.every((address) =>
          typeof address === "string" && parseAddress(address) !== undefined
        );
  });
}

function propose(
  { kind, directory, service }: SlotPlan,
  slot: Slot,
  number: number,
): string {
  if (kind === "env") {
    const { first, last } = drawnPorts();
    const port = first + Math.floor(Math.random() * (last - first + 1));
    return formatAddress({ host: "127.0.0.1", port });
  }
  // A new name can't be in use.
  const unique = crypto.randomUUID().slice(0, 4);
  const path = join(directory, `${service}-${slot}${number}-${unique}.sock`);
  const address = formatAddress({ path });
  if (parseAddress(address) === undefined) {
    throw new ZddError(
      `Cannot use the socket path "${path}": expected at most 107 bytes, and ` +
        "no blanks, quotes or braces",
      { hint: "set state_dir in [deploy] to a shorter one, such as /run/zdd" },
    );
  }
  return address;
}

function noneFree(): ZddError {
  const { first, last } = drawnPorts();
  return new ZddError(`Cannot find a free port from ${first} to ${last}`, {
    hint: '"ss -ltnp" shows who listens on them; port: socket needs no port',
  });
}

/** Whether an address fits a service's kind of `port`. */
export function isOfKind(address: string, kind: SlotPlan["kind"]): boolean {
  return address.startsWith("unix:") === (kind === "socket");
}

/** Whether nothing listens on an address, so that a service can. */
async function isFree(text: string): Promise<boolean> {
  const address = parseAddress(text);
  if (address === undefined) return false;
  if ("path" in address) return await clearSocket(address.path);
  return canBind(address);
}

function canBind(address: Extract<Address, { port: number }>): boolean {
  try {
    Deno.listen({ hostname: address.host, port: address.port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error; // for example, no descriptors are left: no other port would work
  }
}

async function clearSocket(path: string): Promise<boolean> {
  try {
    using held = hold(path);
    if (!held.stat().isSocket) return false;
    await tryConnect({ path });
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) removeIfExists(path);
    else if (!(error instanceof Deno.errors.NotFound)) return false;
    return true;
  }
}
