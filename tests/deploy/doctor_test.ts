import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type {
  Check,
  Finding,
  Patient,
} from "../../lib/deploy/host/doctor/check.ts";
import { checkDisk } from "../../lib/deploy/host/doctor/disk.ts";
import { checkLimits } from "../../lib/deploy/host/doctor/limits.ts";
import { checkMandatoryAccess } from "../../lib/deploy/host/doctor/mandatory_access.ts";
import { checkNginx, judgeBuild } from "../../lib/deploy/host/doctor/nginx.ts";
import { checkProcesses } from "../../lib/deploy/host/doctor/processes.ts";
import { Host } from "../../lib/system/host.ts";
import { TempDir } from "../system/temp_dir.ts";

/** What a check finds on a host with these files. */
async function find(
  check: Check,
  files: Record<string, string>,
  patient: Partial<Patient> = {},
): Promise<Finding[]> {
  using tree = new TempDir();
  for (const [name, text] of Object.entries(files)) tree.write(name, text);
  return await check({
    host: new Host(tree.path),
    uid: 0,
    directory: tree.path,
    nginx: "nginx",
    ...patient,
  });
}

/** Asserts that a check has one thing to say, and what to do about it. */
function assertOne(
  [finding, ...others]: Finding[],
  level: string,
  words: string,
) {
  assertEquals(others, []);
  assertEquals(finding?.level, level);
  assertStringIncludes(finding?.message ?? "", words);
  assert(level === "ok" || finding?.hint !== undefined);
}

Deno.test("doctor misses an nginx, and what the live switch needs of it", async () => {
  assertOne(
    await find(checkNginx, {}, { nginx: "/nowhere/nginx" }),
    "problem",
    'no program "/nowhere/nginx"',
  );
  const build = {
    version: "1.22.1",
    user: "nobody",
    without: ["http_fastcgi_module"],
  };
  assertOne(judgeBuild("/nginx", build), "ok", "nginx 1.22.1");
  assertOne(
    judgeBuild("/nginx", { ...build, without: ["http_map_module"] }),
    "problem",
    "without http_map_module",
  );
  assertOne(
    judgeBuild("/nginx", { ...build, version: "1.9.15" }),
    "warning",
    "older than 1.18.0",
  );
});

Deno.test("doctor warns of limits that a busy server reaches", async () => {
  assertOne(await find(checkLimits, {}), "ok", "leave room");
  const limit = (files: number, processes: number) => ({
    "proc/self/limits": `Max open files  ${files}  4096  files\n` +
      `Max processes  ${processes}  4096  processes\n`,
  });
  assertOne(await find(checkLimits, limit(256, 4000)), "warning", "256 open");
  assertOne(
    await find(checkLimits, limit(4096, 64)),
    "warning",
    "64 processes",
  );
  const backlog = { "proc/sys/net/core/somaxconn": "128\n" };
  assertOne(await find(checkLimits, backlog), "warning", "128 connections");
  const range = "proc/sys/net/ipv4/ip_local_port_range";
  assertOne(
    await find(checkLimits, { [range]: "1024\t65535\n" }),
    "warning",
    "also gives clients",
  );
  assertOne(await find(checkLimits, { [range]: "32768\t60999\n" }), "ok", "");
  const memory = "MemTotal: 1000000 kB\nMemAvailable: 50000 kB\n";
  assertOne(
    await find(checkLimits, { "proc/meminfo": memory }),
    "warning",
    "51 MB of 1024 MB",
  );
});

Deno.test("doctor tells what SELinux must allow", async () => {
  assertEquals(await find(checkMandatoryAccess, {}), []);
  const enforce = { "sys/fs/selinux/enforce": "1" };
  const boolean = "sys/fs/selinux/booleans/httpd_can_network_connect";
  const [ports, links] = await find(checkMandatoryAccess, {
    ...enforce,
    [boolean]: "0 0",
  });
  assertStringIncludes(ports?.hint ?? "", "setsebool -P");
  assertStringIncludes(links?.hint ?? "", "restorecon");
  const [allowed] = await find(checkMandatoryAccess, {
    ...enforce,
    [boolean]: "1 1",
  });
  assertEquals(allowed?.level, "ok");
});

Deno.test("doctor tells an ordinary user that processes are hidden", async () => {
  assert(
    (await find(checkProcesses, {}, { uid: 1000 }))
      .some(({ message }) => message.includes("hidepid")),
  );
  assert(
    !(await find(checkProcesses, { "proc/1/stat": "1 (init)" }, { uid: 1000 }))
      .some(({ message }) => message.includes("hidepid")),
  );
});

Deno.test("doctor looks at the disk of a directory that is yet to be made", async () => {
  const [finding] = await find(checkDisk, {}, { directory: "/tmp/not/there" });
  assertStringIncludes(finding?.message ?? "", '"/tmp"');
});
