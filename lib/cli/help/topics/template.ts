import type { Topic } from "../topic.ts";

/** What `zddeploy help template` prints. */
export const TEMPLATE: Topic = {
  summary: "the two languages of nginx.conf.template; the live switch",
  blocks: [
    {
      text:
        "The template becomes nginx.conf, beside itself. Two languages, which can be " +
        "mixed. A name that doesn't exist is a mistake, found before anything is run; " +
        "both are filled in within comments, too. `zddeploy render` shows the result.",
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
        ['it.NAME, it["NAME"]', "the same as {NAME}; so are the other two"],
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
          "whether nginx is of that version or later",
        ],
        ["it.live.upstreams()", "what the live switch needs in http"],
        ['it.live.pass("NAME")', "what it needs in a location"],
        [
          'it.live.pass("NAME", { by: "$remote_addr" })',
          "the same; a client stays with the release that it got, during a canary",
        ],
        [
          'it.live.pass("NAME", { protocol: "fastcgi" })',
          "the same for a service that speaks FastCGI; or uwsgi, or scgi",
        ],
      ],
    },
    { heading: "the live switch" },
    {
      text:
        "With a template that prints no port, nginx looks for each request which " +
        "instance serves, through a symbolic link. A deploy moves the link, and nginx is " +
        "never reloaded: no client's connection is cut. Canaries need it.",
    },
    {
      code: `\
pid {nginx_pid_filename};
events {}
http {
    <%= it.live.upstreams() %>
    server {
        listen 8080;
        location / {
            <%= it.live.pass("web") %>
        }
    }
}`,
    },
    {
      text:
        "Each directive that `pass` sets may stand only once in a location; headers " +
        "can be added. `zddeploy init` writes a whole template.",
    },
  ],
};
