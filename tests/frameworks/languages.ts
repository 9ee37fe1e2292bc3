/** What breaks a release, in a language. */
export interface Language {
  /** Fails when it is loaded, by an error that nobody catches. */
  fails: string;
  /** Answers with an error. */
  answers: string;
  /** Ends everything a second later, and says `out of memory`. */
  ends: string;
  /** Doesn't answer. */
  waits: string;
}

export const NODE: Language = {
  fails: 'throw new RangeError("no database");',
  answers: 'throw new RangeError("no database");',
  ends: 'setTimeout(() => { throw new RangeError("out of memory"); }, 1000);',
  waits: "return new Promise(() => {});",
};
export const PYTHON: Language = {
  fails: 'raise RuntimeError("no database")',
  answers: 'raise RuntimeError("no database")',
  // A thread wouldn't run in uWSGI.
  ends: `import os, signal, time
if os.fork() == 0:
    time.sleep(1)
    print("out of memory", flush=True)
    os.killpg(0, signal.SIGKILL)`,
  waits: '__import__("time").sleep(60)',
};
export const RUBY: Language = {
  fails: 'raise ArgumentError, "no database"',
  answers: 'raise ArgumentError, "no database"',
  ends:
    'Thread.new { sleep 1; warn "out of memory"; Process.kill(:KILL, Process.pid) }',
  waits: "sleep 60",
};
export const GO: Language = {
  fails: 'panic("no database")',
  answers: 'http.Error(w, "no database", 500); return',
  ends: 'go func() { time.Sleep(time.Second); panic("out of memory") }()',
  waits: "time.Sleep(time.Minute)",
};
export const JAVA: Language = {
  fails: 'if (true) throw new IllegalStateException("no database");',
  answers: 'status = 500; text = "no database";',
  ends: `new Thread(() -> {
      try { Thread.sleep(1000); } catch (InterruptedException error) {}
      System.err.println("out of memory");
      Runtime.getRuntime().halt(1);
    }).start();`,
  waits: "try { Thread.sleep(60000); } catch (InterruptedException error) {}",
};
