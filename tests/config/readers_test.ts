import { assertEquals } from "@std/assert";
import type { Reader } from "../../lib/config/key.ts";
import {
  command,
  connections,
  count,
  duration,
  factor,
  flag,
  inheritance,
  share,
  target,
  url,
} from "../../lib/config/readers.ts";

/** What a reader makes of a text, or what it expected instead. */
function read<T>(reader: Reader<T>, text: string): T | string {
  let rejected: string | undefined;
  const value = reader(text, {
    directory: "/srv",
    reject: (expected, found = text) => rejected = `${expected}: ${found}`,
  });
  return rejected ?? value;
}

Deno.test("command() joins its lines, with a backslash at their ends or without", () => {
  assertEquals(
    read(command, "./web \\\n  --one\n\n--two"),
    "./web --one --two",
  );
  assertEquals(read(command, "echo 'a\\nb'"), "echo 'a\\nb'");
});

Deno.test("count() takes 1 to 9999, connections() 0 as well", () => {
  for (const text of ["1", "10", "9999"]) {
    assertEquals(read(count, text), Number(text));
    assertEquals(read(connections, text), Number(text));
  }
  assertEquals(read(connections, "0"), 0);
  for (const text of ["", "10000", "-1", "1.5", "one"]) {
    const from = (low: number) => `a number from ${low} to 9999: ${text}`;
    assertEquals(read(count, text), from(1));
    assertEquals(read(connections, text), from(0));
  }
  assertEquals(read(count, "0"), "a number from 1 to 9999: 0");
});

Deno.test("a harmless value stands in for one that is rejected", () => {
  const place = { directory: "/srv", reject() {} };
  assertEquals(count("0", place), 1);
  assertEquals(connections("x", place), 0);
  assertEquals(duration("soon", place), 0);
  assertEquals(flag("maybe", place), false);
});

Deno.test("flag() takes the words of Python's getboolean, in any case", () => {
  for (const text of ["yes", "True", "ON", "1"]) {
    assertEquals(read(flag, text), true);
  }
  for (const text of ["no", "False", "OFF", "0"]) {
    assertEquals(read(flag, text), false);
  }
  for (const text of ["y", "2", "enabled"]) {
    assertEquals(read(flag, text), `yes or no: ${text}`);
  }
});

Deno.test("url() takes URLs of http and https, target() paths as well", () => {
  for (const text of ["http://x", "https://x:1/y?z"]) {
    assertEquals(read(url, text), text);
    assertEquals(read(target, text), text);
  }
  assertEquals(read(target, "/up?x=1"), "/up?x=1");
  assertEquals(read(target, "/"), "/");
  const expected = "a URL such as http://…";
  for (const text of ["x", "ftp://x", "http://", "http://x y", "/a b"]) {
    assertEquals(read(url, text), `${expected}: ${text}`);
    assertEquals(read(target, text), `${expected}: ${text}`);
  }
  assertEquals(read(url, "/up"), `${expected}: /up`);
});

Deno.test("inheritance() takes yes, no, or names", () => {
  assertEquals(read(inheritance, "Yes"), "yes");
  assertEquals(read(inheritance, "NO"), "no");
  assertEquals(read(inheritance, "LANG"), ["LANG"]);
  assertEquals(read(inheritance, "LANG, LC_*\nTZ"), ["LANG", "LC_*", "TZ"]);
  const wrong = { ",": ",", "LANG yes": "yes", "all": "all", "A-B": "A-B" };
  for (const [text, found] of Object.entries(wrong)) {
    assertEquals(
      read(inheritance, text),
      `yes, no, or names of variables and PREFIX*: ${found}`,
    );
  }
});

Deno.test("share() and factor() read how much worse a release may be", () => {
  const found: string[] = [];
  const place = {
    directory: "/",
    reject: (expected: string) => found.push(expected),
  };
  assertEquals(
    ["1%", "0.5 %", "100%"].map((text) => share(text, place)),
    [0.01, 0.005, 1],
  );
  assertEquals(
    ["2x", "1.5", "none"].map((text) => factor(text, place)),
    [2, 1.5, undefined],
  );
  assertEquals(found, []);
  for (const text of ["1", "101%", "-1%", "a%"]) share(text, place);
  for (const text of ["0.5x", "x", "2y", "off"]) factor(text, place);
  assertEquals(found.length, 8);
});
