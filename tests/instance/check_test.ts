import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ServiceConfig } from "../../lib/config/config.ts";
import { ZddError } from "../../lib/error.ts";
import { checkInstance } from "../../lib/instance/check.ts";
import type { Instance } from "../../lib/instance/instance.ts";
import { start } from "../../lib/instance/start.ts";
import { planInstance } from "../../lib/instance/plan.ts";
import { sendSignal } from "../../lib/system/process.ts";
import { TempDir } from "../system/temp_dir.ts";
import { serviceIn } from "./service_config.ts";

interface Checked {
  service?: Partial<ServiceConfig>;
  signal?: AbortSignal;
  /** Runs as soon as the instance is there. */
  meanwhile?: (instance: Instance) => void;
}

/** Checks an instance whose port is this one. */
async function check(port: number, options: Checked = {}): Promise<void> {
  using directory = new TempDir();
  const service = serviceIn(directory, {
    start: `echo ${port} >$$.port; echo $$ >web.pid; exec sleep 60`,
    ...options.service,
  });
  using launch = await start(planInstance(service, 1));
  const instance = await launch.instance();
  try {
    options.meanwhile?.(instance);
    await checkInstance(launch, instance, options);
  } finally {
    sendSignal(instance.process, "SIGKILL");
  }
}

async function serving(
  answer: (request: Request) => Response,
  body: (port: number) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
  }, answer);
  try {
    await body(server.addr.port);
  } finally {
    await server.shutdown();
  }
}

function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("checkInstance() is content with a connection if there is no health", async () => {
  await serving(() => new Response("", { status: 500 }), (port) => check(port));
});

Deno.test("checkInstance() says that nothing accepts connections", async () => {
  const port = closedPort();
  const error = await assertRejects(
    () => check(port, { service: { startTimeout: 100 } }),
    ZddError,
  );
  assert(
    new RegExp(
      `^web didn't start: process \\d+ doesn't accept connections on ` +
        `127\\.0\\.0\\.1:${port} after 100 ms \\(.*refused`,
      "i",
    ).test(error.message),
    error.message,
  );
});

Deno.test("checkInstance() waits until the instance is healthy", async () => {
  let asked = 0;
  const paths = new Set<string>();
  await serving((request) => {
    paths.add(new URL(request.url).pathname);
    return new Response("", { status: ++asked < 3 ? 503 : 200 });
  }, (port) => check(port, { service: { health: "/up" } }));
  assertEquals(asked, 3);
  assertEquals([...paths], ["/up"]);
});

Deno.test("checkInstance() takes only the statuses that were asked for", async () => {
  const service = {
    health: "/up",
    healthStatus: [{ low: 401, high: 401 }, { low: 500, high: 599 }],
    healthTimeout: 50,
  };
  for (const [status, healthy] of [[401, true], [503, true], [200, false]]) {
    await serving(
      () => new Response("", { status: Number(status) }),
      async (port) => {
        const checked = check(port, { service });
        if (healthy) await checked;
        else await assertRejects(() => checked, ZddError, "last: 200");
      },
    );
  }
});

Deno.test("checkInstance() asks a URL that is given whole", async () => {
  let host = "";
  await serving((request) => {
    host = request.url;
    return new Response("");
  }, (port) => {
    const health = `http://127.0.0.1:${port}/elsewhere`;
    return check(port, { service: { health } });
  });
  assert(host.endsWith("/elsewhere"), host);
});

Deno.test("checkInstance() tells the last answer when the time is over", async () => {
  await serving(
    () => new Response("the database\n is down", { status: 503 }),
    async (port) => {
      const { message } = await assertRejects(
        () => check(port, { service: { health: "/up", healthTimeout: 60 } }),
        ZddError,
      );
      assert(
        /^web didn't start: \/up isn't healthy on .* after \d+ (try|tries) in 60 ms; last: 503 "the database is down"$/
          .test(message),
        message,
      );
    },
  );
});

Deno.test("checkInstance() fails at once when the instance ends", async () => {
  await assertRejects(
    () =>
      check(closedPort(), {
        meanwhile: ({ process }) => {
          setTimeout(() => sendSignal(process, "SIGKILL"), 20);
        },
      }),
    ZddError,
    "ended",
  );
});

Deno.test("checkInstance() ends with the signal's reason", async () => {
  const controller = new AbortController();
  await assertRejects(
    () =>
      check(closedPort(), {
        signal: controller.signal,
        meanwhile: () => {
          setTimeout(() => controller.abort(new RangeError("interrupted")), 20);
        },
      }),
    RangeError,
  );
});
