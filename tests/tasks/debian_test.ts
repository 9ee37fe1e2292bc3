import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../lib/text/version.ts";
import {
  canMakePackages,
  makePackage,
  packageName,
} from "../../tasks/debian.ts";
import { ZDD } from "../support/site.ts";
import {
  denoDirectories,
  SystemdBox,
  testsIn,
} from "../support/systemd_box.ts";
import { TempDir } from "../system/temp_dir.ts";

/** A small executable that does what zddeploy does. */
const EXECUTABLE = `#!/bin/sh
export DENO_DIR=${denoDirectories().at(-1)}
exec ${ZDD.join(" ")} "$@"
`;

const hasTools = await canMakePackages();

/** Packages are made for the names that Debian has; what is in one doesn't matter. */
async function packageIn(directory: TempDir): Promise<string> {
  const executable = directory.write("zddeploy", EXECUTABLE, 0o700);
  return await makePackage("x86_64", executable, directory.path);
}

async function output(...words: string[]): Promise<string> {
  const [program = "", ...args] = words;
  const { success, stdout, stderr } = await new Deno.Command(program, { args })
    .output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: "the Debian package has everything in its place, of root",
  ignore: !hasTools,
  async fn() {
    using directory = new TempDir();
    const file = await packageIn(directory);
    assertEquals(file, directory.join(`zddeploy_${VERSION}_amd64.deb`));
    assertEquals(packageName("aarch64"), `zddeploy_${VERSION}_arm64.deb`);
    const listed = await output("dpkg-deb", "--contents", file);
    const lines = listed.trim().split("\n").map((line) => line.split(/\s+/));
    assert(lines.every(([, owner]) => owner === "root/root"), listed);
    assertEquals(
      lines.filter(([mode]) => !mode?.startsWith("d"))
        .map(([mode, , , , , path]) => `${mode} ${path}`).toSorted(),
      [
        "-rw-r--r-- ./usr/share/bash-completion/completions/zddeploy",
        "-rw-r--r-- ./usr/share/doc/zddeploy/changelog.gz",
        "-rw-r--r-- ./usr/share/doc/zddeploy/copyright",
        "-rw-r--r-- ./usr/share/fish/vendor_completions.d/zddeploy.fish",
        "-rw-r--r-- ./usr/share/man/man1/zddeploy.1.gz",
        "-rw-r--r-- ./usr/share/zsh/vendor-completions/_zddeploy",
        "-rwxr-xr-x ./usr/bin/zddeploy",
      ],
    );
    const control = await output("dpkg-deb", "--field", file);
    assertStringIncludes(control, `Version: ${VERSION}\n`);
    assertStringIncludes(control, "Recommends: nginx\n");
  },
});

Deno.test({
  name: "the Debian package of the same commit is the same",
  ignore: !hasTools,
  async fn() {
    using one = new TempDir();
    using other = new TempDir();
    const [first, second] = [await packageIn(one), await packageIn(other)];
    assertEquals(Deno.readFileSync(first), Deno.readFileSync(second));
  },
});

const test = testsIn(
  hasTools ? await SystemdBox.boot() : undefined,
  "on a Debian host",
);

test("dpkg installs the package, completion and man page work, and nothing stays", async (box) => {
  using directory = new TempDir();
  const file = await packageIn(directory);
  Deno.copyFileSync(file, box.path("/root/zddeploy.deb"));
  await box.shell("dpkg --no-triggers --install /root/zddeploy.deb");
  assertStringIncludes(
    await box.shell("/usr/bin/zddeploy --version"),
    `zddeploy ${VERSION}`,
  );
  assertStringIncludes(
    await box.shell("gzip -dc /usr/share/man/man1/zddeploy.1.gz"),
    ".TH ZDDEPLOY 1",
  );
  const complete = `. /usr/share/bash-completion/completions/zddeploy
    COMP_WORDS=(zddeploy roll); COMP_CWORD=1; COMP_LINE="zddeploy roll"; COMP_POINT=13
    _zddeploy zddeploy roll zddeploy; echo "\${COMPREPLY[@]}"`;
  Deno.writeTextFileSync(box.path("/root/complete.sh"), complete);
  assertEquals(
    (await box.shell("PATH=/usr/bin:$PATH bash /root/complete.sh")).trim(),
    "rollback",
  );
  await box.shell("dpkg --no-triggers --purge zddeploy");
  assertEquals(
    await box.shell(
      "find /usr -path /usr/local -prune -o -name '*zddeploy*' -print",
    ),
    "",
  );
});
