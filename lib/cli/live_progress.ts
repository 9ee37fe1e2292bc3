import type { Event } from "../deploy/report.ts";
import {
  afterEvent,
  ASCII,
  erase,
  formatEvent,
  FRAME,
  frame,
  mark,
  type Running,
  type Symbols,
  UNICODE,
} from "./display.ts";
import { draw } from "./output.ts";
import type { Style } from "./style.ts";
import { knowsUnicode, screenSize } from "./terminal.ts";

/** The live display: past events, and below them, redrawn in place, what is going on. */
export class LiveProgress {
  readonly #symbols: Symbols = knowsUnicode() ? UNICODE : ASCII;
  readonly #since = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  #running: Running[] = [];
  /** The lines on the screen that are redrawn. */
  #drawn: string[] = [];

  /** @param isWanted whether an event becomes a line that stays */
  constructor(
    readonly style: Style,
    readonly isWanted: (event: Event) => boolean,
  ) {
    this.#timer = setInterval(() => this.#redraw(), FRAME);
    this.#redraw();
  }

  report = (event: Event): void => {
    this.#running = afterEvent(this.#running, event, performance.now());
    if (!this.isWanted(event)) return this.#redraw();
    const sign = mark(event, this.#symbols, this.style);
    this.#redraw(`${sign} ${formatEvent(event, this.style)}\n`);
  };

  end(): void {
    clearInterval(this.#timer);
    draw("stderr", erase(this.#drawn, screenSize().columns));
    this.#drawn = [];
  }

  /** Writes everything at once, so that nothing flickers. */
  #redraw(above = ""): void {
    const { columns, rows } = screenSize();
    const lines = frame(this.#running, this.#since, performance.now(), {
      columns,
      rows,
      symbols: this.#symbols,
      style: this.style,
    });
    const removal = erase(this.#drawn, columns);
    this.#drawn = lines;
    draw("stderr", removal + above + lines.join("\n") + "\n");
  }
}
