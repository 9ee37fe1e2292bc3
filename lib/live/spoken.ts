import type { Config } from "../config/config.ts";
import {
  allDirectives,
  type Block,
  parseConfiguration,
} from "../nginx/configuration.ts";
import { parseAddress, portText } from "../system/address.ts";
import type { Template } from "../template/template.ts";
import { templateNames } from "./template_names.ts";

/**
 * The services that a template passes nothing to in plain HTTP, but something in another
 * protocol (FastCGI, uwsgi, gRPC, TLS, a bare stream), as far as can be known. They can't
 * be checked with an HTTP request.
 */
export function servicesWithoutHttp(
  template: Template,
  config: Config,
  version: () => string,
): Set<string> {
  const samples = sampleAddresses(template, config);
  const places = Object.fromEntries(
    config.services.map(({ name, instances }) => {
      const current = Array(instances).fill({ address: samples.get(name) });
      return [name, { current }];
    }),
  );
  const { names, live } = templateNames(config, places, version);
  const { text } = template.renderLines(names);
  const ways = [
    ...live.passes.map(({ service, protocol }) =>
      [service.name, protocol === "http"] as const
    ),
    ...classicPasses(text, samples),
  ];
  const inHttp = new Set(ways.filter(([, http]) => http).map(([name]) => name));
  return new Set(
    ways.map(([name]) => name).filter((name) => !inHttp.has(name)),
  );
}

/** A sample address for each service that occurs nowhere in the template. */
function sampleAddresses(
  { text }: Template,
  { services }: Config,
): Map<string, string> {
  let number = 60_000;
  return new Map(services.map(({ name, port }) => {
    do number--; while (text.includes(String(number)));
    return [
      name,
      port === "socket" ? `unix:/${number}.sock` : `127.0.0.1:${number}`,
    ];
  }));
}

/** The services that nginx's own directives pass requests to, and whether in plain HTTP. */
function classicPasses(
  text: string,
  samples: Map<string, string>,
): (readonly [name: string, http: boolean])[] {
  let root: Block;
  try {
    root = parseConfiguration(text);
  } catch {
    return []; // nginx says what is wrong with it
  }
  const directives = [...allDirectives(root)];
  const namedIn = (words: string[]) =>
    [...samples].filter(([, address]) => {
      const parsed = parseAddress(address);
      const written = parsed && portText(parsed);
      return words.some((word) => written && word.includes(written));
    }).map(([name]) => name);
  const upstreams = new Map(
    directives.filter(({ name }) => name === "upstream").map((
      { args: [name = ""], block = [] },
    ) => [name, namedIn(block.flatMap(({ args }) => args))]),
  );
  return directives.flatMap(({ name, args: [to = ""] }) => {
    if (!/^(proxy|fastcgi|uwsgi|scgi|grpc|memcached)_pass$/.test(name)) {
      return [];
    }
    const [, scheme = "", host = ""] = /^(\w+:\/\/)?([^/:]*)/.exec(to) ?? [];
    const http = name === "proxy_pass" && scheme === "http://";
    return [...namedIn([to]), ...upstreams.get(host) ?? []]
      .map((service) => [service, http] as const);
  });
}
