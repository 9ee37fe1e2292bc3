/** CRC-32 as Ethernet and zip have it, its bits in the reverse order. */
const POLYNOMIAL = 0xedb8_8320;

/**
 * The CRC-32 of a text in UTF-8, as eight hexadecimal digits: it differs whenever a single
 * bit does. For small texts; `node:zlib`, which has it too, takes longer to load.
 */
export function crc32(text: string): string {
  let crc = 0xffff_ffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc >>> 1 ^ ((crc & 1) === 1 ? POLYNOMIAL : 0);
    }
  }
  return ((crc ^ 0xffff_ffff) >>> 0).toString(16).padStart(8, "0");
}
