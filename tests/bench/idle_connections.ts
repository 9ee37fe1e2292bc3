/**
 * Opens N connections to itself and keeps them: `deno run -A idle_connections.ts N`.
 * Prints a line when they are open, and runs until it is killed.
 */
import { printResult } from "../../lib/cli/output.ts";

const count = Number(Deno.args[0]);
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = listener.addr;
const held: Deno.Conn[] = [];
for (let i = 0; i < count; i++) {
  const [theirs, ours] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  held.push(theirs, ours);
}
printResult(`${held.length / 2} connections`);
setInterval(() => {}, 1000_000);
