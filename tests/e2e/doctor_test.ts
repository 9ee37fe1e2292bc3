import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BoxedSite } from "../support/boxed_site.ts";
import { deployConf, liveTemplate } from "../support/project.ts";
import { Site } from "../support/site.ts";
import { SystemdBox, testsIn } from "../support/systemd_box.ts";

interface Finding {
  level: string;
  message: string;
  hint?: string;
}

Deno.test("doctor finds nothing wrong with a site that deploys, and changes nothing", async () => {
  await using site = await Site.live().deployed();
  const before = await site.zdd("status", "--json");
  const { code, stdout } = await site.zdd("doctor");
  assertEquals(code, 0, stdout);
  assert(/^ok +nginx \d/m.test(stdout), stdout);
  const after = await site.zdd("status", "--json");
  assertEquals(
    JSON.parse(after.stdout).services[0].instances[0].pid,
    JSON.parse(before.stdout).services[0].instances[0].pid,
  );
});

Deno.test("doctor works before there is a deploy.conf, and tells of mistakes in one", async () => {
  await using site = Site.create();
  const without = await site.zdd("doctor", "--json");
  assert(JSON.parse(without.stdout).findings.length > 3);
  site.write("deploy.conf", "[nginx]\nnonsense: 1\n");
  const { code, stdout } = await site.zdd("doctor", "--quiet");
  assertEquals(code, 1);
  assertStringIncludes(stdout, "problem  ");
  assertStringIncludes(stdout, "zddeploy check");
});

Deno.test({
  name:
    "doctor names a directory that nginx's workers can't enter, and its advice works",
  ignore: Deno.uid() !== 0, // others' workers are themselves
  async fn() {
    await using site = Site.live();
    Deno.chmodSync(site.directory, 0o700);
    const problems = async () => {
      const { code, stdout } = await site.zdd("doctor", "--json");
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      const found = findings.filter(({ level }) => level === "problem");
      assertEquals(code, found.length > 0 ? 1 : 0);
      return found;
    };
    const [closed] = await problems();
    assertStringIncludes(
      closed?.message ?? "",
      `cannot enter "${site.directory}"`,
    );
    const [, command = ""] = /run "([^"]+)"/.exec(closed?.hint ?? "") ?? [];
    assertEquals((await site.run("sh", "-c", command)).code, 0);
    assertEquals(await problems(), []);
    await site.deploy();
    assertEquals((await site.get()).status, 200);
  },
});

const test = testsIn(await SystemdBox.boot(), "on a host with systemd");

test("doctor says that a reboot would bring nothing back, and its advice works", async (box) => {
  const site = new BoxedSite(box, "doctor", {
    "deploy.conf": deployConf(),
    "nginx.conf.template": liveTemplate(),
  });
  const first = await site.zdd("doctor");
  assertEquals(first.code, 0, first.stdout);
  assertStringIncludes(first.stdout, "warning  A reboot doesn't bring");
  assertEquals((await site.zdd("boot", "enable")).code, 0);
  const second = await site.zdd("doctor");
  assertStringIncludes(
    second.stdout,
    "ok       A reboot brings everything back",
  );
  await site.zdd("boot", "disable");
});

test("doctor tells a user whose processes end at the logout how to keep them", async (box) => {
  await box.shell("useradd --create-home keeper");
  await box.shell(
    "mkdir -p /etc/systemd/logind.conf.d && " +
      "printf '[Login]\\nKillUserProcesses=yes\\n' " +
      "> /etc/systemd/logind.conf.d/kill.conf && " +
      "systemctl kill --signal=HUP systemd-logind; systemctl restart systemd-logind",
  );
  const doctor = "cd /tmp && runuser -u keeper -- zddeploy doctor";
  const before = await box.run("sh", "-c", doctor);
  assertEquals(before.code, 1, before.stdout);
  assertStringIncludes(before.stdout, "loginctl enable-linger keeper");
  await box.shell("loginctl enable-linger keeper");
  const after = await box.run("sh", "-c", doctor);
  assertEquals(after.code, 0, after.stdout);
});
