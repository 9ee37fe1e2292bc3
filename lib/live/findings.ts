import { type Directive, inForce } from "../nginx/configuration.ts";
import type { LivePlan, PlannedChoice, PlannedPass } from "./plan.ts";
import { kindOf } from "./protocols.ts";

/** A mistake, or a possible one, in a template with the live switch. */
export interface Finding {
  /** The directive it is about; undefined if unknown. */
  directive?: Directive;
  message: string;
  hint?: string;
  /** Whether nginx would refuse it or requests would fail, so that nothing may be run. */
  isMistake: boolean;
}

/** What can be found in a template without running anything. */
export function findingsIn({ passes, choices }: LivePlan): Finding[] {
  return [
    ...choices.flatMap(ofChoice),
    ...passes.flatMap((pass) => [
      ...withoutChoice(pass),
      ...duplicates(pass),
      ...lostRetries(pass),
      ...keyWithSlot(pass),
      ...pass.service.slots === undefined ? ofAddress(pass) : [],
    ]),
  ];
}

/** Finds what keeps `choose` from working. */
function ofChoice({ marker, passes, levels }: PlannedChoice): Finding[] {
  if (marker === undefined || passes.length === 0) return [];
  const [here = []] = levels;
  const choose = "it.live.choose";
  const open = here.find(isOn("open_file_cache"));
  const [symlinks] = inForce(levels, "disable_symlinks").filter(
    isOn("disable_symlinks"),
  );
  const above = here.slice(0, here.indexOf(marker)).find(ends);
  return [
    ...open === undefined ? [] : [mistake(
      open,
      `open_file_cache with ${choose} would remember which instance served before`,
      "set it in the locations that serve files",
    )],
    ...symlinks === undefined ? [] : [mistake(
      symlinks,
      `disable_symlinks keeps nginx from following the links of ${choose}`,
      "set it in the locations that serve files",
    )],
    ...above === undefined ? [] : [mistake(
      above,
      `Requests rewritten here skip ${choose} and cannot be passed on`,
      `put ${choose} above it`,
    )],
  ];
}

/** Whether nginx skips the rest of the server's rewrite directives. */
function ends({ name, args, block }: Directive): boolean {
  if (name === "break") return true;
  if (name === "rewrite") return ["break", "last"].includes(args[2] ?? "");
  return name === "if" && (block ?? []).some(ends);
}

function isOn(wanted: string): (directive: Directive) => boolean {
  return ({ name, args }) => name === wanted && args[0] !== "off";
}

function withoutChoice(
  { service: { name, slots }, choice, isConditional, marker }: PlannedPass,
): Finding[] {
  if (slots === undefined || choice !== undefined) return [];
  const choose = `<%= it.live.choose("${name}") %>`;
  const hint = `write ${choose} in the server`;
  return [
    isConditional
      ? mistake(marker, `In an "if", it.live.pass needs ${choose}`, hint)
      : warning(
        marker,
        "it.live.pass chooses the instance in this location: limit_except, if, " +
          "try_files and rewrite … break in it may act differently after each deploy",
        hint,
      ),
  ];
}

/** Directives that nginx allows only once, and that `pass` must set itself. */
function duplicates(
  { service, protocol, marker, levels: [here = []] }: PlannedPass,
): Finding[] {
  const handlers = ["proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass"];
  const own = [...handlers, "scgi_pass"];
  if (service.slots === undefined) own.push("root", "alias");
  return here.filter(({ name }) => own.includes(name)).map((directive) =>
    mistake(
      directive,
      `${directive.name} conflicts with it.live.pass, which sets ` +
        (own.slice(0, 5).includes(directive.name)
          ? `${kindOf(protocol).module}_pass`
          : `root for "${service.name}"`),
      "a location can have only one of them",
    )
  ).concat(
    here.some((other) =>
        other !== marker && other.name === marker?.name &&
        here.indexOf(other) < here.indexOf(marker)
      )
      ? [mistake(
        marker,
        "There is another it.live.pass in this location",
        "a location can have only one of them",
      )]
      : [],
  );
}

/** A request must get a second try if its instance or its kept connection is gone. */
function lostRetries({ protocol, levels }: PlannedPass): Finding[] {
  const { module } = kindOf(protocol);
  const [here = []] = levels;
  const words = here.filter(({ name, args }) =>
    name === `${module}_next_upstream` &&
    (args.includes("off") || !args.includes("error"))
  );
  const tries = inForce(levels, `${module}_next_upstream_tries`)
    .filter(({ args }) => args[0] === "1");
  return [...words, ...tries].map((directive) =>
    warning(
      directive,
      `${directive.name} ${directive.args.join(" ")} disables the second ` +
        "try: a request whose instance is replaced while it arrives gets a 502",
    )
  );
}

/** A cache key must not contain the slot: the release after the next has the same one. */
function keyWithSlot({ protocol, levels }: PlannedPass): Finding[] {
  const key = `${kindOf(protocol).module}_cache_key`;
  return inForce(levels, key)
    .filter(({ args }) => /\$\{?(proxy_host|upstream_)/.test(args.join(" ")))
    .map((directive) =>
      warning(
        directive,
        `${key} contains the slot, so a release could get the cached ` +
          "answers of an earlier one",
        "use $host instead",
      )
    );
}

/** Directives that don't work with a service that chooses its own address. */
function ofAddress(pass: PlannedPass): Finding[] {
  const { service: { name, instances }, marker, levels, protocol } = pass;
  const [here = []] = levels;
  const isEarly = (directive: Directive) =>
    ["set", "rewrite", "return", "if", "location"].includes(directive.name);
  const { module } = kindOf(protocol);
  const late = new Set([
    ...here.filter((directive) => !isEarly(directive)),
    ...inForce(levels, `${module}_set_header`),
    ...inForce(levels, `${module}_param`),
  ]);
  const using = (pattern: RegExp) =>
    [...late].filter(({ args }) => args.some((arg) => pattern.test(arg)));
  return [
    ...instances > 1
      ? [warning(
        marker,
        `"${name}" chooses its own port: if one of its ${instances} instances ` +
          "ends, its share of the requests fails until the next start",
        "with port: env or port: socket, nginx tries another one",
      )]
      : [],
    ...using(/\$\{?[1-9]/).map((directive) =>
      warning(
        directive,
        `${directive.name} gets a different $1: nginx finds the address of ` +
          `"${name}" with a regular expression`,
        "save it in a variable first: set $own $1;",
      )
    ),
    ...using(/\$\{?(document_root|realpath_root|request_filename)\b/)
      .map((directive) =>
        warning(
          directive,
          `${directive.name} gets a live link as the root, which leads nginx to ` +
            `"${name}"`,
          "write the path",
        )
      ),
  ];
}

function mistake(
  directive: Directive | undefined,
  message: string,
  hint?: string,
): Finding {
  return { directive, message, hint, isMistake: true };
}

function warning(
  directive: Directive | undefined,
  message: string,
  hint?: string,
): Finding {
  return { directive, message, hint, isMistake: false };
}
