import { assertEquals, assertThrows } from "@std/assert";
import { chooseServices } from "../../lib/config/choose.ts";
import { ZddError } from "../../lib/error.ts";

const SERVICES = ["web", "api", "jobs"].map((name) => ({ name }));

function choose(...names: string[]): string[] {
  return chooseServices(SERVICES, names).map(({ name }) => name);
}

Deno.test("chooseServices() chooses those that are named, all if none is", () => {
  assertEquals(choose(), ["web", "api", "jobs"]);
  assertEquals(choose("jobs", "web"), ["web", "jobs"]);
});

Deno.test("chooseServices() says which service there isn't, and which there are", () => {
  const near = assertThrows(() => choose("web", "job"), ZddError);
  assertEquals(near.message, 'There is no service "job"');
  assertEquals(near.hint, 'did you mean "jobs"?');
  assertEquals(near.exitStatus, 2);
  const far = assertThrows(() => choose("database"), ZddError);
  assertEquals(far.hint, "the services are web, api, jobs");
});
