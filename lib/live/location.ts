import { type Block, inForce, quote } from "../nginx/configuration.ts";
import { decisionLines } from "./choice.ts";
import { closedLines } from "./steering.ts";
import { connectionVariable } from "./http_level.ts";
import { linkKey } from "./identifiers.ts";
import type { PlannedPass } from "./plan.ts";
import { isHttp, kindOf } from "./protocols.ts";

/** A directive that `pass` sets unless the template does. */
interface Own {
  text: string;
  /** The directive that replaces it in the template; undefined if `pass` always sets it. */
  name?: string;
  /** The template can also set it at an outer level. */
  yieldsToOuter?: true;
}

/**
 * What `it.live.pass` prints: passes a location's requests to the instance that serves.
 * Directives that the location sets itself are kept.
 *
 * @param hasPage whether the server around it has the page of a closed site
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
  // nginx inherits the rest from the location around it.
  if (pass.isConditional) {
    return (hasSlots ? [passing] : [root, passing]).map(({ text }) => text);
  }
  const all: Own[] = [
    ...choice === undefined
      ? [
        // It would remember which instance served before.
        { text: "open_file_cache off;", name: "open_file_cache" },
        { text: "disable_symlinks off;", name: "disable_symlinks" },
        // A `break` in an `if` of the location would have side effects.
        ...decisionLines([pass], live, false).map((text) => ({ text })),
      ]
      : [],
    // The request may have come here by another error_page, before it gets the page.
    ...hasPage && marker?.parent?.args[0]?.startsWith("@")
      ? [outer("recursive_error_pages", "on")]
      : [],
    ...closedLines(live, hasPage ? choice : undefined)
      .map((text) => ({ text })),
    ...hasSlots ? [] : [root],
    passing,
    ...isHttp(protocol) ? httpLines(pass) : [],
    ...headerLines(pass),
    // Not after a timeout: slow work must not be done twice.
    {
      text: `${module}_next_upstream error;`,
      name: `${module}_next_upstream`,
    },
    // nginx finds the address when it has a request's head, but connects when it has the
    // body, and by then the old instance may be gone.
    ...!hasSlots && canBuffer
      ? [{
        text: `${module}_request_buffering off;`,
        name: `${module}_request_buffering`,
      }]
      : [],
    ...protocol === "https" || protocol === "grpcs"
      ? [outer(`${module}_ssl_name`, "$host")]
      : [],
    // Without it, nginx sends a body of over 16 KB 40 ms late on a kept connection.
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
    // nginx has no default for it if proxy_pass has a variable.
    outer("proxy_redirect", `${scheme}$proxy_host/ /`),
    // nginx's default contains the upstream's name, which changes with each release.
    ...isCached
      ? [outer("proxy_cache_key", "$scheme$zdd__host$request_uri")]
      : [],
  ];
}

/** The headers that the location doesn't set itself, and those it would have inherited. */
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
