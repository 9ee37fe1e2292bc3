import type { Package } from "../../tasks/packages.ts";
import { GO, JAVA, type Language, NODE, PYTHON, RUBY } from "./languages.ts";

/** A framework's smallest application. */
export interface Framework {
  name: string;
  language: Language;
  /** Debian's packages that it needs. */
  packages?: Package[];
  /** Packages that npm puts into the application's directory. */
  npm?: string[];
  /** Files that are the same in each release. */
  files?: Record<string, string>;
  /** What must be run once before it can be started. */
  build?: [program: string, ...args: string[]];
  /**
   * The files of a release that answers `v1`.
   *
   * @param load runs when it is loaded
   * @param request runs for each request
   */
  release(load: string, request: string): Record<string, string>;
}

const GUNICORN: Package = {
  name: "gunicorn",
  program: "gunicorn",
  purpose: "runs Django",
};

/** The file by which Debian's package of a Python module is found. */
const python = (name: string) =>
  `/usr/lib/python3/dist-packages/${name}/__init__.py`;

/** What `deno task frameworks` deploys. */
export const FRAMEWORKS: Framework[] = [
  {
    name: "Express",
    language: NODE,
    npm: ["express@5"],
    release: (load, request) => ({
      "server.js": `const app = require("express")();
${load}
app.get("/", (_, response) => {
  ${request}
  response.send("v1");
});
app.listen(process.env.PORT, "127.0.0.1");\n`,
    }),
  },
  {
    name: "Fastify",
    language: NODE,
    npm: ["fastify@5"],
    release: (load, request) => ({
      "server.js": `const app = require("fastify")({ logger: true });
${load}
app.get("/", async () => {
  ${request}
  return "v1";
});
app.listen({ port: process.env.PORT, host: "127.0.0.1" });\n`,
    }),
  },
  {
    name: "NestJS",
    language: NODE,
    npm: [
      ...["@nestjs/common@11", "@nestjs/core@11"],
      ...["@nestjs/platform-express@11", "reflect-metadata", "rxjs"],
    ],
    files: {
      "package.json": '{ "scripts": { "start:prod": "node dist/main" } }\n',
    },
    // What its compiler makes of the decorators.
    release: (load, request) => ({
      "dist/main.js": `require("reflect-metadata");
const { Controller, Get, Module } = require("@nestjs/common");
const { NestFactory } = require("@nestjs/core");
${load}
class Pages {
  get() {
    ${request}
    return "v1";
  }
}
const get = Object.getOwnPropertyDescriptor(Pages.prototype, "get");
Reflect.decorate([Get()], Pages.prototype, "get", get);
Reflect.decorate([Controller()], Pages);
class App {}
Reflect.decorate([Module({ controllers: [Pages] })], App);
NestFactory.create(App)
  .then((app) => app.listen(process.env.PORT, "127.0.0.1"));\n`,
    }),
  },
  {
    name: "Next.js",
    language: NODE,
    npm: ["next@15", "react@19", "react-dom@19"],
    files: {
      "next.config.js":
        'module.exports = { output: "standalone", outputFileTracingRoot: __dirname };\n',
      "app/layout.js":
        "export default ({ children }) => <html><body>{children}</body></html>;\n",
      // A release is a file that isn't built: a build would replace the one that serves.
      // The bundler mustn't see it.
      "release-of.js": `export default () =>
  process.getBuiltinModule("module").createRequire(process.cwd() + "/")(
    "../../release.js",
  );\n`,
      "instrumentation.js": `export async function register() {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { default: release } = await import("./release-of.js");
  release();
}\n`,
      "app/route.js": `import release from "../release-of.js";
export const dynamic = "force-dynamic";
export const GET = async () => new Response(await release()());\n`,
    },
    build: ["node_modules/.bin/next", "build"],
    release: (load, request) => ({
      "release.js": `${load}
module.exports = () => {
  ${request}
  return "v1";
};\n`,
    }),
  },
  {
    name: "Django",
    language: PYTHON,
    packages: [GUNICORN, {
      name: "python3-django",
      program: python("django"),
      purpose: "is a framework",
    }],
    files: {
      "shop/__init__.py": "",
      "shop/wsgi.py": `import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_wsgi_application()\n`,
    },
    release: (load, request) => ({
      "shop/settings.py": `SECRET_KEY = "for a test"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "shop.urls"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"]},
}
${load}\n`,
      "shop/urls.py": `from django.http import HttpResponse
from django.urls import path
def page(request):
    ${request || "pass"}
    return HttpResponse("v1")
urlpatterns = [path("", page)]\n`,
    }),
  },
  {
    name: "Flask on uWSGI",
    language: PYTHON,
    packages: [{
      name: "python3-flask",
      program: python("flask"),
      purpose: "is a framework",
    }, {
      name: "uwsgi-plugin-python3",
      program: "uwsgi_python3",
      purpose: "runs Flask",
    }],
    files: { "requirements.txt": "flask\nuwsgi\n" },
    release: (load, request) => ({
      "app.py": `from flask import Flask
app = Flask(__name__)
${load}
@app.route("/")
def page():
    ${request || "pass"}
    return "v1"\n`,
    }),
  },
  {
    name: "Sinatra",
    language: RUBY,
    packages: [{ name: "puma", program: "puma", purpose: "runs Sinatra" }, {
      name: "ruby-sinatra",
      program: "/var/lib/dpkg/info/ruby-sinatra.list",
      purpose: "is a framework",
    }],
    release: (load, request) => ({
      "config.ru": `require "sinatra/base"
${load}
class App < Sinatra::Base
  get("/") do
    ${request}
    "v1"
  end
end
run App\n`,
    }),
  },
  {
    name: "Go",
    language: GO,
    packages: [{ name: "golang-go", program: "go", purpose: "compiles Go" }],
    files: { "go.mod": "module example.org/hello\n" },
    release: (load, request) => ({
      "main.go": `package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	time.Sleep(0)
	${load}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		${request}
		fmt.Fprint(w, "v1")
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}\n`,
    }),
  },
  {
    name: "Java",
    language: JAVA,
    packages: [{
      name: "default-jdk-headless",
      program: "javac",
      purpose: "compiles Java",
    }],
    release: (load, request) => ({
      "Main.java": `import com.sun.net.httpserver.*;
import java.net.*;
class Main {
  public static void main(String[] args) throws Exception {
    ${load}
    int port = Integer.parseInt(System.getenv("PORT"));
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext("/", exchange -> {
      int status = 200;
      String text = "v1";
      ${request}
      exchange.sendResponseHeaders(status, text.length());
      exchange.getResponseBody().write(text.getBytes());
      exchange.close();
    });
    server.start();
  }
}\n`,
    }),
  },
];
