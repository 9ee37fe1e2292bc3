import { dirname, join } from "@std/path";
import { messageOf } from "../error.ts";
import { type Slot, SLOTS } from "../instance/slots.ts";
import { parseAddress } from "../system/address.ts";
import { lengthenQueue } from "../system/backlog.ts";
import { descriptorLimit } from "../system/descriptors.ts";
import { removeIfExists } from "../system/files.ts";
import { makeDirectory } from "../system/held.ts";
import { Relay } from "../system/relay.ts";
import { sleep, waitUntil } from "../system/wait.ts";
import { linkKey } from "./identifiers.ts";
import { LiveLinks } from "./links.ts";
import { slotsInLink } from "./route.ts";
import { HELD, HOLD } from "./steering.ts";

/** What is held, and for how long: a line of JSON for the process that does it. */
export interface HoldOrder {
  stateDir: string;
  places: HoldPlace[];
  /** ms at most. */
  max: number;
}

/** A socket to which nginx passes requests that are held. */
export interface HoldPlace {
  service: string;
  path: string;
  /** Where they would have gone; undefined for a service without slots. */
  slot?: Slot;
  /** The addresses of each slot. */
  slots: Partial<Record<Slot, readonly string[]>>;
}

/** What that process tells, a line of JSON each. */
export type HoldEvent =
  /** From now on requests can be sent there. */
  | { event: "ready" }
  /** They go on; `late` if nobody has let them go on in time. */
  | { event: "released"; held: number; late: boolean }
  /** All of them have been handed on, but for those that nobody took. */
  | { event: "handed on"; lost: number }
  | { event: "failed"; message: string };

/** How often is looked whether the link is still there, in ms. */
const LOOK = 5;
/**
 * How long requests are passed on that come late, in ms: a worker may have looked at the
 * link before it was removed.
 */
const LINGER = 5000;
/** How many descriptors are left for all else. */
const SPARE = 64;
/** How long to wait if there is no descriptor for one more connection, in ms. */
const FULL = 50;

/**
 * Holds requests until the link `steering/hold` is removed, or `orders` end because whoever
 * gave the order has died, or the time is over; removes the link itself then. Returns when
 * the last of them has been answered.
 */
export async function holdRequests(
  order: HoldOrder,
  orders: Promise<unknown>,
  tell: (event: HoldEvent) => void,
): Promise<void> {
  const links = new LiveLinks(order.stateDir);
  const held: { relay: Relay; place: HoldPlace }[] = [];
  const relays = new Set<Promise<void>>();
  let lastOne = 0;
  // When one is handed on, it takes two.
  const most = Math.floor((descriptorLimit() - SPARE) / 2);
  for (const place of order.places) {
    const listener = listen(place.path);
    accept(listener, () => relays.size < most, (connection) => {
      const relay = new Relay(connection);
      lastOne = performance.now();
      held.push({ relay, place });
      relays.add(relay.done);
      relay.done.finally(() => relays.delete(relay.done));
      if (isReleased) handOn();
    });
  }
  let isReleased = false;
  tell({ event: "ready" });
  const late = await untilReleased(links, orders, order);
  isReleased = true;
  const count = held.filter(({ relay }) => !relay.isAbandoned).length;
  tell({ event: "released", held: count, late });
  tell({ event: "handed on", lost: await handOn() });
  do await sleep(LINGER / 10); while (
    relays.size > 0 || performance.now() - lastOne < LINGER
  );

  /** Hands on what is held. Returns how many nobody took. */
  async function handOn(): Promise<number> {
    let turn = 0;
    const taken = await Promise.all(
      held.splice(0).map(({ relay, place }) =>
        relay.handOn(inTurn(addressesNow(links, place), turn++))
      ),
    );
    return taken.filter((isTaken) => !isTaken).length;
  }
}

/** @returns whether the link had to be removed here */
async function untilReleased(
  links: LiveLinks,
  orders: Promise<unknown>,
  { max }: HoldOrder,
): Promise<boolean> {
  // Not that of a later pause, if this process was stopped for a while.
  let own: string | undefined;
  const isThere = () => {
    own ??= links.read(HOLD);
    return own !== undefined && links.read(HOLD) === own;
  };
  let isOver = false;
  const end = () => isOver = true;
  orders.then(end, end);
  let wasThere = false;
  await waitUntil(() => {
    wasThere ||= isThere();
    return isOver || wasThere && !isThere() ? true : undefined;
  }, { timeout: max, interval: LOOK, slowest: LOOK });
  if (!isThere()) return false;
  links.point(HOLD, undefined);
  return true;
}

function listen(path: string): Deno.UnixListener {
  makeDirectory(dirname(path))[Symbol.dispose]();
  removeIfExists(path);
  const listener = Deno.listen({ transport: "unix", path });
  lengthenQueue(path);
  Deno.chmodSync(path, 0o666); // nginx's workers are another user
  return listener;
}

/** Those who come while there is no room wait in the kernel's queue. */
async function accept(
  listener: Deno.UnixListener,
  hasRoom: () => boolean,
  take: (connection: Deno.Conn) => void,
): Promise<never> {
  for (;;) {
    try {
      while (!hasRoom()) await sleep(FULL);
      take(await listener.accept());
    } catch {
      await sleep(FULL);
    }
  }
}

/** The addresses of those who serve now, as nginx finds them. */
function addressesNow(links: LiveLinks, { service, slot, slots }: HoldPlace) {
  const texts = slot === undefined
    ? links.addresses(linkKey(service, false))
    : slots[slotNow(slot, links.read(linkKey(service, true)))] ?? [];
  return texts.flatMap((text) => parseAddress(text) ?? []);
}

/** The same slot if it still serves, or else the one that does. */
function slotNow(slot: Slot, target = ""): Slot {
  const serving = slotsInLink(target);
  return serving.length === 0 || serving.includes(slot)
    ? slot
    : serving[0] ?? SLOTS[0];
}

/** A list that begins with another item at each turn. */
function inTurn<T>(list: readonly T[], turn: number): T[] {
  const first = list.length === 0 ? 0 : turn % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

/**
 * Makes ready what the link `steering/hold` leads to: a name for each service. Returns the
 * link's text.
 *
 * @param holder the process that holds requests, if nginx can see it: each name leads to
 * it, so that nginx finds nothing any more when it is gone, whoever else has died
 */
export function prepareHold(
  live: string,
  services: readonly string[],
  holder?: number,
): string {
  const name = join(HELD, crypto.randomUUID().slice(0, 8));
  using directory = makeDirectory(join(live, name));
  for (const service of services) {
    const file = `${directory.path}/${service}`;
    if (holder !== undefined) {
      // Everybody may look there, and a zombie has none (proc(5)).
      Deno.symlinkSync(`/proc/${holder}/net/unix`, file);
    } else {
      Deno.openSync(file, { write: true, createNew: true, mode: 0o644 })
        .close();
    }
  }
  return join("..", name);
}

/** Runs as a process of its own: reads an order, obeys, and tells on its output. */
export async function runHold(): Promise<void> {
  const tell = (event: HoldEvent) => {
    try {
      Deno.stdout.writeSync(
        new TextEncoder().encode(JSON.stringify(event) + "\n"),
      );
    } catch { /* nobody listens any more */ }
  };
  const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .getReader();
  try {
    let line = "";
    while (!line.includes("\n")) {
      const { value, done } = await input.read();
      if (done) return;
      line += value;
    }
    await holdRequests(JSON.parse(line), input.read(), tell);
  } catch (error) {
    tell({ event: "failed", message: messageOf(error) });
  }
}
