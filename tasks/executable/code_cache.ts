/**
 * Run when the executable is made, by the same runtime: writes V8's compiled code of each
 * script, or checks whether V8 takes it.
 *
 * Usage: code_cache.ts write|check DIRECTORY
 *
 * See compiled_code.ts for why it is run with different flags.
 */
import { Script } from "node:vm";

const [command, directory = "."] = Deno.args;
for (const { name } of Deno.readDirSync(directory)) {
  if (!name.endsWith(".script")) continue;
  const file = `${directory}/${name.replace(/\.script$/, ".code")}`;
  const text = Deno.readTextFileSync(`${directory}/${name}`);
  if (command === "write") {
    Deno.writeFileSync(file, new Script(text).createCachedData());
  } else {
    const { cachedDataRejected: isRejected } = new Script(text, {
      cachedData: Deno.readFileSync(file),
    });
    if (isRejected) throw new Error(`V8 doesn't take "${file}"`);
  }
}
