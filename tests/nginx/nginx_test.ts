import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ZddError } from "../../lib/error.ts";
import { workersOf } from "../../lib/nginx/master.ts";
import { Nginx } from "../../lib/nginx/nginx.ts";
import { reload, ReloadRefused } from "../../lib/nginx/reload.ts";
import { isRunning } from "../../lib/system/process.ts";
import { RealNginx } from "./real_nginx.ts";

Deno.test("version() is nginx's own", () => {
  const nginx = new Nginx({
    template: "",
    rendered: "",
    conf: "",
    pidFile: "",
    command: "/usr/sbin/nginx",
    reloadTimeout: 0,
  }, "/nowhere");
  assert(/^1\.\d+\.\d+$/.test(nginx.version()), nginx.version());
});

Deno.test("test() is content with a good configuration, and quotes nginx about another", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  await nginx.test();
  real.write("lissen 80;");
  const error = await assertRejects(() => nginx.test(), ZddError);
  assertEquals(error.message, `nginx refuses "${real.config.conf}"`);
  assert(error.quote.join().includes('unknown directive "lissen"'));
  assert(!error.quote.join().includes("test failed"));
  assertEquals(error.source, `/usr/sbin/nginx -t -c ${real.config.conf}`);
});

Deno.test("testText() tests a text in the configuration's place, and leaves nothing", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  const { conf } = real.config;
  const text = Deno.readTextFileSync(conf);
  real.directory.write("site/part.conf", "gzip on;");
  const names = real.directory.names();
  const before = [...Deno.readDirSync(real.stateDir)].map(({ name }) => name);
  await nginx.testText(text.replace("http {", "http { include part.conf;"));
  const error = await assertRejects(
    () => nginx.testText(text.replace("server {", "server { lissen 80;")),
    ZddError,
  );
  assert(
    error.quote.join().includes(`lissen" in ${conf}:`),
    error.quote.join(),
  );
  assertEquals(Deno.readTextFileSync(conf), text);
  assertEquals(real.directory.names(), names);
  const left = [...Deno.readDirSync(real.stateDir)].map(({ name }) => name)
    .filter((name) => !before.includes(name));
  assertEquals(left.filter((name) => !/^(tmp|error\.log)$/.test(name)), []);
});

Deno.test("testText() leaves the pid file of a running nginx alone", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  const { pid } = await nginx.start();
  await nginx.testText(Deno.readTextFileSync(real.config.conf));
  assertEquals(
    Deno.readTextFileSync(real.config.pidFile),
    `${pid}\n`,
  );
});

Deno.test("start() returns the master once it serves, and quit() ends it", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  assertEquals(nginx.master(), undefined);
  const master = await nginx.start();
  assertEquals(nginx.master(), master);
  assertEquals(await real.get(), "one");
  await nginx.quit(master);
  assert(!isRunning(master));
  await nginx.quit(master); // there is nothing left to do
});

Deno.test("requireOwn() refuses a pid file that another configuration's nginx has", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  nginx.requireOwn();
  const { pid } = await nginx.start();
  nginx.requireOwn();
  const conf = real.directory.write("other.conf");
  const other = new Nginx({ ...real.config, conf }, real.stateDir);
  const error = assertThrows(() => other.requireOwn(), ZddError);
  const { pidFile, conf: own } = real.config;
  assertEquals(
    error.message,
    `"${pidFile}" names nginx ${pid}, which runs with "${own}" and not with ` +
      `"${conf}"`,
  );
});

Deno.test("start() fails at once with nginx's words", async () => {
  await using real = new RealNginx();
  using _taken = Deno.listen({ hostname: "127.0.0.1", port: real.port });
  real.write("lissen 80;");
  const nginx = new Nginx(real.config, real.stateDir);
  const error = await assertRejects(() => nginx.start(), ZddError);
  assertEquals(error.message, "nginx didn't start: exit status 1");
  assert(error.quote.join().includes('unknown directive "lissen"'));
  assertEquals(error.source, nginx.log);
});

Deno.test("reload() returns when the new configuration serves, with the workers from before", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  const master = await nginx.start();
  const before = workersOf(master).map(({ process }) => process);
  real.write(`location / { return 200 "two"; }`);
  assertEquals(await reload(nginx.config, master), before);
  for (let i = 0; i < 20; i++) assertEquals(await real.get(), "two");
  assertEquals(nginx.master(), master);
});

Deno.test("reload() tells at once that nginx refuses a configuration, and why", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  const master = await nginx.start();
  real.write("lissen 80;");
  const error = await assertRejects(
    () => reload(nginx.config, master),
    ReloadRefused,
  );
  assert(error.quote.join().includes('unknown directive "lissen"'));
  assert(error.source?.includes(real.errorLog));
  assertEquals(await real.get(), "one");
});

Deno.test("reload() tells that a port is taken, which nginx -t can't", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  const master = await nginx.start();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  real.write("", taken.addr.port);
  const error = await assertRejects(
    () => reload(nginx.config, master),
    ReloadRefused,
  );
  assert(error.quote.join().includes("bind()"), error.quote.join());
  assertEquals(await real.get(), "one");
});

Deno.test("reload() isn't deceived by what others write into nginx's log", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  const master = await nginx.start();
  real.write(`location / { return 200 "two"; }`);
  // As an instance can by FastCGI's standard error.
  const forged = `2026/11/23 17:31:00 [emerg] ${master.pid}#0: no, thanks\n`;
  const forging = setInterval(() =>
    Deno.writeTextFileSync(real.errorLog, forged, { append: true })
  );
  try {
    await reload(nginx.config, master);
  } finally {
    clearInterval(forging);
  }
  assertEquals(await real.get(), "two");
});

Deno.test("reload() needs no log to tell that nginx refuses a configuration", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  const master = await nginx.start();
  real.write("lissen 80;");
  Deno.removeSync(real.errorLog);
  Deno.writeTextFileSync(real.config.conf, "nonsense;");
  const error = await assertRejects(
    () => reload(nginx.config, master),
    ReloadRefused,
  );
  assertEquals(error.quote, []);
  assertEquals(await real.get(), "one");
});

Deno.test("reload() gives up when the time is over", async () => {
  await using real = new RealNginx();
  const master = await new Nginx(real.config, real.stateDir).start();
  const hasty = new Nginx({ ...real.config, reloadTimeout: 0 }, real.stateDir);
  const error = await assertRejects(
    () => reload(hasty.config, master),
    ZddError,
  );
  assert(!(error instanceof ReloadRefused));
  assert(error.message.includes("didn't confirm the reload"), error.message);
});

Deno.test("reload() sends nothing to a master that is gone", async () => {
  await using real = new RealNginx();
  const nginx = new Nginx(real.config, real.stateDir);
  const master = await nginx.start();
  const other = { ...master, startTime: master.startTime - 1 };
  await assertRejects(
    () => reload(nginx.config, other),
    ZddError,
    "Cannot reload",
  );
  assert(isRunning(master));
});
