import { assert, assertEquals } from "@std/assert";
import { NGINX, WEB } from "../config/conf_dir.ts";
import { zdd } from "./run_zdd.ts";

const TEMPLATE = `\
pid {nginx_pid_filename};
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path tmp;
    proxy_temp_path tmp;
    fastcgi_temp_path tmp;
    uwsgi_temp_path tmp;
    scgi_temp_path tmp;
    upstream web { server 127.0.0.1:{web}; }
}
# ü\\n
`;
const SITE = {
  "deploy.conf": NGINX + WEB,
  "nginx.conf.template": TEMPLATE,
  web: "",
};

Deno.test("zddeploy --version prints its version, its commit, and what it runs on", async () => {
  const version = await zdd(["--version"]);
  assertEquals([version.code, version.stderr], [0, ""]);
  const [, ...told] =
    /^zddeploy (\d+\.\d+\.\d+)(?: \(([0-9a-f]+(?:-dirty)?)\))?\ndeno (\d\S*)\nv8 (\d\S*)\n$/
      .exec(version.stdout) ?? [];
  const json = JSON.parse((await zdd(["--version", "--json"])).stdout);
  assertEquals([json.zddeploy, json.commit, json.deno, json.v8], told);
});

Deno.test("zddeploy refuses a wrong command line, and colours that only if told to", async () => {
  const { code, stdout, stderr } = await zdd(["chekc"]);
  assertEquals([code, stdout], [2, ""]);
  const words = 'There is no command "chekc"\nhint: did you mean "check"?\n';
  assertEquals(stderr, `zddeploy: ${words}`);
  const colored = await zdd(["chekc", "--color=always"]);
  assert(colored.stderr.startsWith("\u001b[31mzddeploy:\u001b[39m "));
});

Deno.test("zddeploy check tells every mistake at once, with exit status 2", async () => {
  const { code, stdout, stderr } = await zdd(["check"], {
    "deploy.conf": NGINX + WEB + "strat: x\n",
    "nginx.conf.template": "\n{wep}\n",
  });
  assertEquals([code, stdout], [2, ""]);
  assert(stderr.includes('deploy.conf:7: Unknown key "strat"'), stderr);
  assert(stderr.includes("nginx.conf.template:2: There is nothing"), stderr);
  assert(stderr.endsWith("hint: 2 mistakes, nothing was run\n"), stderr);
});

Deno.test("zddeploy --json prints one document, whatever happens", async () => {
  const good = await zdd(["check", "--json"], SITE);
  assertEquals(good.code, 0);
  const { ok, services, nginxTested } = JSON.parse(good.stdout);
  assertEquals([ok, services, nginxTested], [true, ["web"], true]);
  for (const args of [["check", "--json"], ["--json", "--nonsense"]]) {
    const { code, stdout } = await zdd(args);
    const { error, exitStatus } = JSON.parse(stdout);
    assertEquals([code, exitStatus, typeof error.message], [2, 2, "string"]);
  }
});

Deno.test("zddeploy -c finds everything relative to the file", async () => {
  const files = Object.fromEntries(
    Object.entries(SITE).map(([name, text]) => [`site/${name}`, text]),
  );
  assertEquals((await zdd(["check", "-c", "site/deploy.conf"], files)).code, 0);
  const missing = await zdd(["check", "-c", "site/other.conf"], files);
  assertEquals(missing.code, 2);
  assert(missing.stderr.includes('Cannot read "site/other.conf"'));
});

Deno.test("zddeploy -q says nothing where nothing is wrong", async () => {
  const files = { ...SITE, web: "#!/bin/sh\n" };
  assertEquals(await zdd(["check", "-q"], files), {
    code: 0,
    stdout: "",
    stderr: "",
  });
});

Deno.test("zddeploy render prints the configuration byte by byte", async () => {
  const { code, stdout } = await zdd(["render"], SITE);
  assertEquals(code, 0);
  assert(stdout.endsWith("server 127.0.0.1:1; }\n}\n# ü\\n\n"), stdout);
});

Deno.test("zddeploy obeys --color in two words, even if the command line is wrong", async () => {
  for (const when of ["always", "never"]) {
    const { stderr } = await zdd(["chekc", "--color", when]);
    assertEquals(stderr.includes("\u001b"), when === "always", when);
  }
});
