/** Where a file system is mounted, and its type. */
export interface Mount {
  point: string;
  /** Such as `ext4` or `tmpfs`. */
  type: string;
}

/** The mount that a path without symbolic links is on (proc(5), `/proc/PID/mountinfo`). */
export function mountOf(path: string): Mount {
  let found: Mount = { point: "/", type: "" };
  for (
    const line of Deno.readTextFileSync("/proc/self/mountinfo").split("\n")
  ) {
    const [place, source] = line.split(" - ");
    const point = unescape(place?.split(" ")[4] ?? "");
    const type = source?.split(" ")[0] ?? "";
    const isAbove = point === "/" || path === point ||
      path.startsWith(`${point}/`);
    // If two have the same mount point, the later one covers the earlier.
    if (point !== "" && isAbove && point.length >= found.point.length) {
      found = { point, type };
    }
  }
  return found;
}

/** mountinfo has blanks in octal. */
function unescape(text: string): string {
  return text.replace(
    /\\(\d{3})/g,
    (_, octal: string) => String.fromCharCode(parseInt(octal, 8)),
  );
}
