import { assertEquals } from "@std/assert";
import { gapsOf, percent, readLcov, total } from "../../tasks/lcov.ts";

const LCOV = `\
SF:/lib/a.ts
FN:1,f
FNDA:1,f
BRDA:2,1,0,0
BRDA:2,1,1,3
BRDA:4,2,0,-
BRF:3
BRH:1
DA:1,12
DA:2,1
DA:3,0
DA:4,0
DA:6,0
LH:2
LF:5
end_of_record
SF:/lib/b.ts
DA:1,1
LH:1
LF:1
end_of_record
`;

Deno.test("readLcov() counts lines and branches, and names the lines that never ran", () => {
  assertEquals(readLcov(LCOV), [
    {
      file: "/lib/a.ts",
      lines: { found: 5, hit: 2 },
      branches: { found: 3, hit: 1 },
      missed: [3, 4, 6],
    },
    {
      file: "/lib/b.ts",
      lines: { found: 1, hit: 1 },
      branches: { found: 0, hit: 0 },
      missed: [],
    },
  ]);
  assertEquals(readLcov(""), []);
});

Deno.test("total() sums files, and percent() is the share that ran", () => {
  const { file, lines, branches } = total("lib", readLcov(LCOV));
  assertEquals([file, percent(lines), Math.round(percent(branches))], [
    ...["lib", 50, 33] as const,
  ]);
  assertEquals(percent({ found: 0, hit: 0 }), 100);
});

Deno.test("gapsOf() joins lines, and knows a failure path by its words", () => {
  const [a] = readLcov(LCOV);
  const source = "f\ntry\n} catch {\n  return;\n}\nconst six = 6;\n";
  assertEquals(a && gapsOf(a, source), [
    { lines: "3-4", isFailurePath: true },
    { lines: "6", isFailurePath: false },
  ]);
});
