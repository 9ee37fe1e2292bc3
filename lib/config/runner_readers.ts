import { exists } from "../system/files.ts";
import type { Place } from "./key.ts";
import { path } from "./readers.ts";
import { splitWords } from "./values.ts";

// Readers for keys that only some runners use.

/** What supervises instances. */
export function supervisor(text: string, place: Place): "none" | "systemd" {
  const word = text.toLowerCase();
  if (word === "none" || word === "systemd") return word;
  place.reject("none or systemd");
  return "none";
}

/** The engine that runs containers. */
export function containerEngine(
  text: string,
  place: Place,
): "docker" | "podman" {
  const word = text.toLowerCase();
  if (word === "docker" || word === "podman") return word;
  place.reject("docker or podman");
  return "docker";
}

/** The name of an image, which may contain `{release}`. */
export function image(text: string, place: Place): string {
  if (!/^[\w{][\w.:/@{}+-]*$/.test(text)) {
    place.reject("the name of an image, such as app:{release}");
  }
  return text;
}

/** A TCP port. */
export function portNumber(text: string, place: Place): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 65535) {
    place.reject("a port from 1 to 65535");
    return 1;
  }
  return number;
}

/** The name of a container network. */
export function network(text: string, place: Place): string {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(text) || text === "none") {
    place.reject("host, bridge, or the name of a network");
  }
  return text;
}

/** Volumes of a container, one `SOURCE:TARGET` per line; relative sources are made absolute. */
export function volumes(text: string, place: Place): string[] {
  return linesOf(text).map((line) => {
    const [, source = "", rest = ""] = /^([^:]+):(\/[^:]*(?::[\w,]+)?)$/
      .exec(line) ?? [];
    if (source === "" || source.startsWith("-")) {
      place.reject("lines such as ./data:/data or data:/data:ro", line);
    }
    if (!/[/~]|^\.+$/.test(source)) return `${source}:${rest}`;
    const found = path(source, place);
    // The engine would create a directory for a missing source.
    if (!exists(found)) place.reject("a file or directory", found);
    return `${found}:${rest}`;
  });
}

/** Words with quotes as in a shell. */
export function words(text: string, place: Place): string[] {
  const split = splitWords(text);
  if (split === undefined) place.reject("words with balanced quotes");
  return split ?? [];
}

/** The values of systemd's `Restart=` (systemd.service(5)), and those of container engines. */
const RESTART_POLICIES = [
  ...["no", "always", "on-success", "on-failure", "on-abnormal"],
  ...["on-abort", "on-watchdog"],
  "unless-stopped", // container engines only
];

/** When systemd or a container engine restarts an instance. */
export function restartPolicy(text: string, place: Place): string {
  const word = text.toLowerCase();
  if (!RESTART_POLICIES.includes(word)) {
    place.reject(RESTART_POLICIES.join(", "));
  }
  return word;
}

/** A size in the format of systemd: bytes, with K, M, G or T, or a percentage of the host's memory. */
export function memorySize(text: string, place: Place): string {
  const size = text.replace(/B$/i, "").replaceAll(" ", "").toUpperCase();
  if (!/^\d+(\.\d+)?[KMGT%]?$/.test(size)) {
    place.reject("a size such as 500M or 1G");
  }
  return size;
}

/** Properties of a unit, one `Key=Value` per line. */
export function properties(text: string, place: Place): string[] {
  const lines = linesOf(text);
  const wrong = lines.find((line) => !/^[A-Z][A-Za-z]*=/.test(line));
  if (wrong !== undefined) {
    place.reject("lines such as CPUQuota=50%", wrong);
  }
  return lines;
}

/** The lines of a text that aren't blank, trimmed. */
function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
}
