import { isFile } from "../../../system/files.ts";
import type { Kind } from "../kind.ts";
import {
  findPythonServer,
  findWebApplication,
  needsPython,
} from "../python.ts";
import { firstFile, textOf } from "../project.ts";

const FILES = ["uwsgi.ini", "app.ini", "conf/uwsgi.ini"];

/** uWSGI, with its ini file or for a WSGI application in Python. */
export const UWSGI: Kind = {
  before: ["gunicorn", "uvicorn"],
  isIn: (directory) =>
    iniFile(directory) !== undefined ||
    needsPython(directory, "uwsgi") &&
      findWebApplication(directory).some(({ kind }) => kind === "wsgi"),
  find(directory, given) {
    const ini = given === undefined ? iniFile(directory) : undefined;
    const { program, application } = findPythonServer(
      "uwsgi",
      "wsgi",
      directory,
      ini === undefined ? given : "",
    );
    const what = ini === undefined
      ? `--master --module ${application}`
      : `--ini ${ini}`;
    return {
      // By default, TERM only reloads it, and without an application it answers 500.
      start: [
        ...[program, ...pluginOptions(program)],
        ...["--http-socket {socket} --die-on-term --need-app", what],
      ].join(" "),
      settings: [
        "# uWSGI closes each connection after its answer.",
        "keepalive: 0",
      ],
      notes: ini === undefined ? [] : ownSocketNotes(directory, ini),
    };
  },
};

/** Debian's uWSGI has Python in a plugin. */
function pluginOptions(program: string): string[] {
  return program === "uwsgi" &&
      isFile("/usr/lib/uwsgi/plugins/python3_plugin.so")
    ? ["--plugin python3"]
    : [];
}

function iniFile(directory: string): string | undefined {
  return firstFile(
    directory,
    FILES.filter((file) => /^\s*\[uwsgi\]/m.test(textOf(directory, file))),
  );
}

/** A note if the ini file sets an address: two instances can't share one. */
function ownSocketNotes(directory: string, ini: string): string[] {
  const line =
    /^\s*(?:http|https|socket|http-socket|uwsgi-socket|daemonize|pidfile)\s*=.*/m
      .exec(textOf(directory, ini))?.[0].trim();
  return line === undefined ? [] : [
    `${ini} says "${line}": remove it, since old and new instances run ` +
    "side by side, each with a socket from zdd",
  ];
}
