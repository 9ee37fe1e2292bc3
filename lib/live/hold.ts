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

/** Which requests to hold, and for how long: a line of JSON for the process that does it. */
export interface HoldOrder {
  stateDir: string;
  places: HoldPlace[];
  /** The longest hold, in ms. */
  max: number;
}

/** A socket that nginx passes held requests to. */
export interface HoldPlace {
  service: string;
  path: string;
  /** The slot they were meant for; undefined for a service without slots. */
  slot?: Slot;
  /** The addresses of each slot. */
  slots: Partial<Record<Slot, readonly string[]>>;
}

/** What that process reports, each as a line of JSON. */
export type HoldEvent =
  /** The sockets accept requests now. */
  | { event: "ready" }
  /** The hold is over; `late` if it wasn't released in time. */
  | { event: "released"; held: number; late: boolean }
  /** All have been handed on, except those that no instance took. */
  | { event: "handed on"; lost: number }
  | { event: "failed"; message: string };

/** How often to check whether the link is still there, in ms. */
const LOOK = 5;
/**
 * How long late requests are still passed on, in ms: a worker may have seen the link before
 * it was removed.
 */
const LINGER = 5000;
/** How many descriptors are reserved for other uses. */
const SPARE = 64;
/** How long to wait if there is no descriptor for another connection, in ms. */
const FULL = 50;

/**
 * Holds requests until the link `steering/hold` is removed. Removes it itself after `max`,
 * or when `orders` ends because the process that gave the order has died. Returns when the
 * last request has been answered.
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
  // A connection that is handed on takes two descriptors.
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

  /** Hands on all held requests. Returns how many no instance took. */
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
  // Not the link of a later pause, in case this process was suspended for a while.
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
  Deno.chmodSync(path, 0o666); // nginx's workers run as another user
  return listener;
}

/** Accepts connections. If there is no room, they wait in the kernel's queue. */
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

/** The addresses of the instances that serve now, from the links that nginx follows. */
function addressesNow(links: LiveLinks, { service, slot, slots }: HoldPlace) {
  const texts = slot === undefined
    ? links.addresses(linkKey(service, false))
    : slots[slotNow(slot, links.read(linkKey(service, true)))] ?? [];
  return texts.flatMap((text) => parseAddress(text) ?? []);
}

/** The same slot if it still serves, otherwise the one that does. */
function slotNow(slot: Slot, target = ""): Slot {
  const serving = slotsInLink(target);
  return serving.length === 0 || serving.includes(slot)
    ? slot
    : serving[0] ?? SLOTS[0];
}

/** The list rotated, so that each turn begins with another item. */
function inTurn<T>(list: readonly T[], turn: number): T[] {
  const first = list.length === 0 ? 0 : turn % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

/**
 * Prepares what the link `steering/hold` leads to: a file or link for each service. Returns
 * the link's text.
 *
 * @param holder the process that holds requests, if nginx can see it. The names are links
 * to a file of that process, so that nginx finds none any more when it is gone
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
      // Every user may see this file, and a zombie has none (proc(5)).
      Deno.symlinkSync(`/proc/${holder}/net/unix`, file);
    } else {
      Deno.openSync(file, { write: true, createNew: true, mode: 0o644 })
        .close();
    }
  }
  return join("..", name);
}

/** Runs in its own process: reads an order from its input, and reports on its output. */
export async function runHold(): Promise<void> {
  const tell = (event: HoldEvent) => {
    try {
      Deno.stdout.writeSync(
        new TextEncoder().encode(JSON.stringify(event) + "\n"),
      );
    } catch { /* the reader is gone */ }
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
