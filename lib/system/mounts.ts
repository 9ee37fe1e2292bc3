/** Where a path's file system is mounted, and of which type that is. */
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
    // Of two on one point, the later one covers the earlier.
    if (point !== "" && isAbove && point.length >= found.point.length) {
      found = { point, type };
    }
  }
  return found;
}

/** Blanks are written in octal there. */
function unescape(text: string): string {
  return text.replace(
    /\\(\d{3})/g,
    (_, octal: string) => String.fromCharCode(parseInt(octal, 8)),
  );
}
