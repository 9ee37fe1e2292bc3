import { assertEquals, assertMatch } from "@std/assert";
import { idlePortNotes } from "../../../lib/deploy/look/idle_ports.ts";
import { ConfDir } from "../../config/conf_dir.ts";

/** A deploy.conf with a service of each kind of port. */
function config() {
  using directory = new ConfDir(`
[nginx]
template: nginx.conf.template
pid_file: nginx.pid
[service:web]
start: sleep 1
port: env
[service:api]
start: sleep 1
port: socket
[service:own]
start: sleep 1
port: detect
`);
  return directory.config();
}

Deno.test("the idle port of a live service is told where others can log in", () => {
  const [note = "", ...more] = idlePortNotes(
    config(),
    ["web", "api", "own"],
    ["anna", "bert", "carl"],
  );
  assertMatch(
    note,
    /\(anna and 2 more\) .* idle port of web, .*port: socket/,
  );
  assertEquals(more, []);
});

Deno.test("nothing is told where nobody can log in, or no live service has a port", () => {
  assertEquals(idlePortNotes(config(), ["web"], []), []);
  assertEquals(idlePortNotes(config(), ["api"], ["anna"]), []);
  assertEquals(idlePortNotes(config(), [], ["anna"]), []);
});
