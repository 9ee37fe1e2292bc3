import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { ZDD } from "../support/site.ts";
import { TempDir } from "../system/temp_dir.ts";

const SCRIPT = join(
  dirname(dirname(dirname(fromFileUrl(import.meta.url)))),
  "install.sh",
);

/** What stands in for the executable of this machine: it is only compared, put into place and run. */
const EXECUTABLE = `#!/bin/sh\nexec ${ZDD.join(" ")} "$@"\n`;

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** A page of a release on the loopback, and a directory to install into. */
class Release implements AsyncDisposable {
  readonly prefix = new TempDir();
  readonly files: Record<string, string> = {};
  readonly #server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => {
      const text = this.files[new URL(request.url).pathname.slice(1)];
      return new Response(text, { status: text === undefined ? 404 : 200 });
    },
  );

  static async create(): Promise<Release> {
    const release = new Release();
    const name = `zddeploy-linux-${Deno.build.arch}`;
    release.files[name] = EXECUTABLE;
    release.files.SHA256SUMS = `${await sha256(EXECUTABLE)}  ${name}\n` +
      `${"0".repeat(64)}  zddeploy-linux-other\n`;
    return release;
  }

  async install(
    env: Record<string, string> = {},
    script = Deno.readTextFileSync(SCRIPT),
  ) {
    const child = new Deno.Command("sh", {
      env: {
        ZDD_URL: `http://127.0.0.1:${this.#server.addr.port}/`,
        ZDD_PREFIX: this.prefix.path,
        ...env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    // As a pipe from curl; a shell that has ended reads no more.
    await writer.write(new TextEncoder().encode(script)).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.prefix[Symbol.dispose]();
    await this.#server.shutdown();
  }
}

Deno.test("install.sh installs the executable, its man page and its completion", async () => {
  await using release = await Release.create();
  const { code, stdout, stderr } = await release.install();
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, `installed zddeploy `);
  assertStringIncludes(stdout, `add ${release.prefix.path}/bin to your PATH`);
  assertEquals(release.prefix.read("bin/zddeploy"), EXECUTABLE);
  assertStringIncludes(
    release.prefix.read("share/man/man1/zddeploy.1"),
    ".TH ZDDEPLOY 1",
  );
  assertStringIncludes(
    release.prefix.read("share/bash-completion/completions/zddeploy"),
    "zddeploy",
  );
  // A second time, over the first one.
  assertEquals((await release.install()).code, 0);
});

Deno.test("install.sh installs nothing whose checksum is wrong, missing or not the one that is asked for", async () => {
  await using release = await Release.create();
  const sums = release.files.SHA256SUMS ?? "";
  const refused = async (env: Record<string, string>, words: string) => {
    const { code, stderr } = await release.install(env);
    assertEquals(code, 1);
    assertStringIncludes(stderr, words);
    assertEquals(release.prefix.names(), []);
  };
  await refused({ ZDD_SHA256: "f".repeat(64) }, "checksum of zddeploy-linux-");
  release.files.SHA256SUMS = sums.replace(/^./, (c) => c === "0" ? "1" : "0");
  await refused({}, "expected");
  release.files.SHA256SUMS = `${"0".repeat(64)}  zddeploy-linux-other\n`;
  await refused({}, "SHA256SUMS has no line for");
  delete release.files.SHA256SUMS;
  await refused({}, "cannot download");
  release.files.SHA256SUMS = sums;
  await refused({ ZDD_URL: "" }, "ZDD_URL isn't set");
  assertEquals((await release.install()).code, 0);
});

Deno.test("install.sh that arrives in part does nothing", async () => {
  await using release = await Release.create();
  const script = Deno.readTextFileSync(SCRIPT);
  for (const share of [0.3, 0.6, 0.9]) {
    const part = script.slice(0, Math.floor(script.length * share));
    await release.install({}, part);
    assertEquals(release.prefix.names(), []);
  }
});

Deno.test("install.sh refuses a system for which there is no executable, and says what helps", async () => {
  await using release = await Release.create();
  using programs = new TempDir();
  const pretend = (name: string, text: string) =>
    programs.write(name, `#!/bin/sh\n${text}\n`, 0o755);
  const PATH = `${programs.path}:${Deno.env.get("PATH")}`;
  pretend("uname", "case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac");
  const mac = await release.install({ PATH });
  assertEquals(mac.code, 1);
  assertStringIncludes(mac.stderr, "this is Darwin\nhint: ");
  pretend("uname", "case $1 in -s) echo Linux ;; *) echo riscv64 ;; esac");
  assertStringIncludes(
    (await release.install({ PATH })).stderr,
    "no executable for riscv64",
  );
  Deno.removeSync(programs.join("uname"));
  pretend("getconf", "exit 1");
  const musl = await release.install({ PATH });
  assertStringIncludes(musl.stderr, "needs glibc");
  pretend("getconf", "echo glibc 2.17");
  assertStringIncludes(
    (await release.install({ PATH })).stderr,
    "this is glibc 2.17",
  );
  assertEquals(release.prefix.names(), []);
  assert(mac.stderr.split("\n").length <= 4);
});
