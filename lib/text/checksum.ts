/** The polynomial of CRC-32 in Ethernet and zip, bits reversed. */
const POLYNOMIAL = 0xedb8_8320;

/**
 * The CRC-32 of a text in UTF-8, as eight hexadecimal digits. It detects every change of a
 * single bit. For small texts; `node:zlib` has it too, but takes longer to load.
 */
export function crc32(text: string): string {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => remainder(byte));
  let crc = 0xffff_ffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc = crc >>> 8 ^ (table[(crc ^ byte) & 0xff] ?? 0);
  }
  return ((crc ^ 0xffff_ffff) >>> 0).toString(16).padStart(8, "0");
}

/** The remainder of each byte. */
let table: Uint32Array | undefined;

function remainder(crc: number): number {
  for (let bit = 0; bit < 8; bit++) {
    crc = crc >>> 1 ^ ((crc & 1) === 1 ? POLYNOMIAL : 0);
  }
  return crc;
}
