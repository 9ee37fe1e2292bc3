import { assert, assertEquals } from "@std/assert";
import { fileSystemOf } from "../../lib/system/file_system.ts";
import { Host } from "../../lib/system/host.ts";
import { credentialsOfUser } from "../../lib/system/users.ts";
import { TempDir } from "./temp_dir.ts";

Deno.test("Host reads limits, settings and memory", () => {
  using tree = new TempDir();
  tree.write(
    "proc/self/limits",
    "Limit                     Soft Limit           Hard Limit           Units     \n" +
      "Max open files            1024                 524288               files     \n" +
      "Max processes             unlimited            unlimited            processes \n",
  );
  tree.write("proc/sys/net/core/somaxconn", "128\n");
  tree.write(
    "proc/meminfo",
    "MemTotal:        2048 kB\nMemFree:  1 kB\nMemAvailable:    1024 kB\n",
  );
  const host = new Host(tree.path);
  assertEquals(host.limit("open files"), 1024);
  assertEquals(host.limit("processes"), Infinity);
  assertEquals(host.limit("pending signals"), undefined);
  assertEquals(host.setting("net/core/somaxconn"), 128);
  assertEquals(host.setting("net/core/nothing"), undefined);
  assertEquals(host.memory(), { available: 1_048_576, total: 2_097_152 });
  assert(host.hidesProcesses());
});

Deno.test("Host reads SELinux's booleans and AppArmor's profiles", () => {
  using tree = new TempDir();
  const host = new Host(tree.path);
  assertEquals(host.enforcesSelinux(), false);
  assertEquals(host.selinuxBoolean("httpd_can_network_connect"), undefined);
  tree.write("sys/fs/selinux/enforce", "1");
  tree.write("sys/fs/selinux/booleans/httpd_can_network_connect", "0 0");
  assert(host.enforcesSelinux());
  assertEquals(host.selinuxBoolean("httpd_can_network_connect"), false);
  tree.write("proc/7/attr/current", "/usr/sbin/nginx (enforce)\n");
  tree.write("proc/8/attr/current", "unconfined\n");
  assertEquals(host.profileOf(7), "/usr/sbin/nginx (enforce)");
  assertEquals(host.profileOf(8), undefined);
  assertEquals(host.profileOf(9), undefined);
});

Deno.test("Host reads this machine", () => {
  const host = new Host();
  assert((host.limit("open files") ?? 0) > 0);
  assert((host.memory()?.available ?? 0) > 0);
  assertEquals(host.hidesProcesses(), false);
});

Deno.test("fileSystemOf() tells what is free", () => {
  using directory = new TempDir();
  const { type, freeBytes } = fileSystemOf(directory.path) ?? {};
  assert(type !== "" && (freeBytes ?? 0) > 0);
  assertEquals(fileSystemOf(directory.join("missing")), undefined);
});

Deno.test("credentialsOfUser() has the user's group and all others", () => {
  const user = { name: "www", uid: 33, gid: 33, home: "/", shell: "/bin/sh" };
  assertEquals(
    credentialsOfUser(user, "www:x:33:\nssl:x:110:mail,www\nadm:x:4:www2\n"),
    { uid: 33, groups: [33, 110] },
  );
});
