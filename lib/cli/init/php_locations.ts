import type { PhpPages } from "./kind.ts";

const PARAMETERS = [
  "DOCUMENT_URI $document_uri",
  "REQUEST_URI $request_uri",
  "REQUEST_METHOD $request_method",
  "QUERY_STRING $query_string",
  "CONTENT_TYPE $content_type",
  "CONTENT_LENGTH $content_length",
  "SERVER_PROTOCOL $server_protocol",
  "SERVER_NAME $host",
  "SERVER_PORT $server_port",
  "REMOTE_ADDR $remote_addr",
  "REQUEST_SCHEME $scheme",
  "HTTPS $https if_not_empty",
];

/**
 * The locations that pass a path to PHP-FPM. Either index.php answers everything, as in
 * samples/php-fpm, or nginx serves the files itself and PHP answers what ends in .php.
 *
 * @param directory the service's directory in the project, if it has its own
 * @param path `/`, or `/api/`
 */
export function phpLocations(
  name: string,
  directory: string | undefined,
  { root, isPublic }: PhpPages,
  path: string,
): string {
  const pages = ["{project_dir}", directory, root]
    .filter((part) => part !== undefined && part !== ".").join("/");
  const parameters = (script: string) =>
    [
      `SCRIPT_FILENAME "${pages}${script}"`,
      `SCRIPT_NAME ${script}`,
      `DOCUMENT_ROOT "${pages}"`,
      ...PARAMETERS,
    ].map((parameter) => `    fastcgi_param ${parameter};`);
  const pass = `    <%= it.live.pass("${name}", { protocol: "fastcgi" }) %>`;
  const lines = isPublic && path === "/"
    ? [
      "# nginx sends what is a file itself; its workers must be able to read it.",
      "location / {",
      `    root "${pages}";`,
      "    try_files $uri /index.php$is_args$args;",
      "}",
      "",
      "location ~ \\.php$ {",
      `    root "${pages}";`,
      "    try_files $uri =404;",
      pass,
      ...parameters("$fastcgi_script_name"),
      "}",
    ]
    : [
      "# index.php answers everything.",
      `location ${path} {`,
      pass,
      ...parameters("/index.php"),
      "}",
    ];
  return lines.map((line) => line === "" ? "\n" : `        ${line}\n`).join("");
}
