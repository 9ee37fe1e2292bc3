import { spellControls } from "../text/controls.ts";
import { draw, printResult } from "./output.ts";
import { cut } from "./style.ts";
import { ESCAPE, screenSize } from "./terminal.ts";

/** Switch to the alternate screen and back (xterm, 1049). */
const OWN_SCREEN = `${ESCAPE}[?1049h`;
const SHARED_SCREEN = `${ESCAPE}[?1049l`;

/**
 * Shows a text repeatedly until SIGINT or SIGTERM, or until nobody reads it: in place on a
 * terminal, else one after the other. The last text stays on the terminal.
 *
 * @param interval in ms
 */
export async function watch(
  text: () => string,
  interval: number,
): Promise<void> {
  const inPlace = Deno.stdout.isTerminal();
  const ended = endOf(["SIGINT", "SIGTERM"]);
  let last = "";
  if (inPlace) draw("stdout", OWN_SCREEN);
  try {
    do {
      last = text();
      const isRead = inPlace
        ? draw("stdout", onScreen(last, screenSize()))
        : printResult(last);
      if (!isRead) break;
    } while (!await ended.within(interval));
  } finally {
    if (inPlace) draw("stdout", SHARED_SCREEN);
  }
  if (inPlace) printResult(last);
}

/** Draws a text from the upper left corner of the screen. What doesn't fit is left out. */
export function onScreen(
  text: string,
  { columns, rows }: { columns: number; rows: number },
): string {
  const lines = text.split("\n").slice(0, rows - 1).map((line) =>
    cut(spellControls(line), columns)
  );
  // Each line clears its rest: clearing the whole screen first would flicker.
  return `${ESCAPE}[H` + lines.map((line) => `${line}${ESCAPE}[K\n`).join("") +
    `${ESCAPE}[J`;
}

/** Listens for signals that end the watch. */
function endOf(signals: Deno.Signal[]) {
  let end = () => {};
  const ended = new Promise<void>((resolve) => end = resolve);
  for (const name of signals) Deno.addSignalListener(name, end);
  return {
    /** Waits for a signal for at most `ms`. Returns whether one came. */
    async within(ms: number): Promise<boolean> {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const over = new Promise<false>((resolve) =>
        timer = setTimeout(() => resolve(false), ms)
      );
      const came = await Promise.race([over, ended.then(() => true)]);
      clearTimeout(timer);
      if (came) {
        for (const name of signals) Deno.removeSignalListener(name, end);
      }
      return came;
    },
  };
}
