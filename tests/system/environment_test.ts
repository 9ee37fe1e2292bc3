import { assertEquals } from "@std/assert";
import { inheritedEnvironment } from "../../lib/system/environment.ts";

const OWN = {
  PATH: "/bin",
  HOME: "/root",
  LC_ALL: "C",
  DB_URL: "db",
  DB_USER: "u",
  APP: "a",
  BUILD_ID: "17",
};
const JOB = {
  RUNNER_TRACKING_ID: "github_1",
  ACTIONS_RUNTIME_TOKEN: "t",
  VSTS_PROCESS_LOOKUP_ID: "vsts_1",
  TEAMCITY_PROCESS_FLOW_ID: "f",
  CI_JOB_TOKEN: "t",
  NOTIFY_SOCKET: "/run/n",
  LISTEN_FDS: "1",
  INVOCATION_ID: "i",
  ZDD_INSTANCE: "web-1",
};

Deno.test("a process inherits all but what belongs to the job or unit", () => {
  assertEquals(inheritedEnvironment("yes", { ...OWN, ...JOB }), OWN);
});

Deno.test("BUILD_ID is a cookie only in a job of Jenkins", () => {
  const jenkins = { JENKINS_NODE_COOKIE: "c", JENKINS_URL: "http://j/" };
  const { BUILD_ID, JENKINS_NODE_COOKIE, JENKINS_URL } = inheritedEnvironment(
    "yes",
    { ...OWN, ...jenkins },
  );
  assertEquals({ BUILD_ID, JENKINS_NODE_COOKIE, JENKINS_URL }, {
    BUILD_ID: undefined,
    JENKINS_NODE_COOKIE: undefined,
    JENKINS_URL: "http://j/",
  });
});

Deno.test("a minimal set is inherited, and what is named besides", () => {
  const own = { ...OWN, ...JOB };
  const minimal = { PATH: "/bin", HOME: "/root", LC_ALL: "C" };
  assertEquals(inheritedEnvironment("no", own), minimal);
  assertEquals(inheritedEnvironment(["DB_*", "BUILD_ID"], own), {
    ...minimal,
    DB_URL: "db",
    DB_USER: "u",
    BUILD_ID: "17",
  });
});

Deno.test("a job's own is inherited by no name", () => {
  const own = { ...OWN, ...JOB };
  const names = Object.keys(JOB);
  assertEquals(
    inheritedEnvironment(names, own),
    inheritedEnvironment("no", own),
  );
});

Deno.test("all but an instance's mark is for what is part of the job", () => {
  const { ZDD_INSTANCE: _, ...job } = JOB;
  const own = { ...OWN, ...JOB };
  assertEquals(inheritedEnvironment("all", own), { ...OWN, ...job });
});
