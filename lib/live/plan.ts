import {
  allDirectives,
  type Block,
  type Directive,
  levelsOf,
} from "../nginx/configuration.ts";
import { variableOf } from "./identifiers.ts";
import type { PassOptions } from "./pass_options.ts";
import type { LiveService } from "./service.ts";
import { Splits } from "./splits.ts";

/** A call of `it.live.pass`. */
export interface Pass extends PassOptions {
  service: LiveService;
}

/** A call of `it.live.pass` whose place is known. */
export interface PlannedPass extends Pass {
  /** The variable that says which instance serves. */
  variable: string;
  /** The variable with the request's bucket. */
  bucket: string;
  /** Which `it.live.choose` around it has already chosen the slot; the first is 0. */
  choice?: number;
  /** Whether it is in an `if` or a `limit_except` of a location. */
  isConditional: boolean;
  /** The directives beside it and around it, innermost first. */
  levels: Block[];
  /** Its marker in the configuration that was read; undefined if there is none. */
  marker?: Directive;
}

/** A call of `it.live.choose`, with the passes that it chooses for. */
export interface PlannedChoice {
  passes: PlannedPass[];
  marker?: Directive;
  /** Whether nothing is rewritten, set or returned in the server after it. */
  isLast: boolean;
  /** Whether the location of a closed site's page can be beside it. */
  hasPage: boolean;
  /** The directives beside it and around it, innermost first. */
  levels: Block[];
}

/** The live switch of a template: what its snippets print. */
export interface LivePlan {
  passes: PlannedPass[];
  choices: PlannedChoice[];
  splits: Splits;
  /** The configuration with the markers; empty if it can't be read. */
  root: Block;
}

const PASS = "zdd_live_pass";
const CHOICE = "zdd_live_choose";

/** What `pass` and `choose` print in the first rendering, to find out where they are. */
export function passMarker(number: number): string {
  return `${PASS} ${number};`;
}
export function choiceMarker(number: number): string {
  return `${CHOICE} ${number};`;
}

/** Whether a directive is the marker of an `it.live.choose`. */
export function isChoice({ name }: Directive): boolean {
  return name === CHOICE;
}

/** Whether a directive is the marker of a snippet. */
export function isMarker({ name }: Directive): boolean {
  return name === PASS || name === CHOICE;
}

/**
 * Finds out where the snippets are.
 *
 * @param choices the names of the services of each `it.live.choose`
 * @param root the configuration with the markers; undefined if it can't be read
 */
export function planLive(
  passes: Pass[],
  choices: string[][],
  root: Block | undefined,
): LivePlan {
  const markers = [...allDirectives(root ?? [])];
  const find = (name: string, number: number) =>
    markers.find((marker) =>
      marker.name === name && marker.args[0] === String(number)
    );
  const splits = new Splits();
  const variables = new Map<string, (string | undefined)[]>();
  const places = choices.map((names, i) => ({
    names,
    marker: find(CHOICE, i),
  }));
  const planned = passes.map((pass, i): PlannedPass => {
    const { service: { name, slots }, by } = pass;
    const marker = find(PASS, i);
    const levels = levelsAt(marker);
    // Passes of the same service share a variable if `by` is the same.
    const known = variables.get(name) ?? [];
    if (slots !== undefined && !known.includes(by)) known.push(by);
    variables.set(name, known);
    return {
      ...pass,
      variable: variableOf(name, Math.max(known.indexOf(by), 0) + 1),
      bucket: splits.variableFor(by),
      choice: indexOf(
        places,
        (place) => place.names.includes(name) && isAround(place.marker, levels),
      ),
      isConditional: ["if", "limit_except"].includes(
        marker?.parent?.name ?? "",
      ),
      levels,
      marker,
    };
  });
  return {
    passes: planned,
    choices: places.map(({ names, marker }) => ({
      passes: planned.filter(({ service: { name }, levels }) =>
        names.includes(name) && isAround(marker, levels)
      ),
      marker,
      isLast: marker !== undefined && root !== undefined &&
        isLastIn(marker, levelsOf(marker, root)),
      // Only a server can have a location for a page.
      hasPage: marker === undefined || marker.parent?.name === "server",
      levels: levelsAt(marker),
    })),
    splits,
    root: root ?? [],
  };

  function levelsAt(marker: Directive | undefined): Block[] {
    return marker === undefined || root === undefined
      ? []
      : [...levelsOf(marker, root)];
  }

  /** Whether a choice applies at a place; true if the configuration can't be read. */
  function isAround(choice: Directive | undefined, levels: Block[]): boolean {
    if (root === undefined) return true;
    return choice !== undefined &&
      levels.some((level) => level.includes(choice));
  }
}

/** Directives that the rewrite module runs in order. */
const RUN = /^(rewrite|return|break|if|set|set_(?!real_ip_from).*)$/;

function isLastIn(marker: Directive, levels: Iterable<Block>): boolean {
  const [here = []] = levels;
  return marker.parent?.name === "server" &&
    here.slice(here.indexOf(marker) + 1).every((directive) =>
      !RUN.test(directive.name) && !isMarker(directive) &&
      // An included file may change without zdd.
      directive.name !== "include" && directive.file === marker.file
    );
}

function indexOf<T>(
  items: readonly T[],
  isWanted: (item: T) => boolean,
): number | undefined {
  const index = items.findIndex(isWanted);
  return index < 0 ? undefined : index;
}
