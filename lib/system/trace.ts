/** Called for every command that is run and every signal that is sent. */
export type Trace = (message: string) => void;

let listener: Trace | undefined;

/** Sets the only listener for commands and signals, for `--verbose`. */
export function onTrace(trace: Trace): void {
  listener = trace;
}

/** Reports a command before it is run: `run: kill -TERM 4711 (in /srv/app)`. */
export function traceCommand(command: string | string[], cwd: string): void {
  const text = typeof command === "string" ? command : command.join(" ");
  listener?.(`run: ${text} (in ${cwd})`);
}

/** Reports a signal before it is sent: `send: SIGHUP to 4711`. */
export function traceSignal(signal: string, pid: number): void {
  listener?.(`send: ${signal} to ${pid}`);
}
