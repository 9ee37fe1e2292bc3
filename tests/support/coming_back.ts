import { until } from "./until.ts";

/** What clients of a websocket server have seen. */
export interface Seen {
  /** How many were asked to come back. */
  asked: number;
  /** How many connections ended without being asked to come back. */
  cut: number;
  /** When connections to each version were opened, in ms of `performance.now()`. */
  opened: Map<string, number[]>;
}

/** Clients of samples/websocket, which come back when they are asked to. */
export class Clients implements Disposable {
  readonly seen: Seen = { asked: 0, cut: 0, opened: new Map() };
  readonly #open = new Map<WebSocket, string>();
  #isOver = false;

  private constructor(readonly url: string) {}

  /** Connects a number of clients. */
  static async connect(url: string, count: number): Promise<Clients> {
    const clients = new Clients(url);
    // Not more at a time than a listener's queue takes.
    for (let opened = 0; opened < count; opened += 50) {
      const most = Math.min(count, opened + 50);
      for (let i = opened; i < most; i++) clients.#connect();
      await until(`${most} are connected`, () => clients.count() >= most);
    }
    return clients;
  }

  /** How many are connected to a version, or to any. */
  count(version?: string): number {
    const versions = [...this.#open.values()];
    return versions.filter((one) => version === undefined || one === version)
      .length;
  }

  #connect(old?: WebSocket): void {
    const socket = new WebSocket(this.url);
    let wasAsked = false;
    socket.onmessage = ({ data }) => {
      const version = /version (\S+)/.exec(data)?.[1];
      if (version !== undefined) {
        this.#open.set(socket, version);
        const times = this.seen.opened.get(version) ?? [];
        this.seen.opened.set(version, [...times, performance.now()]);
        old?.close();
      } else if (data === "come back") {
        wasAsked = true;
        this.seen.asked++;
        this.#connect(socket);
      }
    };
    socket.onclose = () => {
      this.#open.delete(socket);
      if (!wasAsked && !this.#isOver) this.seen.cut++;
    };
    socket.onerror = () => {};
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const socket of this.#open.keys()) socket.close();
  }
}
