import { main } from "./lib/cli/main.ts";
import { COMMANDS } from "./lib/commands/commands.ts";

if (import.meta.main) Deno.exit(await main(COMMANDS, Deno.args));
