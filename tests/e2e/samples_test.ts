import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";

const DEPLOYS = 10;

interface Sample {
  name: string;
  /** The service's, if it isn't `web`. */
  service?: string;
  /** How many processes an instance is. */
  processes: number;
  /** What it answers; its pid is the first group. */
  answer: RegExp;
  /** Static files are only read. */
  methods?: string[];
  /** Whether it switches by a reload, which closes idle connections. */
  reloads?: boolean;
}

const SAMPLES: Sample[] = [
  ...Object.entries({ gunicorn: 3, twisted: 1, node: 1 }).map((
    [name, processes],
  ) => ({
    name,
    service: name,
    processes,
    answer: new RegExp(`^${name}, pid (\\d+), version 1\n$`),
    reloads: true,
  })),
  ...Object.entries({ uvicorn: 1, puma: 3, deno: 1, "php-fpm": 5 }).map((
    [name, processes],
  ) => ({
    name,
    processes,
    answer: new RegExp(`^${name}, pid (\\d+), version 1\n$`),
  })),
  {
    name: "static-binary",
    processes: 1,
    answer: /^busybox, version 1\n$/,
    methods: ["GET"],
  },
];

for (const sample of SAMPLES) {
  const { name, service = "web", processes, answer, reloads } = sample;
  Deno.test(`${name}: ten deploys under load lose nothing and leave nothing`, async () => {
    await using site = Site.fromSample(name);
    const first = await site.deploy();
    assertMatch(first.stderr, /nginx: started \d+/);
    const nginx = site.nginx();
    await site.untilCount(nginx.length + processes);
    const startedIn = (stderr: string) =>
      Number(new RegExp(`^${service}: started (\\d+) `, "m").exec(stderr)?.[1]);
    const pids = [startedIn(first.stderr)];

    await using load = await site.load({
      ...(reloads ? { keepAlive: false, clients: 5 } : {}),
      methods: sample.methods ?? ["GET", "POST"],
      expect: answer,
      text: answer,
    });
    for (let i = 0; i < DEPLOYS; i++) {
      const { stderr } = await site.deploy();
      const stopped = new RegExp(`^${service}: stopped ${pids.at(-1)} `, "m");
      assertMatch(stderr, stopped);
      pids.push(startedIn(stderr));
    }
    const { ok, answers } = await load.stopWithoutFailure();

    assertEquals(new Set(pids).size, 1 + DEPLOYS);
    if (answer.source.includes("(")) {
      assertEquals(answers.map(({ text }) => Number(text)), pids);
    }
    assert(ok > 100, `only ${ok} requests were made`);
    if (!reloads) assertEquals(site.nginx(), nginx);
    await site.untilCount(nginx.length + processes);
  });
}
