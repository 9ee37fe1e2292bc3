import { assert, assertEquals } from "@std/assert";
import { watchPlaces } from "../../lib/live/watch_lines.ts";
import { WatchLog } from "../../lib/watch/watch_log.ts";
import { liveTemplate } from "../support/project.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

const LOG = "access_log {project_dir}/own.log";

/**
 * Where a template may say what is logged: `own` is how many of two requests were in
 * its own log before zdd had one beside it.
 */
const PLACES = [
  { name: "nowhere", http: "access_log off;", own: 0 },
  { name: "at http level", http: `${LOG};`, own: 2 },
  { name: "in the server", server: `${LOG};`, own: 2 },
  {
    name: "in the server, off",
    http: `${LOG};`,
    server: "access_log off;",
    own: 0,
  },
  {
    name: "in the location",
    http: "access_log off;",
    location: `${LOG};`,
    own: 2,
  },
  { name: "in a server without choose", server: `${LOG};`, chosen: [], own: 2 },
  {
    name: "at http level, without choose",
    http: `${LOG};`,
    chosen: [],
    own: 2,
  },
  {
    name: "nowhere, without choose",
    http: "access_log off;",
    chosen: [],
    own: 0,
  },
] as {
  name: string;
  http?: string;
  server?: string;
  location?: string;
  chosen?: string[];
  own: number;
}[];

for (
  const { name, http = "", server = "", location = "", chosen, own } of PLACES
) {
  for (const port of ["env", "file"]) {
    Deno.test(`what is answered is logged while it is watched, and nothing else is lost: ${name}, port: ${port}`, async () => {
      const template = liveTemplate({
        ...chosen && { chosen },
        locations:
          `${server} location / { ${location} <%= it.live.pass("web") %> }`,
      }).replace("access_log off;", http);
      await using site = await Site.live({ template, port }).deployed();
      const live = site.path(".zdd/live");
      await site.get();
      assertEquals(Deno.statSync(`${live}/watch.log`).size, 0);
      const [{ address } = { address: "" }] = await site.instances();
      {
        using log = new WatchLog(watchPlaces(live));
        await site.get();
        await until("it is logged", () => {
          const [answer] = log.read();
          if (answer === undefined) return false;
          assertEquals([answer.address, answer.failure], [address, undefined]);
          return true;
        });
        assertEquals(log.read(), []);
      }
      await site.get();
      assertEquals(Deno.statSync(`${live}/watch.log`).size, 0);
      const lines = () =>
        site.exists("own.log")
          ? site.read("own.log").split("\n").length - 1
          : 0;
      // nginx logs a request when its client has had the answer.
      const expected = own === 0 ? 0 : 3;
      await until("its own log has all", () => lines() >= expected);
      assertEquals(lines(), expected);
    });
  }
}

Deno.test("what nginx answers with a page of its own is logged as the instance's failure", async () => {
  const template = liveTemplate({
    locations: `error_page 500 502 503 504 =200 /sorry;
      location = /sorry { return 200 sorry; }
      location / { proxy_intercept_errors on; <%= it.live.pass("web") %> }`,
  });
  await using site = await Site.live({ template }).deployed();
  using log = new WatchLog(watchPlaces(site.path(".zdd/live")));
  assertEquals((await site.get("/fail")).text, "sorry");
  const failures: (string | undefined)[] = [];
  await until("it is logged", () => {
    failures.push(...log.read().map(({ failure }) => failure));
    return failures.length > 0;
  });
  assertEquals(failures, ["5xx"]);
});

Deno.test("a location without a choice in which a flag would change something isn't watched", async () => {
  const template = liveTemplate({
    chosen: [],
    locations: `location / {
      limit_except GET POST { deny all; } <%= it.live.pass("web") %>
    }`,
  });
  await using site = await Site.live({ template, port: "file" }).deployed();
  const { code, stderr } = await site.zdd("deploy", "--watch", "1");
  assertEquals(code, 2);
  assert(stderr.includes("cannot be watched"), stderr);
});

Deno.test("nginx stops to log by itself when whoever watches is gone", async () => {
  await using site = await Site.live().deployed();
  const live = site.path(".zdd/live");
  using log = new WatchLog(watchPlaces(live));
  // As if it had been killed a minute ago.
  log.keepOn(Date.now() - 60_000);
  await site.get();
  assertEquals(Deno.statSync(`${live}/watch.log`).size, 0);
});
