import type { Topic } from "../topic.ts";

/** What `zddeploy help template` prints. */
export const TEMPLATE: Topic = {
  summary: "the two languages of nginx.conf.template; the live switch",
  blocks: [
    {
      text:
        "The template becomes nginx.conf, in the same directory. It has two " +
        "languages, which can be mixed. A name that doesn't exist is a mistake, " +
        "found before anything is run. Names are replaced in comments too. `zddeploy render` shows the result.",
    },
    { heading: "the classic language" },
    {
      items: [
        ["{NAME}", "the port of service NAME, or unix:/path"],
        ["{nginx_pid_filename}", "the `pid_file` of `[nginx]`"],
        ["{project_dir}", "the template's directory"],
      ],
    },
    { text: "Every other brace is nginx's own." },
    { heading: "Eta, https://eta.js.org" },
    {
      text:
        "`<%= it.NAME %>` prints, `<% if (…) { %>` decides. Nothing is escaped or " +
        "trimmed.",
    },
    {
      items: [
        [
          'it.NAME, it["NAME"]',
          "the same as {NAME}; the other two names exist too",
        ],
        [
          'it.servers("NAME")',
          "`server HOST:PORT;` for each instance of the service",
        ],
        [
          'it.services["NAME"]',
          "its `address`, HOST:PORT or unix:/path, or the `addresses` of all instances",
        ],
        ["it.nginx.version", "nginx's version, such as 1.22.1"],
        [
          'it.nginx.atLeast("1.27.4")',
          "whether nginx has that version or a later one",
        ],
        ["it.live.upstreams()", "what the live switch needs in http"],
        [
          'it.live.choose("NAME", …)',
          "what it needs in a server: it chooses which instance serves each request",
        ],
        ['it.live.pass("NAME")', "what it needs in a location"],
        [
          'it.live.pass("NAME", { by: "$remote_addr" })',
          "the same; during a canary, a client stays with the release that it first got",
        ],
        [
          'it.live.pass("NAME", { protocol: "fastcgi" })',
          "the same for a service that speaks FastCGI; or https, grpc, grpcs, uwsgi, scgi",
        ],
        [
          'it.live.pass("NAME", { headers: false })',
          "the same without X-Forwarded-For, -Proto and -Host",
        ],
      ],
    },
    { heading: "the live switch" },
    {
      text:
        "With a template that contains no port, nginx looks up which instance " +
        "serves each request, through a symbolic link. A deploy moves the link, " +
        "and nginx is never reloaded, so no client's connection is cut. Canaries " +
        "need it.",
    },
    {
      code: `\
pid {nginx_pid_filename};
events {}
http {
    <%= it.live.upstreams() %>
    server {
        listen 8080;
        <%= it.live.choose("web") %>
        location / {
            <%= it.live.pass("web") %>
        }
    }
}`,
    },
    {
      text:
        "The choice is made in the server, so a location may contain whatever " +
        "nginx allows there. `pass` sends Host as the client sent it, X-Forwarded-For, -Proto " +
        "and -Host, and Upgrade for websockets; what the location sets itself takes precedence, and headers set outside " +
        "of it are sent too. Without " +
        "`choose`, `pass` chooses in its location, where limit_except, an earlier if, " +
        "try_files and `rewrite … break` change with every deploy. `zddeploy check` reports that, and what else would go wrong, with the " +
        "template's line. `zddeploy init` writes a complete template.",
    },
  ],
};
