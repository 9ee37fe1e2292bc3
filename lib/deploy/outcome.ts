import type { Instance } from "../instance/instance.ts";
import { type State, stateOf } from "../state/state.ts";
import type { Reloaded } from "./reload_switch.ts";
import type { Retired } from "./retire.ts";
import type { Run } from "./run.ts";

/** The result of a change, as `--json` prints it. */
export interface Outcome {
  changed: boolean;
  nginx: { action: NginxAction; pid?: number };
  services: ServiceOutcome[];
  warnings: readonly string[];
  ms: number;
}

/** What nginx was made to do. `switched`: only live links were moved. */
export type NginxAction = Reloaded["action"] | "switched";

export interface ServiceOutcome {
  name: string;
  current: readonly Instance[];
  standby: readonly Instance[];
  canary?: { instances: readonly Instance[]; percent: number };
  /** The instances that no longer serve. */
  previous: Retired[];
}

/** What a change did. */
export interface Done {
  /** How many instances were started. */
  started: number;
  /** Whether other instances serve than before. */
  moved?: boolean;
  action: NginxAction;
  retired: Retired[];
}

/** The outcome of a change; without the last argument, of one that had nothing to do. */
export function outcomeOf(
  { project: { config, nginx }, warnings, took }: Run,
  state: State,
  { started, moved = false, action, retired }: Done = {
    started: 0,
    action: "unchanged",
    retired: [],
  },
): Outcome {
  return {
    changed: started > 0 || moved || action !== "unchanged" ||
      retired.length > 0,
    nginx: { action, pid: nginx.master()?.pid },
    services: config.services.map(({ name }) => {
      const { current, standby, canary } = stateOf(state, name);
      const previous = retired.filter(({ service }) => service === name);
      return { name, current, standby, canary, previous };
    }),
    warnings,
    ms: took(),
  };
}
