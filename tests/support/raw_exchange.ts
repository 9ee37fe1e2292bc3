/**
 * Sends bytes to a port of this host, and returns everything that comes back until the
 * other side closes the connection. Each byte is one character.
 */
export async function exchange(
  port: number,
  request: string,
  { halfClose = false } = {},
): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(Uint8Array.from(request, (c) => c.charCodeAt(0)));
  if (halfClose) await connection.closeWrite();
  let text = "";
  try {
    for await (const chunk of connection.readable) {
      for (const byte of chunk) text += String.fromCharCode(byte);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return text;
}
