import { basename, join } from "@std/path";
import { isFile } from "../../../system/files.ts";
import type { Kind } from "../kind.ts";
import { entries, firstFile, textOf } from "../project.ts";

const ROOTS = ["public", "web", "html", "htdocs", "www"];

/** PHP-FPM, which speaks FastCGI. */
export const PHP_FPM: Kind = {
  before: ["node"], // for its assets
  isIn: (directory) => indexFile(directory) !== undefined,
  find(directory, given) {
    const file = given ?? "php-fpm.conf";
    const index = indexFile(directory) ?? "index.php";
    const root = index === "index.php"
      ? "."
      : index.slice(0, index.indexOf("/"));
    const isOwn = given !== undefined || isFile(join(directory, file));
    return {
      start: `${program()} --nodaemonize --fpm-config ${file}`,
      settings: [
        "# TERM would break off its requests; QUIT lets it finish them.",
        "stop: kill -QUIT",
        "# SOCKET is what php-fpm.conf listens on.",
        "port: socket",
      ],
      files: isOwn ? {} : { [file]: poolText() },
      php: { root, isPublic: root !== "." },
      notes: [
        ...root === "."
          ? [
            "index.php answers everything: to let nginx serve other files, put " +
            'the pages in a directory "public"',
          ]
          : [],
        ...isOwn && !textOf(directory, file).includes("${SOCKET}")
          ? [`${basename(file)} must say "listen = \${SOCKET}"`]
          : [],
      ],
    };
  },
};

function indexFile(directory: string): string | undefined {
  return firstFile(directory, [
    ...ROOTS.map((root) => `${root}/index.php`),
    "index.php",
  ]);
}

/** The name of the program, which has the version in it on Debian. */
function program(): string {
  const names = (Deno.env.get("PATH") ?? "").split(":")
    .flatMap((directory) => entries(directory).map(({ name }) => name))
    .filter((name) => /^php-fpm(?:\d\.\d+)?$/.test(name))
    .toSorted();
  return names.includes("php-fpm") ? "php-fpm" : names.at(-1) ?? "php-fpm";
}

/** The php-fpm.conf of samples/php-fpm. */
function poolText(): string {
  return `\
[global]
; To zdd's log of the service.
error_log = /proc/self/fd/2
; How long requests may take to end after QUIT.
process_control_timeout = 30s

[web]
; zdd chooses the socket.
listen = \${SOCKET}
listen.mode = 0666
; The user of the workers, if root starts it.
user = www-data
group = www-data
pm = static
pm.max_children = 4
catch_workers_output = yes
decorate_workers_output = no
`;
}
