import {
  type Ending,
  freePort,
  openSite,
  type Site,
  startApp,
} from "../site.ts";
import { ENDINGS, type Partner, SETTLE } from "./partner.ts";

/** A proxy whose configuration names one of two instances. */
export interface Proxy {
  name: string;
  missing(): string | undefined;
  /** Points it at a port. Starts it the first time. */
  use(site: Site, port: number, isFirst: boolean): Promise<void>;
}

/**
 * Measures only a proxy's reload: two instances that always run take turns. So all losses
 * come from the reload, and how the service ends makes no difference.
 */
export function betweenTwoBackends(proxy: Proxy): Partner {
  return {
    name: proxy.name,
    endings: ENDINGS,
    missing: () => Promise.resolve(proxy.missing()),
    start: (ending) => start(proxy, ending),
  };
}

async function start(proxy: Proxy, ending: Ending) {
  const site = openSite({ r0: "r0", r1: "r1" });
  try {
    const ports = [freePort(), freePort()];
    const [even = 0, odd = 0] = ports;
    await startApp(site, ending, even, "r0");
    await startApp(site, ending, odd, "r1");
    await proxy.use(site, even, true);
    return {
      url: `http://127.0.0.1:${site.port}/`,
      settle: SETTLE,
      deploy: (release: number) =>
        proxy.use(site, release % 2 === 0 ? even : odd, false),
      [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
    };
  } catch (error) {
    await site[Symbol.asyncDispose]();
    throw error;
  }
}
