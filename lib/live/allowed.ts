import { isIPv4, isIPv6 } from "node:net";

/** A network that is smaller than all addresses that begin with the same byte. */
const LEAST_BITS = 8;

/** Whether an address or network can be let through a closed site: see {@linkcode namesOfAllowed}. */
export function isAllowable(text: string): boolean {
  const [address = "", bits, ...others] = text.split("/");
  if (others.length > 0) return false;
  if (bits === undefined) return isIPv4(address) || isIPv6(address);
  return isIPv4(address) && /^\d{1,2}$/.test(bits) &&
    Number(bits) >= LEAST_BITS && Number(bits) <= 32;
}

/**
 * The names of the files that nginx asks for to let a client through: its address as nginx
 * writes it, or the beginning of it. `10.1.2.0/23` is `10.1.2` and `10.1.3`.
 *
 * @param text `10.1.2.3`, `10.1.0.0/16`, `2001:db8::1`
 */
export function namesOfAllowed(text: string): string[] {
  if (isIPv6(text)) return [new URL(`http://[${text}]`).hostname.slice(1, -1)];
  const [address = "", length = "32"] = text.split("/");
  const bytes = address.split(".").map(Number);
  const bits = Number(length);
  // A name has whole bytes; of the last one, a network may have only the first bits.
  const count = Math.ceil(bits / 8);
  const begin = bytes.slice(0, count - 1);
  const free = count * 8 - bits;
  const first = (bytes[count - 1] ?? 0) >> free << free;
  return Array.from({ length: 2 ** free }, (_, i) => {
    const name = [...begin, first + i].join(".");
    // A listener for IPv6 shows clients of IPv4 so.
    return count < 4 ? [name] : [name, `::ffff:${name}`];
  }).flat();
}
