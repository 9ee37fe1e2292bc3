import { assert, assertEquals, assertMatch } from "@std/assert";
import { Load } from "../support/load.ts";
import { Site } from "../support/site.ts";

const DEPLOYS = 10;

interface Sample {
  name: string;
  /** How many processes an instance is. */
  processes: number;
  /** What it answers. */
  answer: RegExp;
  /** Static files are only read. */
  methods?: string[];
}

const SAMPLES: Sample[] = [
  {
    name: "uvicorn",
    processes: 1,
    answer: /^uvicorn, pid (\d+), version 1\n$/,
  },
  { name: "puma", processes: 3, answer: /^puma, pid (\d+), version 1\n$/ },
  { name: "deno", processes: 1, answer: /^deno, pid (\d+), version 1\n$/ },
  {
    name: "static-binary",
    processes: 1,
    answer: /^busybox, version 1\n$/,
    methods: ["GET"],
  },
  {
    name: "php-fpm",
    processes: 5,
    answer: /^php-fpm, pid (\d+), version 1\n$/,
  },
];

for (const sample of SAMPLES) {
  const { name, processes, answer } = sample;
  Deno.test(`${name}: ten deploys under load lose nothing and leave nothing`, async () => {
    await using site = Site.fromSample(name);
    const first = await site.deploy();
    assertMatch(first.stderr, /nginx: started \d+/);
    const nginx = site.nginx();
    await site.untilCount(nginx.length + processes);
    const pids = await site.pidsOf("serving");

    await using load = await Load.start({
      url: `http://127.0.0.1:${site.port}/`,
      clients: 20,
      methods: sample.methods ?? ["GET", "POST"],
      pause: 2,
      timeout: 60_000, // a busy machine is no failure
      expect: answer,
      text: answer,
    });
    for (let i = 0; i < DEPLOYS; i++) {
      const { stderr } = await site.deploy();
      assertMatch(stderr, new RegExp(`^web: stopped ${pids.at(-1)} `, "m"));
      pids.push(...await site.pidsOf("serving"));
    }
    const { ok, answers } = await load.stopWithoutFailure();

    assertEquals(new Set(pids).size, 1 + DEPLOYS);
    if (answer.source.includes("(")) {
      assertEquals(answers.map(({ text }) => Number(text)), pids);
    }
    assert(ok > 100, `only ${ok} requests were made`);
    assertEquals(site.nginx(), nginx);
    await site.untilCount(nginx.length + processes);
  });
}
