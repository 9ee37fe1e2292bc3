// The one door through which zdd prints. Whoever reads may hang up: that is no
// reason to stop half-way through a deploy.

/** Prints to stdout: results. Returns whether anybody may still read them. */
export function printResult(text: string): boolean {
  return write(Deno.stdout, text + "\n");
}

/** Prints to stderr: progress and failures. */
export function printMessage(text: string): void {
  write(Deno.stderr, text + "\n");
}

/** Prints one JSON document to stdout. */
export function printJson(value: unknown): void {
  printResult(JSON.stringify(value, undefined, 2));
}

/** Prints to a terminal as it is, escape sequences included. */
export function draw(to: "stdout" | "stderr", text: string): boolean {
  return write(Deno[to], text);
}

function write(to: typeof Deno.stdout, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let done = 0; done < bytes.length;) {
      done += to.writeSync(bytes.subarray(done));
    }
    return true;
  } catch {
    return false; // closed (EPIPE) or full
  }
}
