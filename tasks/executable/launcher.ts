/**
 * The entry point of the executable. It runs the program's scripts, which script.ts made of
 * its modules, with the code that V8 has compiled of them in advance; see compiled_code.ts.
 */
import process from "node:process";
import { Script } from "node:vm";

type Exports = Record<string, unknown>;
/** The value of a script; see `toScript`. */
type Run = (
  exports: Exports,
  load: (name: string) => Exports,
  later: (name: string) => Promise<object>,
  builtin: (name: string) => object,
  meta: { main: boolean },
) => void | Promise<void>;

/** Inside the executable: each script, `NAME.script`, and its compiled code, `NAME.code`. */
const DIRECTORY = import.meta.dirname;

const loaded = new Map<string, Exports>();

/** What a module exports. It runs when it is first needed. */
function load(name: string): Exports {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const exports: Exports = {};
  loaded.set(name, exports);
  run(name, exports);
  return exports;
}

function run(name: string, exports: Exports): void | Promise<void> {
  const file = `${DIRECTORY}/${name}`;
  const script = new Script(Deno.readTextFileSync(`${file}.script`), {
    filename: name,
    cachedData: compiledCode(file),
  });
  const run: Run = script.runInThisContext();
  const isMain = name === MAIN;
  return run(exports, load, later, builtin, { main: isMain });
}

function later(name: string): Promise<object> {
  return Promise.resolve().then(() =>
    name.startsWith("node:") ? builtin(name) : load(name)
  );
}

function builtin(name: string): object {
  const module = process.getBuiltinModule(name);
  if (module === undefined) throw new Error(`There is no module "${name}"`);
  return module;
}

let hasCode = true;

/** The compiled code of a script; undefined if there is none for this kind of processor. */
function compiledCode(file: string): Uint8Array | undefined {
  try {
    return hasCode ? Deno.readFileSync(`${file}.code`) : undefined;
  } catch {
    hasCode = false;
    return undefined;
  }
}

const MAIN = "./main.js";
await run(MAIN, {});
