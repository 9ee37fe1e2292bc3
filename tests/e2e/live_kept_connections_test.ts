import { assert, assertEquals } from "@std/assert";
import { runLoad } from "../support/load.ts";
import { liveTemplate } from "../support/project.ts";
import { Site } from "../support/site.ts";

/**
 * A server that closes every twentieth kept connection when the next request comes, as
 * one does whose workers are renewed: nginx finds out only then.
 */
function closingSite(keepalive: string): Site {
  return Site.live({
    mode: "closes:20",
    lines: ["standby: yes", `keepalive: ${keepalive}`],
    template: liveTemplate({
      http:
        "upstream plain { server 127.0.0.1:<%= it.services.web.address.split(':')[1] %>; keepalive 32; }",
      locations: `location / { <%= it.live.pass("web") %> }
        location /plain {
            proxy_pass http://plain;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }`,
    }),
  });
}

for (const keepalive of ["32", "4", "0"]) {
  Deno.test(`kept connections that a server closes cost no more requests than with a static upstream, keepalive: ${keepalive}`, async () => {
    await using site = await closingSite(keepalive).deployed();
    await site.deploy(); // now a standby could answer
    const [serving] = await site.pidsOf("serving");
    for (const path of ["/", "/plain"]) {
      const { ok, failed, kinds, answers } = await runLoad({
        url: `http://127.0.0.1:${site.port}${path}`,
        clients: 20,
        requests: 3000,
        timeout: 60_000,
        expect: /^v1 \d+ 0\n$/,
        text: /^v1 (\d+)/,
      }, new AbortController().signal);
      assertEquals({ path, failed, kinds }, { path, failed: 0, kinds: {} });
      assert(ok >= 3000);
      assertEquals(answers.map(({ text }) => text), [String(serving)], path);
    }
  });
}
