/**
 * Makes Deno behave as on another system, as far as possible on Linux. Preloaded with `deno
 * run --preload`, it reports the system in `ZDD_TEST_SYSTEM`, and removes what that lacks:
 * /proc, /sys and /run, functions of the C library, systemd's programs, and nginx unless
 * `ZDD_TEST_NGINX` is set; for Windows also user ids, the umask, signals, a shell and /etc.
 * Windows paths (`C:\app\deploy.conf`) become paths of this machine.
 *
 * This doesn't test the file systems of macOS and Windows, or other differences of Deno
 * there.
 */
// deno-lint-ignore-file no-explicit-any -- what Deno's functions take is passed on

const { ZDD_TEST_SYSTEM, ZDD_TEST_NGINX } = Deno.env.toObject();
const isWindows = ZDD_TEST_SYSTEM === "windows";

const MISSING = isWindows
  ? /^\/(proc|sys|run|etc|bin|sbin|usr|var)(\/|$)/
  : ZDD_TEST_NGINX === undefined
  ? /^\/(proc|sys|run)(\/|$)|\/nginx$/
  : /^\/(proc|sys|run)(\/|$)/;
const PROGRAMS =
  /^(getent|setpriv|(system|bus|login|timedate)ctl|systemd-run)$/;
const ABSENT_ON_WINDOWS = /^(sh|bash|stat|kill|git)$/;

function define(name: string, value: unknown): void {
  Object.defineProperty(Deno, name, { value, configurable: true });
}

/**
 * The path on this machine. @throws {Deno.errors.NotFound} if it doesn't exist on the
 * other.
 */
function translated(path: unknown): unknown {
  if (typeof path !== "string") return path;
  const own = isWindows
    ? path.replace(/^[A-Z]:/, "").replaceAll("\\", "/")
    : path;
  if (!MISSING.test(own)) return own;
  throw new Deno.errors.NotFound(`No such file or directory: '${path}'`);
}

/** How many of a function's first arguments are paths. */
const WITH_PATHS: Record<string, number> = {
  ...{ openSync: 1, readTextFileSync: 1, writeTextFileSync: 1, mkdirSync: 1 },
  ...{ statSync: 1, lstatSync: 1, readDirSync: 1, readLinkSync: 1 },
  ...{ realPathSync: 1, removeSync: 1, chmodSync: 1, chownSync: 1 },
  ...{ open: 1, readTextFile: 1, stat: 1, lstat: 1, readDir: 1 },
  ...{ renameSync: 2, symlinkSync: 2 },
};

for (const [name, count] of Object.entries(WITH_PATHS)) {
  const real = (Deno as any)[name];
  define(name, (...words: unknown[]) => {
    const paths = words.slice(0, count).map(translated);
    const found = real(...paths, ...words.slice(count));
    return name === "realPathSync" && isWindows
      ? `C:${found.replaceAll("/", "\\")}`
      : found;
  });
}

define("build", { ...Deno.build, os: isWindows ? "windows" : "darwin" });
define("dlopen", () => {
  throw new TypeError("Could not open library: libc.so.6");
});

if (isWindows) {
  const cwd = Deno.cwd();
  define("cwd", () => `C:${cwd.replaceAll("/", "\\")}`);
  define("uid", () => null);
  define("gid", () => null);
  define("umask", () => {
    throw new Deno.errors.NotSupported("Deno.umask");
  });
  define("addSignalListener", (signal: string) => {
    if (signal === "SIGINT" || signal === "SIGBREAK") return;
    throw new TypeError(`Windows only supports ctrl-c (SIGINT), got ${signal}`);
  });
}

const RealCommand = Deno.Command;
define(
  "Command",
  class extends RealCommand {
    constructor(program: string | URL, options?: Deno.CommandOptions) {
      const name = String(program).replace(/^.*[/\\]/, "");
      if (
        PROGRAMS.test(name) || isWindows && ABSENT_ON_WINDOWS.test(name)
      ) {
        throw new Deno.errors.NotFound(`program not found: ${program}`);
      }
      super(program, options);
    }
  },
);
