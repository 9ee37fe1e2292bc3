import type { Directive } from "../nginx/configuration.ts";
import type { LivePlan, PlannedPass } from "./plan.ts";

/** Why a service's clients can't be turned away, and how to fix it. */
export interface Opening {
  /** Where it is; undefined if unknown. */
  directive?: Directive;
  message: string;
  hint: string;
}

/**
 * The first place in a template that lets requests through while the site is closed;
 * undefined if there is none.
 *
 * @param withPage whether clients should see a page of the user's
 */
export function openingIn(
  { passes, choices }: LivePlan,
  withPage: boolean,
): Opening | undefined {
  return passes.map((pass): Opening | undefined => {
    const { service: { name }, marker: directive, choice } = pass;
    const snippet = `<%= it.live.pass("${name}") %>`;
    const choose = `<%= it.live.choose("${name}") %>`;
    if (pass.isConditional && !hasPassAround(pass, passes)) {
      const message = `it.live.pass("${name}") is only in an "if"`;
      const hint = `write ${snippet} in the location, too, above the "if"`;
      return { directive, message, hint };
    }
    const { levels: [here = []] } = pass;
    const above = directive && here.slice(0, here.indexOf(directive));
    const end = above?.find(stopsRewriting);
    if (!pass.isConditional && end !== undefined) {
      const message = `"${end.name} … break" is above ${snippet}`;
      return { directive: end, message, hint: "put it below" };
    }
    const hasPage = choice !== undefined && choices[choice]?.hasPage;
    if (withPage && !pass.isConditional && !hasPage) {
      const message = `There is no place for a page for "${name}"`;
      const hint = `write ${choose} in the server, or leave out --page`;
      return { directive, message, hint };
    }
    return undefined;
  }).find((opening) => opening !== undefined);
}

/** Whether the location around an `if` turns clients away, above or below the `if`. */
function hasPassAround(
  { levels: [, around = []] }: PlannedPass,
  passes: readonly PlannedPass[],
): boolean {
  return passes.some(({ marker }) =>
    marker !== undefined && around.includes(marker)
  );
}

/** Whether nginx skips every later `if` of the location. */
function stopsRewriting({ name, args, block }: Directive): boolean {
  return name === "break" || name === "rewrite" && args[2] === "break" ||
    name === "if" && (block ?? []).some(stopsRewriting);
}
