// HTTP/1.0 requests to a unix socket. Every server speaks HTTP/1.0, since nginx used only
// that for a long time. An answer has no chunks and ends with its connection. `fetch` sends
// a whole URL to a socket, as to a proxy (`GET http://localhost/up`), and servers without a
// framework parse a wrong path from that. node:http of Deno 2.7 hangs if a server closes
// the connection early.

/** An answer whose body may still be arriving. */
export interface Reply {
  status: number;
  body: AsyncIterable<Uint8Array> | null;
}

/** How long the status line and the headers may be, in bytes. */
const LONGEST_HEAD = 16 * 1024;

/**
 * GETs a path over a connection.
 *
 * @throws {Error} if the answer breaks off or isn't HTTP. So does reading the body.
 */
export async function askSocket(
  connection: Deno.Conn,
  path: string,
  headers: Record<string, string>,
): Promise<Reply> {
  const lines = Object.entries(headers).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  const request = `GET ${path} HTTP/1.0\r\n${lines.join("")}\r\n`;
  const bytes = new TextEncoder().encode(request);
  for (let sent = 0; sent < bytes.length;) {
    sent += await connection.write(bytes.subarray(sent));
  }
  const source = connection.readable[Symbol.asyncIterator]();
  let head = "";
  let end: RegExpExecArray | null = null;
  while (end === null) {
    const { value, done } = await source.next();
    if (done) throw new Deno.errors.UnexpectedEof("connection closed");
    head += latin1(value); // one character per byte
    end = /\r?\n\r?\n/.exec(head);
    if (!"HTTP/1.".startsWith(head.slice(0, 7)) || head.length > LONGEST_HEAD) {
      break;
    }
  }
  const [, digits] = /^HTTP\/1\.\d (\d{3})\b/.exec(head) ?? [];
  const [, length] = /^content-length:[ \t]*(.*?)\s*$/im
    .exec(head.slice(0, end?.index)) ?? [];
  if (
    end === null || digits === undefined ||
    length !== undefined && !/^\d{1,15}$/.test(length)
  ) {
    throw new Error(
      `the answer isn't HTTP: ${JSON.stringify(head.slice(0, 80))}`,
    );
  }
  const status = Number(digits);
  const first = Uint8Array.from(
    head.slice(end.index + end[0].length),
    (character) => character.charCodeAt(0),
  );
  const isEmpty = status === 204 || status === 304;
  const expected = isEmpty ? 0 : Number(length ?? Infinity);
  return { status, body: bodyOf(first, source, expected) };
}

/** The bytes of a body; all bytes if its length is unknown. */
async function* bodyOf(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array> {
  yield first;
  for (let read = first.length; read < length;) {
    const { value, done } = await rest.next();
    if (done && length === Infinity) return;
    if (done) throw new Deno.errors.UnexpectedEof("connection closed");
    yield value;
    read += value.length;
  }
}

/** Decodes each byte to the character with its number. TextDecoder's latin1 is windows-1252. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
