import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { excerpt, hasError } from "../../lib/text/excerpt.ts";

// What real programs printed, with their files in /srv/app.

function lines(name: string): string[] {
  const file = new URL(`outputs/${name}.txt`, import.meta.url);
  return Deno.readTextFileSync(fromFileUrl(file)).trimEnd().split("\n");
}

/** What is shown of each; a ´ stands for a backtick. */
const EXPECTED: Record<string, string> = {
  deno: String.raw`
error: Uncaught (in promise) TypeError: deno
    at f (file:///srv/app/deno.ts:1:22)
    at file:///srv/app/deno.ts:2:1
… 2 more lines`,
  gunicorn: String.raw`
  File "/srv/app/wsgi.py", line 1, in <module>
    import nosuchmodule
ModuleNotFoundError: No module named 'nosuchmodule'
[2026-11-26 14:21:53 +0000] [3960] [INFO] Shutting down: Master
[2026-11-26 14:21:53 +0000] [3960] [INFO] Reason: Worker failed to boot.
… 35 more lines`,
  // Its master is told of the worker's end while it forks another.
  gunicorn_halt: String.raw`
  File "/srv/app/app.py", line 1, in <module>
    import nosuchmodule
ModuleNotFoundError: No module named 'nosuchmodule'
  File "/usr/lib/python3/dist-packages/gunicorn/arbiter.py", line 525, in reap_workers
    raise HaltServer(reason, self.WORKER_BOOT_ERROR)
gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>
  File "/usr/lib/python3/dist-packages/gunicorn/arbiter.py", line 525, in reap_workers
    raise HaltServer(reason, self.WORKER_BOOT_ERROR)
gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>
… 98 more lines`,
  java: String.raw`
Exception in thread "main" java.lang.RuntimeException: cannot start
	at A.main(A.java:2)
Caused by: java.lang.IllegalStateException: no database
	at A.f(A.java:1)
	at A.main(A.java:2)
… 7 more lines`,
  node: String.raw`
/srv/app/app/db.js:2
  return config.database.url;
                         ^
TypeError: Cannot read properties of undefined (reading 'url')
    at module.exports (/srv/app/app/db.js:2:26)
    at connect (/srv/app/node3.js:2:51)
    at /srv/app/node3.js:3:30
… 9 more lines`,
  node_cause: String.raw`
/srv/app/cause.js:1
try { JSON.parse("{") } catch (e) { throw new Error("Cannot read the configuration", { cause: e }); }
                                    ^
Error: Cannot read the configuration
    at Object.<anonymous> (/srv/app/cause.js:1:43)
  [cause]: SyntaxError: Expected property name or '}' in JSON at position 1
      at Object.<anonymous> (/srv/app/cause.js:1:12)
… 12 more lines`,
  node_module: String.raw`
Error: Cannot find module 'left-pad'
Require stack:
    at Object.<anonymous> (/srv/app/missing.js:1:1)
… 17 more lines`,
  node_rejection: String.raw`
/srv/app/reject.js:1
Promise.reject(new RangeError("too many\nof them"));
               ^
RangeError: too many
of them
    at Object.<anonymous> (/srv/app/reject.js:1:16)
… 7 more lines`,
  node_second: String.raw`
/srv/app/multi.js:2
setTimeout(()=>{ null.x }, 5);
                      ^
TypeError: Cannot read properties of null (reading 'x')
    at Timeout._onTimeout (/srv/app/multi.js:2:23)
… 11 more lines`,
  node_syntax: String.raw`
/srv/app/syntax.js:2
  a: @
     ^
SyntaxError: Invalid or unexpected token
    at wrapSafe (node:internal/modules/cjs/loader:1464:18)
… 7 more lines`,
  php: String.raw`
PHP Fatal error:  Uncaught Exception: no config in /srv/app/p.php:1
Stack trace:
#0 /srv/app/p.php(1): g()
#1 /srv/app/p.php(1): f()
  thrown in /srv/app/p.php on line 1
… 1 more line`,
  puma: String.raw`
/srv/app/app/boot.rb:3:in ´app': undefined method ´fetch' for nil:NilClass (NoMethodError)
	from config.ru:2:in ´block in <main>'
… 27 more lines`,
  sinatra: String.raw`
2026-11-26 15:43:02 - ArgumentError - no database:
	config.ru:5:in ´block in <class:App>'
… 47 more lines`,
  python_cause: String.raw`
  File "/srv/app/app.py", line 6, in main
    load()
  File "/srv/app/app.py", line 3, in load
    return json.loads("{")
json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)
  File "/srv/app/app.py", line 9, in <module>
  File "/srv/app/app.py", line 8, in main
    raise RuntimeError("cannot load the configuration\nof web") from e
RuntimeError: cannot load the configuration
of web
… 14 more lines`,
  python_syntax: String.raw`
  File "/srv/app/impsyn.py", line 1, in <module>
    import syn
  File "/srv/app/syn.py", line 1
    def f(:
SyntaxError: invalid syntax
… 2 more lines`,
  ruby_cause: String.raw`
r.rb:5:in ´rescue in b': wrapped (RuntimeError)
	from r.rb:2:in ´b'
	from r.rb:1:in ´a'
	from r.rb:7:in ´<main>'
r.rb:3:in ´b': bad (ArgumentError)
value
	from r.rb:1:in ´a'
	from r.rb:7:in ´<main>'`,
};

for (const [name, expected] of Object.entries(EXPECTED)) {
  Deno.test(`excerpt() shows the cause: ${name}`, () => {
    const shown = excerpt(lines(name)).join("\n").replaceAll("`", "´");
    assertEquals(shown, expected.slice(1));
    assert(hasError(lines(name)));
  });
}

Deno.test("excerpt() shows the last lines where there is no error", () => {
  assertEquals(excerpt([]), []);
  assertEquals(excerpt(["a", "b"]), ["a", "b"]);
  const many = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  assertEquals(excerpt(many), ["… 20 more lines above", ...many.slice(-10)]);
  assertEquals(hasError(many), false);
});

Deno.test("excerpt() shows what is printed after an error, and not the log before it", () => {
  const shown = excerpt([
    ...Array.from({ length: 40 }, (_, i) => `GET /${i} 200`),
    ...lines("node"),
    "the database is gone",
    "exiting",
  ]);
  assertEquals(shown.slice(-3), [
    "the database is gone",
    "exiting",
    "… 49 more lines",
  ]);
  assertEquals(shown.filter((line) => line.startsWith("GET")), []);
});

Deno.test("excerpt() finds the message above a long stack", () => {
  const frames = Array.from(
    { length: 200 },
    (_, i) => `    at f${i} (/srv/app/node_modules/deep/index.js:${i}:1)`,
  );
  const shown = excerpt([
    "TypeError: x is not a function",
    ...frames,
    "    at boot (/srv/app/server.js:3:1)",
    "    at node:internal/main/run_main_module:28:49",
  ]);
  assertEquals(shown, [
    "TypeError: x is not a function",
    "    at boot (/srv/app/server.js:3:1)",
    "… 201 more lines",
  ]);
});

Deno.test("excerpt() knows a panic of Go", () => {
  assertEquals(
    excerpt([
      "2026/01/02 starting",
      "panic: runtime error: index out of range [3] with length 0",
      "",
      "goroutine 1 [running]:",
      "main.load(...)",
      "\t/srv/app/config.go:12",
      "net/http.Serve(0x1)",
      "\t/usr/local/go/src/net/http/server.go:20 +0x1d",
      "main.main()",
      "\t/srv/app/main.go:7 +0x1d",
      "exit status 2",
    ]),
    [
      "panic: runtime error: index out of range [3] with length 0",
      "\t/srv/app/config.go:12",
      "\t/srv/app/main.go:7 +0x1d",
      "exit status 2",
      "… 6 more lines",
    ],
  );
});
