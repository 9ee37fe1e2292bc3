import { type Block, inForce, quote } from "../nginx/configuration.ts";
import { decisionLines } from "./choice.ts";
import { closedLines } from "./steering.ts";
import { connectionVariable } from "./http_level.ts";
import { linkKey } from "./identifiers.ts";
import type { PlannedPass } from "./plan.ts";
import { isHttp, kindOf } from "./protocols.ts";

/** A directive that `pass` sets, unless the template has it. */
interface Own {
  text: string;
  /** What the template's word for it is; undefined if it can't be left to that. */
  name?: string;
  /** The template's word counts at an outer level, too. */
  yieldsToOuter?: true;
}

/**
 * What `it.live.pass` prints: passes a location's requests to whichever instance serves.
 * What the location's owner sets stands as it is.
 *
 * @param hasPage whether the server that it stands in has the page of a closed site
 */
export function passLines(
  pass: PlannedPass,
  live: string,
  hasPage: boolean,
): string[] {
  const { service, protocol, variable, bucket, choice, levels, marker } = pass;
  const { module, scheme, canBuffer } = kindOf(protocol);
  const hasSlots = service.slots !== undefined;
  const passing = { text: `${module}_pass ${scheme}${variable};` };
  const root = {
    text: `root "${live}/${linkKey(service.name, false)}/${bucket}";`,
  };
  // What stands there besides, nginx inherits from around it.
  if (pass.isConditional) {
    return (hasSlots ? [passing] : [root, passing]).map(({ text }) => text);
  }
  const all: Own[] = [
    ...choice === undefined
      ? [
        // It would remember which instance served before.
        { text: "open_file_cache off;", name: "open_file_cache" },
        { text: "disable_symlinks off;", name: "disable_symlinks" },
        // A `break` would be in an `if` of the location, with all that this changes.
        ...decisionLines([pass], live, false).map((text) => ({ text })),
      ]
      : [],
    // A page's request may have come here by another error_page.
    ...hasPage && marker?.parent?.args[0]?.startsWith("@")
      ? [outer("recursive_error_pages", "on")]
      : [],
    ...closedLines(live, hasPage ? choice : undefined)
      .map((text) => ({ text })),
    ...hasSlots ? [] : [root],
    passing,
    ...isHttp(protocol) ? httpLines(pass) : [],
    ...headerLines(pass),
    // Not after a timeout: the other slot must not do slow work twice.
    {
      text: `${module}_next_upstream error;`,
      name: `${module}_next_upstream`,
    },
    // nginx learns the address with a request's head but connects when it has the body,
    // and by then the old instance may be gone.
    ...!hasSlots && canBuffer
      ? [{
        text: `${module}_request_buffering off;`,
        name: `${module}_request_buffering`,
      }]
      : [],
    ...protocol === "https" || protocol === "grpcs"
      ? [outer(`${module}_ssl_name`, "$host")]
      : [],
    // Without, nginx sends a body of over 16 KB 40 ms late to a pooled connection.
    { text: "sendfile on;", name: "sendfile" },
  ];
  const [here = []] = levels;
  return all.filter(({ name, yieldsToOuter }) =>
    name === undefined ||
    inForce(yieldsToOuter ? levels : [here], name).length === 0
  ).map(({ text }) => text);
}

function httpLines({ protocol, levels }: PlannedPass): Own[] {
  const { scheme } = kindOf(protocol);
  const [cache] = inForce(levels, "proxy_cache");
  const isCached = cache !== undefined && cache.args[0] !== "off";
  return [
    { text: "proxy_http_version 1.1;", name: "proxy_http_version" },
    // With a variable in proxy_pass nginx has no default for it.
    outer("proxy_redirect", `${scheme}$proxy_host/ /`),
    // nginx's own has the upstream's name in it, which is another at each release.
    ...isCached
      ? [outer("proxy_cache_key", "$scheme$zdd__host$request_uri")]
      : [],
  ];
}

/** Headers that the location doesn't set itself; what it would have inherited, too. */
function headerLines(pass: PlannedPass): Own[] {
  const { protocol, service, headers, levels } = pass;
  const { module, hasHeaders } = kindOf(protocol);
  if (!hasHeaders) return [];
  const directive = `${module}_set_header`;
  const theirs = inForce(levels, directive);
  const [here = []] = levels;
  const inherited = here.some(({ name }) => name === directive) ? [] : theirs;
  const own: [string, string][] = [
    ["Host", "$zdd__host"],
    ...isHttp(protocol)
      ? [
        ["Connection", connectionVariable(service)],
        ["Upgrade", "$zdd__upgrade"],
      ] satisfies [string, string][]
      : [],
    ...headers
      ? [
        ["X-Forwarded-For", "$proxy_add_x_forwarded_for"],
        ["X-Forwarded-Proto", "$scheme"],
        ["X-Forwarded-Host", "$zdd__host"],
      ] satisfies [string, string][]
      : [],
  ];
  return [
    ...own.filter(([name]) => !isSet(name, theirs))
      .map(([name, value]) => ({ text: `${directive} ${name} ${value};` })),
    ...inherited.map(({ args }) => ({
      text: `${directive} ${args.map(quote).join(" ")};`,
    })),
  ];
}

function isSet(header: string, theirs: Block): boolean {
  return theirs.some(({ args: [name = ""] }) =>
    name.toLowerCase() === header.toLowerCase()
  );
}

function outer(name: string, value: string): Own {
  return { text: `${name} ${value};`, name, yieldsToOuter: true };
}
