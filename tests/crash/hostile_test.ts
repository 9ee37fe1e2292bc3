import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  asNobody,
  hostileServer,
  hostileSite,
  rootTest as test,
  zddWithin,
} from "./hostile.ts";
import { RootProcess } from "./root_process.ts";
import type { Site } from "../support/site.ts";

// zddeploy runs as root, the service as nobody, in a directory of nobody's. Whoever owns
// that must not get root to do what the user may not do.

/** A site whose good release serves; the next one is `script`. */
async function deployedHostile(script: string): Promise<Site> {
  const site = hostileSite();
  await site.deploy();
  site.write("server.cjs", hostileServer(script));
  return site;
}

/** The next release must fail, and the good one serve on. */
async function assertRefused(site: Site, words: RegExp): Promise<void> {
  const before = await site.pidAt();
  const { code, stderr } = await zddWithin(site, 15);
  assertEquals(code, 1, stderr);
  assertMatch(stderr, words);
  assertEquals(await site.pidAt(), before);
}

const PORT_FILES: { name: string; write: string; says: RegExp }[] = [
  { name: "0", write: "'0\\n'", says: /expected a port, got "0"/ },
  { name: "70000", write: "'70000\\n'", says: /expected a port, got "70000"/ },
  { name: "12 34", write: "'12 34\\n'", says: /expected a port, got "12 34"/ },
  { name: "-1", write: "'-1'", says: /expected a port, got "-1"/ },
  { name: "empty", write: "''", says: /no port in / },
  {
    name: "NULs",
    write: "'\\0\\0\\0\\0'",
    says: /expected a port, got "\\u0000/,
  },
  {
    name: "nginx's words",
    write: "'1; } server { listen 1;'",
    says: /expected a port/,
  },
];

for (const { name, write, says } of PORT_FILES) {
  test(`a port file with ${name} is refused`, async () => {
    await using site = await deployedHostile(
      `good(); fs.writeFileSync("own/" + process.pid + ".port", ${write});`,
    );
    await assertRefused(site, says);
  });
}

const STRANGE: { name: string; make: string; says: RegExp }[] = [
  {
    name: "a FIFO",
    make: 'require("child_process").execSync("mkfifo FILE")',
    says: /not a regular file/,
  },
  {
    name: "a directory",
    make: 'fs.mkdirSync("FILE")',
    says: /not a regular file/,
  },
  {
    name: "a symbolic link",
    make: 'fs.symlinkSync("/etc/passwd", "FILE")',
    says: /not a regular file/,
  },
  {
    name: "of 1 GiB",
    make: 'fs.writeFileSync("FILE", ""); fs.truncateSync("FILE", 2 ** 30)',
    says: /1073741824 bytes, more than/,
  },
];

for (const { name, make, says } of STRANGE) {
  test(`a port file that is ${name} is refused`, async () => {
    const file = '" + "own/" + process.pid + ".port" + "';
    await using site = await deployedHostile(
      `fs.writeFileSync("own/web.pid", process.pid + "\\n");
       ${make.replaceAll("FILE", file)};`,
    );
    await assertRefused(site, says);
  });

  test(`a pid file that is ${name} is refused, and no obstacle afterwards`, async () => {
    await using site = await deployedHostile(
      make.replaceAll("FILE", "own/web.pid"),
    );
    await assertRefused(site, says);
    site.write("server.cjs", hostileServer());
    const before = await site.pidAt();
    const { code, stderr } = await zddWithin(site, 15);
    assertEquals(code, 0, stderr);
    assert(await site.pidAt() !== before);
  });
}

test("a FIFO beside the pid file, such as uwsgi's, is no obstacle", async () => {
  await using site = await deployedHostile(`
    require("child_process").execSync("mkfifo own/master-fifo");
    setTimeout(() => { good(); }, 300);
  `);
  const before = await site.pidAt();
  const { code, stderr } = await zddWithin(site, 15);
  assertEquals(code, 0, stderr);
  assert(await site.pidAt() !== before);
});

test("a pid file that is written in two halves is read when it is whole", async () => {
  await using site = await deployedHostile(`
    const text = process.pid + "\\n";
    fs.writeFileSync("own/" + process.pid + ".port", port + "\\n");
    fs.writeFileSync("own/web.pid", text.slice(0, 2));
    setTimeout(() => fs.appendFileSync("own/web.pid", text.slice(2)), 300);
  `);
  const before = await site.pidAt();
  await site.deploy();
  assert(await site.pidAt() !== before);
});

test("a pid file that names an older process of root's is refused", async () => {
  await using victim = new RootProcess();
  await using site = await deployedHostile(`
    fs.writeFileSync("own/${victim.child.pid}.port", port + "\\n");
    fs.writeFileSync("own/web.pid", "${victim.child.pid}\\n");
  `);
  await assertRefused(
    site,
    /names process \d+, which the start command didn't start/,
  );
  victim.assertUntouched();
});

test("a pid file that names a younger process of root's is refused", async () => {
  await using site = await deployedHostile(`
    fs.writeFileSync("own/ready", "");
    const timer = setInterval(() => {
      if (!fs.existsSync("victim")) return;
      clearInterval(timer);
      const victim = fs.readFileSync("victim", "utf8");
      fs.writeFileSync("own/" + victim + ".port", port + "\\n");
      fs.writeFileSync("own/web.pid", victim + "\\n");
    }, 20);
  `);
  const before = await site.pidAt();
  const deploy = zddWithin(site, 15);
  while (!site.exists("own/ready")) await new Promise((r) => setTimeout(r, 20));
  await using victim = new RootProcess();
  site.write("victim", String(victim.child.pid));
  const { code, stderr } = await deploy;
  victim.assertUntouched();
  assertEquals(code, 1, stderr);
  assertEquals(await site.pidAt(), before);
});

test("a port file that names a foreign port gets no traffic there", async () => {
  const seen: string[] = [];
  await using foreign = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, (request) => {
    seen.push(request.url);
    return new Response("v1 1 0\n");
  });
  await using site = await deployedHostile(`
    fs.writeFileSync("own/" + process.pid + ".port", "${foreign.addr.port}\\n");
    fs.writeFileSync("own/web.pid", process.pid + "\\n");
  `);
  await assertRefused(site, /listens on 127\.0\.0\.1:\d+/);
  assertEquals(seen, []);
});

test("a port file that names a foreign socket gets no traffic there", async () => {
  await using site = await deployedHostile(`
    fs.writeFileSync("own/" + process.pid + ".port", "unix:" +
      process.cwd() + "/foreign.sock\\n");
    fs.writeFileSync("own/web.pid", process.pid + "\\n");
  `);
  await using _foreign = Deno.serve({
    path: site.path("foreign.sock"),
    onListen: () => {},
  }, () => new Response("v1 1 0\n"));
  await assertRefused(site, /listens on unix:/);
});

test("a log that is a symbolic link of nobody's to a file of root's isn't written to", async () => {
  await using site = hostileSite({
    script: 'console.log("gotcha"); good();',
    lines: ["log: own/web.log"],
  });
  site.write("precious", "root's\n");
  await asNobody(site, "ln", "-s", site.path("precious"), "own/web.log");
  const { code, stderr } = await zddWithin(site, 15);
  assertEquals(site.read("precious"), "root's\n");
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /own\/web\.log/);
});

test("a log that is a FIFO of nobody's makes nothing hang", async () => {
  await using site = hostileSite({ lines: ["log: own/web.log"] });
  await asNobody(site, "mkfifo", "own/web.log");
  const { code, stderr } = await zddWithin(site, 15);
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /own\/web\.log/);
});

test("a log that nobody renames to be the pid file proves nothing", async () => {
  // The log is root's file, and nobody decides what stands in it.
  const place = Deno.makeTempFileSync({ prefix: "zdd-port-" });
  await using victim = new RootProcess(
    "node",
    "-e",
    'require("http").createServer((q, a) => a.end("v1 1 0\\n")).listen(0, ' +
      '"127.0.0.1", function () { require("fs").writeFileSync(process.argv[1],' +
      " String(this.address().port)); })",
    place,
  );
  while (Deno.readTextFileSync(place) === "") {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const port = Deno.readTextFileSync(place);
  Deno.removeSync(place);
  const { pid } = victim.child;
  await using site = hostileSite({ lines: ["log: own/web.log"] });
  site.write("own/web.log", `${pid}\n`); // root's, as zddeploy would make it
  await asNobody(site, "mv", "own/web.log", "own/web.pid");
  await asNobody(site, "sh", "-c", `echo ${port} > own/${pid}.port`);
  const { stderr } = await zddWithin(site, 15);
  assert(!stderr.includes(`found ${pid}`), stderr);
  await site.zdd("stop");
  victim.assertUntouched();
});

test("a pid file that nobody makes a link to a file of root's is not written through", async () => {
  await using site = await deployedHostile("process.exit(3);");
  site.write("precious", "root's\n");
  Deno.chmodSync(site.path("precious"), 0o600);
  // The failing release puts a link where zddeploy puts the old pid back.
  site.write(
    "server.cjs",
    hostileServer(`
      fs.symlinkSync(process.cwd() + "/precious", "own/web.pid");
      process.exit(3);`),
  );
  await assertRefused(site, /exit status 3/);
  assertEquals(site.read("precious"), "root's\n");
  assertEquals((Deno.statSync(site.path("precious")).mode ?? 0) & 0o777, 0o600);
});
