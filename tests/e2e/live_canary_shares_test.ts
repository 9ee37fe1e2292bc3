import { assert, assertEquals } from "@std/assert";
import { liveTemplate } from "../support/project.ts";
import { Site } from "../support/site.ts";

const AT_ONCE = 100;

/** The pids that answer a list of requests, in its order, by one connection. */
async function answersTo(port: number, requests: string[]): Promise<number[]> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const reader = connection.readable.pipeThrough(new TextDecoderStream())
    .getReader();
  const pids: number[] = [];
  let text = "";
  for (let done = 0; done < requests.length; done += AT_ONCE) {
    const some = requests.slice(done, done + AT_ONCE);
    await connection.write(new TextEncoder().encode(some.join("")));
    while (pids.length < done + some.length) {
      const { value } = await reader.read();
      if (value === undefined) throw new Error(`nginx closed: "${text}"`);
      text = (text + value).replace(/\r\n\r\n\S+ (\d+) 0\n/g, (_, pid) => {
        pids.push(Number(pid));
        return "";
      });
    }
  }
  return pids;
}

function request(path: string, header = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: example.com\r\n${header}\r\n`;
}

/** A request of each client, which is told apart by that header. */
const BY = {
  cookie: (i: number) => request("/cookie", `Cookie: visitor=v${i}\r\n`),
  // A text with something in front of the cookie is empty without it, too.
  none: () => request("/cookie"),
  address: (i: number) =>
    request("/address", `X-Real-IP: 10.0.${i >> 8}.${i & 255}\r\n`),
};

function canarySite(port: string): Site {
  return Site.live({
    port,
    template: liveTemplate({
      http: "set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;",
      locations: `
        location /cookie { <%= it.live.pass("web", { by: "v-$cookie_visitor" }) %> }
        location /address { <%= it.live.pass("web", { by: "$remote_addr" }) %> }`,
    }),
  });
}

for (
  const [port, ends] of [
    // With either slot as the canary's.
    ["env", [["promote", 10_000], ["abort", 1000]]],
    ["file", [["abort", 2000]]],
  ] as const
) {
  Deno.test(`clients get their share of a canary, and none is taken back while it grows, port: ${port}`, async () => {
    await using site = await canarySite(port).deployed();
    for (const [end, clients] of ends) {
      let before = new Set<number>();
      for (const percent of [1, 5, 10, 25, 50, 75, 100]) {
        if (percent === 1) await site.deploy("deploy", "--canary", "1");
        else await site.deploy("canary", String(percent));
        const [canary = 0] = await site.pidsOf("canary");
        const kinds = percent === 10
          ? ["cookie", "none", "address"] as const
          : ["cookie"] as const;
        for (const kind of kinds) {
          const requests = Array.from(
            { length: clients },
            (_, i) => BY[kind](i),
          );
          const pids = await answersTo(site.port, requests);
          const own = pids.flatMap((pid, i) => pid === canary ? [i] : []);
          const share = 100 * own.length / clients;
          // Four standard deviations of a share that is drawn.
          const spread = 4 * Math.sqrt(percent * (100 - percent) / clients);
          assert(
            Math.abs(share - percent) <= spread,
            `${percent} % by ${kind} are ${share} %`,
          );
          if (kind !== "cookie") continue;
          const now = new Set(own);
          assertEquals([...before].filter((client) => !now.has(client)), []);
          before = now;
        }
      }
      await site.deploy(end);
    }
  });
}
