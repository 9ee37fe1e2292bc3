import { assertEquals } from "@std/assert";
import type { ServiceConfig } from "../../../lib/config/config.ts";
import {
  containerName,
  creationOf,
  discardEnvironments,
} from "../../../lib/instance/run/container_create.ts";
import { environmentFile } from "../../../lib/instance/run/environment_file.ts";
import { planInstance } from "../../../lib/instance/plan.ts";
import type { EngineName } from "../../../lib/system/container_engine.ts";
import { ConfDir, NGINX } from "../../config/conf_dir.ts";

/** What makes a container with these lines, and the file that it wrote. */
function created(engine: EngineName, ...lines: string[]) {
  using directory = new ConfDir(
    NGINX,
    `[service:web]\ncontainer: ${engine}\nimage: app:{release}`,
    ...lines,
  );
  const [service] = directory.config().services as [ServiceConfig];
  Deno.mkdirSync(`${service.stateDir}/run`, { recursive: true });
  const plan = planInstance(service, 1, undefined, "v1");
  const { args, env } = creationOf(engine, plan, ["a=b"], ["--network", "n"]);
  const file = environmentFile(service.stateDir, plan.id);
  const written = Deno.readTextFileSync(file);
  const mode = (Deno.statSync(file).mode ?? 0) & 0o777;
  discardEnvironments(service.stateDir, new Set(["other"]));
  const left = [...Deno.readDirSync(`${service.stateDir}/run`)];
  const own = [containerName(plan), file];
  return {
    args: args.filter((arg) => !own.includes(arg)),
    env,
    written,
    mode,
    left,
  };
}

Deno.test("creationOf() says everything that deploy.conf does, the image last", () => {
  const { args } = created(
    "docker",
    "container_port: 8080",
    "start: serve --name 'a b'",
    "memory_max: 1.5G\nrestart: on-failure\nstop: kill -QUIT",
    "volumes: data:/data",
    "options: --runtime runc --cpus 2",
  );
  assertEquals(args, [
    ...["create", "--name", "--network", "n", "--restart", "on-failure"],
    ...["--env-file", "--memory", "1610612736", "--stop-signal", "SIGQUIT"],
    ...["--volume", "data:/data", "--runtime", "runc", "--cpus", "2"],
    ...["--label", "a=b", "app:v1", "serve", "--name", "a b"],
  ]);
});

Deno.test("creationOf() names the runtime where Podman wants it", () => {
  for (const option of ["--runtime runc", "--runtime=runc"]) {
    const { args } = created(
      "podman",
      "network: host",
      `options: --cpus 2 ${option} --init`,
    );
    assertEquals(args.slice(0, -3), [
      ...option.split(" "),
      ...["create", "--name", "--network", "n", "--restart", "always"],
      ...["--env-file", "--cpus", "2", "--init"],
    ]);
  }
});

Deno.test("creationOf() hides the environment in a file, what has several lines in its own", () => {
  const { args, env, written, mode, left } = created(
    "docker",
    "container_port: 8080",
    "env: SECRET='a$b\"c #d'",
    '  LONG="1',
    '  2"',
  );
  assertEquals(env, { LONG: "1\n2" });
  assertEquals(args.slice(args.indexOf("--env"), args.indexOf("--env") + 2), [
    "--env",
    "LONG",
  ]);
  const lines = written.split("\n");
  for (const line of ["PORT=8080", 'SECRET=a$b"c #d', "ZDD_RELEASE=v1"]) {
    assertEquals(lines.includes(line), true, written);
  }
  assertEquals(written.includes("PATH="), false, written);
  assertEquals([mode, left], [0o600, []]);
});
