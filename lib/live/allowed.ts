import { isIPv4, isIPv6 } from "node:net";

/** The shortest prefix of a network that can be admitted, in bits. */
const LEAST_BITS = 8;

/** Whether a closed site can admit an address or network; see {@linkcode namesOfAllowed}. */
export function isAllowable(text: string): boolean {
  const [address = "", bits, ...others] = text.split("/");
  if (others.length > 0) return false;
  if (bits === undefined) return isIPv4(address) || isIPv6(address);
  return isIPv4(address) && /^\d{1,2}$/.test(bits) &&
    Number(bits) >= LEAST_BITS && Number(bits) <= 32;
}

/**
 * The names of the files that nginx checks for to admit a client: its address as nginx
 * writes it, or the beginning of it. `10.1.2.0/23` is `10.1.2` and `10.1.3`.
 *
 * @param text `10.1.2.3`, `10.1.0.0/16`, `2001:db8::1`
 */
export function namesOfAllowed(text: string): string[] {
  if (isIPv6(text)) return [new URL(`http://[${text}]`).hostname.slice(1, -1)];
  const [address = "", length = "32"] = text.split("/");
  const bytes = address.split(".").map(Number);
  const bits = Number(length);
  // A name has whole bytes, but a network may cover only the first bits of the last one.
  const count = Math.ceil(bits / 8);
  const begin = bytes.slice(0, count - 1);
  const free = count * 8 - bits;
  const first = (bytes[count - 1] ?? 0) >> free << free;
  return Array.from({ length: 2 ** free }, (_, i) => {
    const name = [...begin, first + i].join(".");
    // An IPv6 listener shows IPv4 clients like this.
    return count < 4 ? [name] : [name, `::ffff:${name}`];
  }).flat();
}
