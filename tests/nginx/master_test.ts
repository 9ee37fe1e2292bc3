import { assert, assertEquals } from "@std/assert";
import {
  findMaster,
  findNamedMaster,
  findOldMaster,
  workersOf,
} from "../../lib/nginx/master.ts";
import { Nginx } from "../../lib/nginx/nginx.ts";
import {
  commandLine,
  identify,
  isRunning,
  sendSignal,
} from "../../lib/system/process.ts";
import { Child } from "../system/child.ts";
import { TempDir } from "../system/temp_dir.ts";
import { RealNginx } from "./real_nginx.ts";
import { until } from "../support/until.ts";

Deno.test("findMaster() finds the running nginx of a configuration", async () => {
  await using real = new RealNginx();
  const { pidFile, conf } = real.config;
  assertEquals(findMaster(pidFile, conf), undefined);
  const started = await new Nginx(real.config, real.stateDir).start();
  assertEquals(findMaster(pidFile, conf), started);
  const link = real.directory.join("link.conf");
  Deno.symlinkSync(conf, link);
  assertEquals(findMaster(pidFile, link), started, "another way to the file");
  assertEquals(findMaster(pidFile, "/etc/passwd"), undefined);
});

Deno.test("findMaster() finds an nginx whose pid file is gone, empty or wrong", async () => {
  await using real = new RealNginx();
  const { pidFile, conf } = real.config;
  const started = await new Nginx(real.config, real.stateDir).start();
  const text = Deno.readTextFileSync(pidFile);
  for (const other of ["", "4194304\n", `${Deno.pid}\n`]) {
    Deno.writeTextFileSync(pidFile, other);
    assertEquals(findMaster(pidFile, conf), started);
  }
  assertEquals(findMaster(real.directory.join("none"), conf), started);
  Deno.writeTextFileSync(pidFile, text);
});

Deno.test("findMaster() finds an nginx whose configuration has a blank in its path", async () => {
  await using real = new RealNginx("my site");
  const { pidFile, conf, command } = real.config;
  const { code } = await new Deno.Command(command, {
    args: ["-c", conf],
    stdout: "null",
    stderr: "null",
  }).output();
  assertEquals(code, 0);
  // It writes its pid first, and then calls itself a master.
  await until("it runs", () => findMaster(pidFile, conf) !== undefined);
  const pid = Number(Deno.readTextFileSync(pidFile));
  assertEquals(findMaster(pidFile, conf)?.pid, pid);
});

Deno.test("findMaster() takes no number for nginx that belongs to something else", async () => {
  using directory = new TempDir();
  await using child = Child.idle();
  const texts = [`${child.pid}\n`, `${Deno.pid}`, "1", "0", "-1", "4194304"];
  for (const text of [...texts, "", "\n", "abc", "12 34"]) {
    const pidFile = directory.write("nginx.pid", text);
    assertEquals(findMaster(pidFile, "/nowhere/nginx.conf"), undefined, text);
  }
  assertEquals(findMaster(directory.join("none"), "/x"), undefined);
  assertEquals(findMaster(directory.path, "/x"), undefined);
});

Deno.test("findNamedMaster() tells what the master runs that a pid file names", async () => {
  await using real = new RealNginx();
  await using child = Child.idle();
  const { pidFile, conf } = real.config;
  assertEquals(findNamedMaster(pidFile), undefined);
  const { pid } = await new Nginx(real.config, real.stateDir).start();
  assertEquals(findNamedMaster(pidFile), { pid, conf });
  const other = real.directory.write("other.pid", `${child.pid}`);
  assertEquals(findNamedMaster(other), undefined);
});

Deno.test("findOldMaster() finds the one that makes way for another binary", async () => {
  await using real = new RealNginx();
  const { pidFile } = real.config;
  const master = await new Nginx(real.config, real.stateDir).start();
  assertEquals(findOldMaster(pidFile), undefined);
  Deno.copyFileSync(pidFile, `${pidFile}.oldbin`);
  assertEquals(findOldMaster(pidFile), master);
});

Deno.test("findMaster() takes no worker for a master", async () => {
  await using real = new RealNginx();
  const master = await new Nginx(real.config, real.stateDir).start();
  const [worker] = workersOf(master);
  assert(worker !== undefined);
  const pidFile = real.directory.write("w.pid", `${worker.process.pid}`);
  assertEquals(findMaster(pidFile, real.config.conf), master);
  assertEquals(findMaster(pidFile, "/nowhere/nginx.conf"), undefined);
});

Deno.test("workersOf() tells those that are shutting down from the others", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  const master = await nginx.start();
  const [worker, ...others] = workersOf(master);
  assertEquals([worker?.shuttingDown, others.length], [false, 0]);
  // A client that is in the middle of its request keeps the old worker.
  using client = await Deno.connect({ hostname: "127.0.0.1", port: real.port });
  await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  sendSignal(master, "SIGHUP");
  await until("it has both", () => {
    const states = workersOf(master).map(({ shuttingDown }) => shuttingDown);
    return states.includes(true) && states.includes(false);
  });
});

Deno.test("workersOf() of a master that is gone are none", async () => {
  await using child = Child.idle();
  assertEquals(workersOf({ ...child.process, pid: 4194304 }), []);
  assertEquals(workersOf(child.process), []);
  assert(isRunning(child.process));
  assertEquals(identify(child.pid), child.process);
});

Deno.test({
  name:
    "findMaster() takes no process of another user's for nginx's, whatever its title",
  ignore: Deno.uid() !== 0,
  async fn() {
    using directory = new TempDir();
    const conf = directory.write("nginx.conf", "");
    const pidFile = directory.join("nginx.pid");
    const title = `nginx: master process nginx -c ${conf}`;
    const script = `exec -a "$0" sleep 60`;
    const user = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    await using nobody = Child.run(
      "setpriv",
      ...user,
      "bash",
      "-c",
      script,
      title,
    );
    await until("it runs", () => commandLine(nobody.pid) === `${title} 60`);
    assertEquals(findMaster(pidFile, conf), undefined);
    directory.write("nginx.pid", String(nobody.pid));
    assertEquals(findMaster(pidFile, conf), undefined);
    await using own = Child.run("bash", "-c", script, title);
    await until("it runs", () => commandLine(own.pid) === `${title} 60`);
    assertEquals(findMaster(pidFile, conf)?.pid, own.pid);
  },
});
