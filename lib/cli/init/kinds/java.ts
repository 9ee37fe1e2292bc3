import { join } from "@std/path";
import { usage } from "../../usage.ts";
import type { Kind, Server } from "../kind.ts";
import {
  elsewhereNote,
  entries,
  everybodyNote,
  firstFile,
  textOf,
} from "../project.ts";

const BUILD_FILES = ["pom.xml", "build.gradle", "build.gradle.kts"];
const QUARKUS = "target/quarkus-app/quarkus-run.jar";

/** Java, from a jar that was built, or from a single source file. */
export const JAVA: Kind = {
  before: ["node"],
  isIn: (directory) =>
    firstFile(directory, BUILD_FILES) !== undefined ||
    findJar(directory) !== undefined || findSource(directory) !== undefined,
  find(directory, given) {
    const file = given ?? findJar(directory) ?? findSource(directory);
    if (file !== undefined) return serverOf(directory, file);
    throw usage(
      `No jar found in "${directory}"`,
      "build it, for example with mvn package, or name it: zddeploy init java -- target/app.jar",
    );
  },
};

function serverOf(directory: string, file: string): Server {
  const build = BUILD_FILES.map((name) => textOf(directory, name)).join("");
  const start = /\.jar$/.test(file) ? `java -jar ${file}` : `java ${file}`;
  if (/spring-boot|springframework\.boot/.test(build)) {
    const options = "--server.address=127.0.0.1 --server.port={port}";
    return {
      start: `${start} ${options}`,
      settings: [
        ...actuator(build),
        "# How long its requests may take to end after TERM.",
        "stop_timeout: 30",
      ],
    };
  }
  if (file === QUARKUS) {
    const options = "-Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port={port}";
    return { start: `java ${options} -jar ${file}` };
  }
  return {
    start,
    settings: [
      "# The JDK's HttpServer answers slowly on kept connections.",
      "keepalive: 0",
    ],
    notes: sourceNotes(directory, file),
  };
}

function actuator(build: string): string[] {
  return /spring-boot-starter-actuator/.test(build)
    ? [
      "# Whether the application and what it needs are up.",
      "health: /actuator/health",
    ]
    : [];
}

/** The jar of a build, but not one with sources or without its libraries. */
function findJar(directory: string): string | undefined {
  if (firstFile(directory, [QUARKUS]) !== undefined) return QUARKUS;
  return ["target", "build/libs", "."].flatMap((place) =>
    entries(join(directory, place))
      .filter(({ isFile, name }) =>
        isFile && name.endsWith(".jar") &&
        !/^original-|-(?:sources|javadoc|plain|tests)\.jar$/.test(name)
      )
      .map(({ name }) => join(place, name))
  )[0];
}

/** A source file with a main method, which java can run directly (JEP 330). */
function findSource(directory: string): string | undefined {
  return entries(directory).map(({ name }) => name)
    .find((name) =>
      name.endsWith(".java") &&
      /\bstatic\s+void\s+main\s*\(/.test(textOf(directory, name))
    );
}

function sourceNotes(directory: string, file: string): string[] {
  if (!file.endsWith(".java")) return [];
  const text = textOf(directory, file);
  if (!/["']PORT["']/.test(text)) return [elsewhereNote(file)];
  return /InetSocketAddress\(\s*[\w.()]+\s*\)/.test(text)
    ? [everybodyNote(file)]
    : [];
}
