import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { SystemdBox } from "./systemd_box.ts";
import { until } from "./until.ts";

const box = await SystemdBox.boot();

Deno.test({
  name: "SystemdBox is a machine of its own, with a systemd that runs units",
  ignore: box === undefined,
  fn: async () => {
    assert(box);
    assertEquals(await box.shell("cat /proc/1/comm"), "systemd");
    assertEquals(await box.shell("systemctl is-system-running"), "running");
    assertEquals(await box.shell("hostname"), "systemd-box");
    const group = "systemd-run --quiet --pipe --wait cat /proc/self/cgroup";
    assertMatch(await box.shell(group), /:\/system\.slice\/run-\S+\.service$/m);
    assertMatch(await box.shell("cat /proc/self/cgroup"), /:\/outside$/m);
    assertEquals(await box.shell("loginctl list-sessions --no-legend"), "");
  },
});

Deno.test({
  name: "SystemdBox.reboot() ends everything, and its disk stays",
  ignore: box === undefined,
  fn: async () => {
    assert(box);
    box.write("/srv/kept", "kept");
    box.write("/run/lost", "lost");
    const bootId = "cat /proc/sys/kernel/random/boot_id";
    const before = await box.shell(bootId);
    await box.shell("systemd-run --quiet sleep 4711");
    assertEquals(await box.shell("pgrep -xc sleep"), "1");
    await box.reboot();
    assertEquals(await box.shell("cat /srv/kept"), "kept");
    assertEquals((await box.run("test", "-e", "/run/lost")).code, 1);
    assertEquals((await box.run("pgrep", "-x", "sleep")).code, 1);
    assertNotEquals(await box.shell(bootId), before);
  },
});

// The last test, since it ends the box.
Deno.test({
  name: "SystemdBox leaves no process, mount, cgroup or file",
  ignore: box === undefined,
  fn: async () => {
    assert(box);
    box.write("/srv/written", "written");
    await box.shell("systemd-run --quiet sleep 4712");
    assertEquals((await outside("pgrep", "-fc", "sleep 4712$")).trim(), "1");
    const disk = box.path("/");
    await box[Symbol.asyncDispose]();
    assertEquals((await outside("pgrep", "-fc", "sleep 4712$")).trim(), "0");
    assertEquals(exists(disk), false);
    assertEquals(exists("/srv/written"), false);
    const name = box.directory.slice("/tmp/".length);
    assertEquals(exists(box.directory), false);
    assertEquals(Deno.readTextFileSync("/proc/mounts").includes(name), false);
    assertEquals(await outside("find", "/sys/fs/cgroup", "-name", name), "");
  },
});

async function outside(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "SystemdBox is gone as well if its test dies",
  ignore: box === undefined,
  fn: async () => {
    const module = new URL("systemd_box.ts", import.meta.url);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { SystemdBox } from "${module}";
        const box = await SystemdBox.boot();
        console.log(box.directory);
        throw new Error("uncaught");`,
      ],
    }).output();
    const directory = new TextDecoder().decode(stdout).trim();
    assertMatch(directory, /zdd-box-/);
    await until("gone", () => !exists(directory));
    const name = directory.slice("/tmp/".length);
    assertEquals(await outside("find", "/sys/fs/cgroup", "-name", name), "");
  },
});
