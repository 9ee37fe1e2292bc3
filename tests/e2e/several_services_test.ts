import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  classicTemplate,
  type ProjectOptions,
  serviceSection,
} from "../support/project.ts";
import { Site } from "../support/site.ts";

/** How the two services of a site start: see server.mjs. */
interface Modes {
  red?: string;
  blue?: string;
}

function project(modes: Modes): ProjectOptions {
  const services = (["red", "blue"] as const).map((name) =>
    serviceSection({ name, port: "file", mode: modes[name] })
  );
  return { services: ["[DEFAULT]\nstart_timeout: 120\n", ...services] };
}

/** A site with the services red and blue, which answer /red and /blue. */
function twoServices(modes: Modes): Site {
  return Site.live({
    ...project(modes),
    template: classicTemplate({
      upstream: `
    upstream red { server 127.0.0.1:{red}; }
    upstream blue { server 127.0.0.1:{blue}; }`,
      locations: `
        location /red { proxy_pass http://red; }
        location /blue { proxy_pass http://blue; }`,
    }),
  });
}

/** When an instance began and when it listened, in ms, as its log says. */
function startOf(site: Site, service: string): { begin: number; end: number } {
  const log = site.read(`.zdd/log/${service}.log`);
  const time = (word: string) =>
    Number(new RegExp(`${word} at (\\d+)`).exec(log)?.[1]);
  return { begin: time("begins"), end: time("listens") };
}

Deno.test("several services are started side by side and switched at once", async () => {
  const delay = 1500;
  await using site = twoServices({
    red: `delay:${delay}`,
    blue: `delay:${delay}`,
  });
  const { stderr } = await site.deploy("--verbose");
  assertEquals(stderr.match(/nginx: started \d+/g)?.length, 1);
  const red = startOf(site, "red");
  const blue = startOf(site, "blue");
  assert(red.end - red.begin >= delay);
  const both = Math.max(red.end, blue.end) - Math.min(red.begin, blue.begin);
  assert(both < 2 * delay, `one after the other: ${both} ms`);
  assert(
    await site.pidAt("/red") !== await site.pidAt("/blue"),
  );
});

Deno.test("every service gets a new instance, with one reload for all", async () => {
  await using site = twoServices({});
  await site.deploy();
  const old = [
    await site.pidAt("/red"),
    await site.pidAt("/blue"),
  ];
  const { stderr, stdout } = await site.deploy("--json");
  assertEquals(stderr.match(/nginx: reloaded \d+/g)?.length, 1);
  assertMatch(stderr, new RegExp(`red: stopped ${old[0]}`));
  assertMatch(stderr, new RegExp(`blue: stopped ${old[1]}`));
  const { services } = JSON.parse(stdout);
  assertEquals(
    services.map((service: { name: string; previous: { pid: number }[] }) => [
      service.name,
      service.previous[0]?.pid,
    ]),
    [["red", old[0]], ["blue", old[1]]],
  );
});

/** What a failure says, by the mode that brings it about. */
const WORDS: Record<string, { says: string; quoted: string }> = {
  exit: {
    says: "didn't start: .*status 3",
    quoted: "cannot find module 'left-pad'",
  },
  "serves:500": {
    says: "didn't (stay up|start): process \\d+ ended with exit status 4",
    quoted: "the database is gone",
  },
};

const FAILURES: { failing: keyof Modes; modes: Modes }[] = [
  { failing: "red", modes: { red: "exit", blue: "delay:100000" } },
  { failing: "blue", modes: { red: "good", blue: "exit" } },
  { failing: "blue", modes: { red: "delay:100000", blue: "serves:500" } },
];

for (const { failing, modes } of FAILURES) {
  Deno.test(`if ${failing} (${modes[failing]}) fails, neither service is replaced, and nobody waits for the other`, async () => {
    await using site = twoServices({});
    await site.deploy();
    const look = async () => ({
      red: await site.pidAt("/red"),
      blue: await site.pidAt("/blue"),
      pidFiles: [site.read("red.pid"), site.read("blue.pid")],
      workers: site.activeWorkers(),
      conf: site.read("nginx.conf"),
    });
    const before = await look();
    const processes = site.processes();

    site.configure(project(modes));
    const begin = performance.now();
    const { code, stderr } = await site.zdd();
    const seconds = (performance.now() - begin) / 1000;

    assertEquals(code, 1, stderr);
    const { says, quoted } = WORDS[modes[failing] ?? ""] ?? {};
    assertMatch(stderr, new RegExp(`${failing} ${says}`));
    assertMatch(stderr, new RegExp(`\\| ${quoted}`));
    assert(seconds < 60, `it took ${seconds} s`);
    await site.untilProcesses(processes);
    assertEquals(await look(), before);
  });
}
