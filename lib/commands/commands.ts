import type { Command } from "../cli/command.ts";
import { abort } from "./abort.ts";
import { boot } from "./boot.ts";
import { canary } from "./canary.ts";
import { check } from "./check.ts";
import { complete } from "./complete.ts";
import { completion } from "./completion.ts";
import { deploy } from "./deploy.ts";
import { doctor } from "./doctor.ts";
import { help } from "./help.ts";
import { history } from "./history.ts";
import { hold } from "./hold.ts";
import { init } from "./init.ts";
import { logs } from "./logs.ts";
import { maintenance } from "./maintenance.ts";
import { pause } from "./pause.ts";
import { promote } from "./promote.ts";
import { prune } from "./prune.ts";
import { render } from "./render.ts";
import { rollback } from "./rollback.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  deploy,
  start,
  status,
  check,
  doctor,
  render,
  rollback,
  canary,
  promote,
  abort,
  pause,
  maintenance,
  stop,
  boot,
  logs,
  history,
  prune,
  init,
  completion,
  help,
  complete,
  hold,
];
