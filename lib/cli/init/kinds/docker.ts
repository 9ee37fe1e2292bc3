import { basename, join } from "@std/path";
import { readCompose } from "../compose.ts";
import { type ImageFile, readDockerfile } from "../dockerfile.ts";
import type { Kind, Server } from "../kind.ts";
import { firstFile, textOf } from "../project.ts";

const COMPOSE = [
  ...["compose.yaml", "compose.yml"],
  ...["docker-compose.yaml", "docker-compose.yml"],
];
const DOCKERFILES = ["Dockerfile", "Containerfile"];

/** The port if no file names one. */
const USUAL_PORT = 8080;

/** An image run by Docker, according to its compose file or its Dockerfile. */
export const DOCKER: Kind = containerKind("docker");

/** The same, run by Podman. */
export const PODMAN: Kind = { ...containerKind("podman"), isIn: () => false };

function containerKind(engine: "docker" | "podman"): Kind {
  return {
    // Many projects have a Dockerfile but are deployed without it.
    isLast: true,
    isIn: (directory) =>
      firstFile(directory, [...COMPOSE, ...DOCKERFILES]) !== undefined,
    find: (directory, given) => {
      const compose = firstFile(directory, COMPOSE);
      return compose === undefined
        ? byDockerfile(engine, directory, given)
        : byCompose(engine, directory, compose, given);
    },
  };
}

/** @param image its name; undefined: that of the directory, tagged with the release */
function byDockerfile(
  engine: string,
  directory: string,
  image?: string,
): Server {
  const file = firstFile(directory, DOCKERFILES);
  const told = file === undefined ? undefined : readFile(directory, file);
  const name = image ?? `${imageName(basename(directory))}:{release}`;
  return {
    start: "",
    settings: [
      ...[`container: ${engine}`, `image: ${name}`],
      portLine(told?.ports[0]),
      `health: ${told?.health ?? "/"}`,
    ],
    build: file === undefined
      ? undefined
      : buildCommand(engine, name, ".", file),
    notes: [...portNotes(told?.ports[0]), ...told?.notes ?? []],
  };
}

function byCompose(
  engine: string,
  directory: string,
  file: string,
  named?: string,
): Server {
  const project = imageName(basename(directory));
  const service = readCompose(textOf(directory, file), project, named);
  const { build, settings, options, env, start = "" } = service;
  const told = build &&
    readFile(join(directory, build.context), build.dockerfile);
  const image = build === undefined
    ? service.image ?? project
    : `${service.image?.replace(/:[^:/]*$/, "") ?? project}:{release}`;
  const port = service.port ?? told?.ports[0];
  const isOnHost = settings.includes("network: host");
  return {
    start,
    settings: [
      ...[`container: ${engine}`, `image: ${image}`],
      ...isOnHost ? [] : [portLine(port)],
      ...settings,
      ...options.length === 0 ? [] : [`options: ${options.join(" ")}`],
      `health: ${service.health ?? told?.health ?? "/"}`,
    ],
    env,
    build: build &&
      buildCommand(engine, image, build.context, build.dockerfile),
    notes: [
      ...service.notes.map((note) => `${file}: ${note}`),
      ...isOnHost ? [] : portNotes(port),
      ...told?.notes ?? [],
      ...isOnHost
        ? [`it must listen on the port in PORT, with network: host`]
        : [],
    ],
  };
}

function readFile(directory: string, name: string): ImageFile {
  return readDockerfile(textOf(directory, name), name);
}

function portLine(port = USUAL_PORT): string {
  return `container_port: ${port}`;
}

function portNotes(port?: number): string[] {
  return port === undefined
    ? [
      `no file says which port it listens on: container_port is ${USUAL_PORT}, ` +
      "and exported as PORT",
    ]
    : [];
}

/** The command that builds the image of a release unless it exists. */
function buildCommand(
  engine: string,
  image: string,
  context: string,
  file: string,
): string | undefined {
  if (!image.endsWith(":{release}")) return undefined;
  const name = image.replace("{release}", "$ZDD_RELEASE");
  const path = join(context, file);
  return `${engine} image inspect ${name} >/dev/null 2>&1 || ` +
    `${engine} build --tag ${name} --file ${path} ${context}`;
}

/** A valid image name: lower case letters and digits, with hyphens between. */
function imageName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(
    /^-+|-+$/g,
    "",
  ) || "app";
}
