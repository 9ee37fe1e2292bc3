import { assertEquals } from "@std/assert";
import { asUser, findUser, nameOfUser } from "../../lib/system/users.ts";

Deno.test("findUser() finds a user by the name, and nobody by what is none", () => {
  const nobody = findUser("nobody");
  assertEquals([nobody?.name, nobody?.uid], ["nobody", 65534]);
  for (const name of ["no-one-at-all", "", "65534", "-x", "a:b", "a b"]) {
    assertEquals(findUser(name), undefined, name);
  }
});

Deno.test("nameOfUser() is the number where there is no name", () => {
  assertEquals(nameOfUser(65534), "nobody");
  assertEquals(nameOfUser(4_000_000_001), "4000000001");
});

Deno.test("asUser() takes nothing of another user's session", () => {
  const user = {
    name: "bob",
    uid: 1000,
    gid: 1000,
    home: "/home/bob",
    shell: "/bin/sh",
  };
  const own = {
    HOME: "/root",
    USER: "root",
    LOGNAME: "root",
    SHELL: "/bin/zsh",
    MAIL: "/var/mail/root",
    SUDO_USER: "ann",
    SSH_AUTH_SOCK: "/tmp/agent",
    XDG_RUNTIME_DIR: "/run/user/0",
    PATH: "/bin",
    PWDX: "kept",
  };
  assertEquals(asUser(own, user), {
    PATH: "/bin",
    PWDX: "kept",
    HOME: "/home/bob",
    USER: "bob",
    LOGNAME: "bob",
    SHELL: "/bin/sh",
  });
});
