/** Runs a command. Only `denort` says which runtime `deno compile` uses. */
export async function run(
  [program = "", ...args]: string[],
  denort?: string,
): Promise<{ success: boolean; text: string }> {
  const { DENORT_BIN: _, ...env } = Deno.env.toObject();
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { ...env, NO_COLOR: "1", ...denort && { DENORT_BIN: denort } },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  return { success, text: text.replace(/\n+Stack backtrace:.*/s, "") };
}
