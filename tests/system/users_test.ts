import { assertEquals } from "@std/assert";
import { loginUsers } from "../../lib/system/users.ts";

Deno.test("loginUsers() are people with a shell", () => {
  const passwd = `root:x:0:0:root:/root:/bin/bash
www-data:x:33:33::/var/www:/usr/sbin/nologin
postgres:x:110:110::/var/lib/postgresql:/bin/bash
anna:x:1000:1000::/home/anna:/bin/bash
app:x:1001:1001::/srv/app:/bin/false
bert:x:1002:1002::/home/bert:
nobody:x:65534:65534::/nonexistent:/bin/sh
`;
  assertEquals(loginUsers(passwd, "anna:x:1000:\n"), ["anna", "bert"]);
  assertEquals(loginUsers(passwd, "x:x:1:\nsudo:x:27:carl,anna\n"), ["bert"]);
  assertEquals(loginUsers("", ""), []);
});
