import { assertEquals, assertThrows } from "@std/assert";
import {
  type ArgumentOptions,
  fromArguments,
  toArguments,
} from "./load_arguments.ts";

const url = "http://127.0.0.1:8000/a?b=c";

Deno.test("fromArguments() reads what toArguments() writes", () => {
  const options: Required<ArgumentOptions> = {
    url,
    path: "/-x",
    clients: 3,
    keepAlive: false,
    methods: ["POST", "GET", "GET"],
    size: 50,
    pause: 1.5,
    timeout: 60,
    duration: 2500,
    requests: 0,
    expect: /^"v1" \/ --x=\d,/,
    echo: true,
    text: /^-(v\d)/,
  };
  const args = toArguments(options);
  assertEquals(fromArguments(args), { ...options, attached: false });
  assertEquals(
    fromArguments(["--attached", ...toArguments({ url })]),
    { ...fromArguments([`--url=${url}`]), attached: true },
  );
});

Deno.test("fromArguments() leaves open what isn't given", () => {
  const given = Object.entries(fromArguments(["--url", url]))
    .filter(([_, value]) => value !== undefined);
  assertEquals(
    Object.fromEntries(given),
    { url, keepAlive: true, echo: false, attached: false },
  );
});

Deno.test("fromArguments() takes --post for GET and POST in turn", () => {
  const { methods } = fromArguments(["--url", url, "--post"]);
  assertEquals(methods, ["GET", "POST"]);
});

Deno.test("fromArguments() throws at what means nothing", () => {
  const wrong: [string[], string][] = [
    [[], "Expected --url, got none"],
    [["--url", url, "--client", "3"], 'Expected an option, got "--client"'],
    [["--url", url, "3"], 'Expected an option, got "3"'],
    [["--url", url, "--size", "x"], 'a number for --size, got "x"'],
    [["--url", url, "--pause=-1"], 'a number for --pause, got "-1"'],
  ];
  for (const [args, message] of wrong) {
    assertThrows(() => fromArguments(args), TypeError, message);
  }
  assertThrows(() => fromArguments(["--url", url, "--text", "("]), SyntaxError);
});

Deno.test("toArguments() throws at a regular expression with flags", () => {
  assertThrows(
    () => toArguments({ url, expect: /v1/i }),
    TypeError,
    "Cannot pass on a regular expression with flags, got /v1/i",
  );
});
