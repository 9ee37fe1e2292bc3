/** What a Dockerfile says about the server in its image. */
export interface ImageFile {
  /** The ports it listens on, in the order of the file. */
  ports: number[];
  /** The path that its health check requests. */
  health?: string;
  notes: string[];
}

/** Reads the last stage of a Dockerfile; `name` is for the notes. */
export function readDockerfile(text: string, name: string): ImageFile {
  const lines = instructions(text);
  const stage = lines.slice(
    Math.max(0, lines.findLastIndex(([word]) => word === "FROM")),
  );
  const variables = new Map(
    lines.filter(([word]) => word === "ENV" || word === "ARG")
      .flatMap(([, rest]) =>
        [...rest.matchAll(/(\w+)[= ]"?([^\s"]+)/g)]
          .map(([, variable = "", value = ""]) => [variable, value] as const)
      ),
  );
  const valuesOf = (word: string) =>
    stage.filter(([each]) => each === word).map(([, rest]) =>
      rest.replace(
        /\$\{?(\w+)(?::-([^}]*))?\}?/g,
        (written, variable: string, other?: string) =>
          variables.get(variable) ?? other ?? written,
      )
    );
  const ports = valuesOf("EXPOSE").flatMap((rest) => rest.split(/\s+/))
    .flatMap((port) => /^(\d+)(?:\/tcp)?$/.exec(port)?.[1] ?? []).map(Number);
  const check = valuesOf("HEALTHCHECK").at(-1);
  const volumes = valuesOf("VOLUME");
  const shell = [...valuesOf("ENTRYPOINT"), ...valuesOf("CMD")].at(-1);
  return {
    ports,
    health: check === undefined ? undefined : pageIn(check),
    notes: [
      ...ports.length > 1
        ? [`${name} exposes ${ports.join(", ")}: ${ports[0]} is used`]
        : [],
      ...volumes.length === 0 ? [] : [
        `${name} has VOLUME ${volumes.join(" ")}: each container gets its ` +
        "own, which is removed with it; list what must be kept in volumes",
      ],
      ...shell === undefined || shell.startsWith("[") ||
          shell.startsWith("exec ")
        ? []
        : [
          `${name} starts "${shell}" through a shell, which gets its signals: ` +
          'write it as a list, ["…"]',
        ],
    ],
  };
}

/** The path of the URL in the command of a health check; undefined if it has no URL. */
export function pageIn(command: string): string | undefined {
  const [, page = "/"] =
    /https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0|\$\{?\w+\}?)(?::[^\s/"',]+)?(\/[^\s"'|,)\]]*)?/
      .exec(command) ?? ["", undefined];
  return /https?:\/\//.test(command) ? page : undefined;
}

/** The instructions of a Dockerfile with their arguments; continued lines are joined. */
function instructions(text: string): [string, string][] {
  return text.replace(/^\s*#.*\n?/gm, "").replace(/\\[ \t]*\n/g, " ")
    .split("\n").flatMap((line): [string, string][] => {
      const [, word = "", rest = ""] = /^\s*([A-Za-z]+)\s+(.*\S)\s*$/
        .exec(line) ?? [];
      return word === "" ? [] : [[word.toUpperCase(), rest]];
    });
}
