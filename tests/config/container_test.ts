import { assertEquals, assertMatch } from "@std/assert";
import { splitWords } from "../../lib/config/values.ts";
import { ConfDir, mistakesIn, NGINX } from "./conf_dir.ts";

const CONTAINER = "[service:web]\ncontainer: docker\nimage: app:{release}";
const PORT = "container_port: 8080";

Deno.test("a container needs no start, and has an address of its own", () => {
  using directory = new ConfDir(
    NGINX,
    CONTAINER,
    PORT,
    "volumes: ./data:/data\n  cache:/cache:ro",
    "options: --cpus 2 --label 'a b'",
  );
  directory.write("data");
  const [web] = directory.config().services;
  assertEquals(web?.start, "");
  assertEquals(web?.port, "container");
  assertEquals(web?.restart, "always");
  assertEquals(web?.volumes, [
    `${directory.join("data")}:/data`,
    "cache:/cache:ro",
  ]);
  assertEquals(web?.options, ["--cpus", "2", "--label", "a b"]);
});

Deno.test("a container on the host's network is told its port", () => {
  using directory = new ConfDir(
    NGINX,
    CONTAINER,
    "network: host\nrestart: no\nport: env",
  );
  const [web] = directory.config().services;
  assertEquals([web?.port, web?.restart], ["env", "no"]);
});

Deno.test("a container may be a worker, which listens nowhere", () => {
  using directory = new ConfDir(NGINX, CONTAINER, "port: none");
  assertEquals(directory.config().services[0]?.port, "none");
});

const MISTAKES: [string, RegExp][] = [
  ["[service:web]\ncontainer: docker\n" + PORT, /needs a value for "image"/],
  [CONTAINER, /needs a value for "container_port" with container/],
  [
    "[service:web]\nstart: ./web\nport: env\nimage: app",
    /needs a value for "container" beside "image"/,
  ],
  [`${CONTAINER}\n${PORT}\nnetwork: host`, /no value with network: host/],
  [`${CONTAINER}\n${PORT}\nlog: web.log`, /Cannot use "log" beside/],
  [`${CONTAINER}\n${PORT}\nport: env`, /Cannot use "port" beside/],
  [`${CONTAINER}\n${PORT}\nport: none`, /no value with port: none/],
  [`${CONTAINER}\n${PORT}\nreplace: stop-first`, /expected start-first/],
  [`${CONTAINER}\n${PORT}\nsupervisor: systemd`, /expected none with/],
  [`${CONTAINER}\n${PORT}\nrestart: on-abort`, /expected no, on-failure/],
  [`${CONTAINER}\n${PORT}\nstop: ./stop`, /expected a signal/],
  [`${CONTAINER}\n${PORT}\nmemory_max: 50%%`, /expected a size/],
  [`${CONTAINER}\n${PORT}\noptions: --name x`, /no --name, which zdd/],
  [`${CONTAINER}\n${PORT}\noptions: -p80:80`, /no -p, which zdd/],
  [`${CONTAINER}\n${PORT}\noptions: -v /a:/b`, /the key "volumes" instead/],
  [`${CONTAINER}\n${PORT}\noptions: 'a`, /words with balanced quotes/],
  [`${CONTAINER}\n${PORT}\noptions: busybox`, /options such as --cpus 2/],
  [`${CONTAINER}\n${PORT}\nvolumes: ./none:/x`, /a file or directory/],
  [`${CONTAINER}\n${PORT}\nvolumes: x`, /lines such as/],
  [`${CONTAINER}\n${PORT}\nnetwork: a b`, /the name of a network/],
  [`[service:web]\ncontainer: lxc\nimage: a\n${PORT}`, /docker or podman/],
  [`[service:web]\ncontainer: docker\nimage: --rm\n${PORT}`, /name of an im/],
];

for (const [text, mistake] of MISTAKES) {
  Deno.test(`a container's mistake is told: ${mistake.source}`, () => {
    const found = mistakesIn(NGINX, text);
    assertEquals(found.length, 1, found.join("\n"));
    assertMatch(found[0] ?? "", mistake);
  });
}

Deno.test("splitWords() keeps together what quotes keep together", () => {
  const cases: [string, string[] | undefined][] = [
    ["", []],
    ["  ", []],
    [" a  b ", ["a", "b"]],
    [`a"b c"'d e'f`, ["ab cd ef"]],
    [String.raw`a\ b "c\"d\e" 'f\g' ''`, [
      "a b",
      String.raw`c"d\e`,
      String.raw`f\g`,
      "",
    ]],
    ['--x="y\nz"', ["--x=y\nz"]],
    ["'a", undefined],
    ['a "b', undefined],
    ["a\\", undefined],
  ];
  for (const [text, words] of cases) assertEquals(splitWords(text), words);
});
