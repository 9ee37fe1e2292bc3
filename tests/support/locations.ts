/** A location that an nginx user could write, and a request to it. */
export interface LocationCase {
  name: string;
  /**
   * Directives of the server. PASS passes requests on, PASS_ALONE does so in an `if`, and
   * PATH is a unique prefix.
   */
  directives: string;
  /** The request, with PATH as above. CR and LF end its lines. */
  request: string;
  /** What PASS means with a static upstream, if not everything that `pass` sets. */
  plain?: string;
  /** Whether the client closes its side after the request. */
  halfClose?: true;
  /** Only for a service with slots: otherwise the link is the location's root. */
  slotsOnly?: true;
}

function get(path: string, ...headers: string[]): string {
  return message(`GET ${path} HTTP/1.1`, headers);
}

function post(path: string, body: string, ...headers: string[]): string {
  return message(`POST ${path} HTTP/1.1`, [
    `Content-Length: ${body.length}`,
    ...headers,
  ]) + body;
}

function message(line: string, headers: string[]): string {
  const all = ["Host: example.com:99", "Connection: close", ...headers];
  return [line, ...all, "", ""].join("\n");
}

const PLAIN = "proxy_pass http://static; proxy_http_version 1.1;";
const CONNECTION = "proxy_set_header Connection $plain_connection; " +
  "proxy_set_header Upgrade $plain_upgrade;";
const HOST = "proxy_set_header Host $plain_host;";
const FORWARDED = "proxy_set_header X-Forwarded-For " +
  "$proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; " +
  "proxy_set_header X-Forwarded-Host $plain_host;";

/** What a location with a static upstream needs to behave like `it.live.pass`. */
export const PASS_PLAINLY = [PLAIN, HOST, CONNECTION, FORWARDED].join(" ");

const PASS_ON = "location PATH { PASS }";

export const LOCATIONS: LocationCase[] = [
  { name: "a GET", directives: PASS_ON, request: get("PATH?a=1") },
  {
    name: "a HEAD",
    directives: PASS_ON,
    request: message("HEAD PATH HTTP/1.1", []),
  },
  { name: "a POST", directives: PASS_ON, request: post("PATH", "body") },
  {
    name: "a POST in chunks",
    directives: PASS_ON,
    request: message("POST PATH HTTP/1.1", ["Transfer-Encoding: chunked"]) +
      "4\nbody\n0\n\n",
  },
  {
    name: "Expect: 100-continue",
    directives: PASS_ON,
    request: post("PATH", "body", "Expect: 100-continue"),
  },
  {
    name: "a client that closes its side behind a POST",
    // Without this, nginx might give up before the answer arrives.
    directives: "location PATH { proxy_ignore_client_abort on; PASS }",
    request: post("PATH", "body"),
    halfClose: true,
  },
  {
    name: "HTTP/1.0 without Host",
    directives: PASS_ON,
    request: "GET PATH?quiet HTTP/1.0\n\n",
  },
  {
    name: "HTTP/1.0 with Host",
    directives: PASS_ON,
    request: "GET PATH HTTP/1.0\nHost: example.com\n\n",
  },
  {
    name: "a whole URL in the request line",
    directives: PASS_ON,
    request: get("http://example.com:99PATH?a"),
  },
  {
    name: "escapes and slashes in the path",
    directives: PASS_ON,
    request: get("PATH//a%2Fb/../c%20d?e=%2F&f"),
  },
  {
    name: "forwarded headers that the client sent",
    directives: PASS_ON,
    request: get(
      "PATH",
      "X-Forwarded-For: 192.0.2.1",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: evil.example",
    ),
  },
  {
    name: "a websocket",
    directives: PASS_ON,
    request: "GET PATH HTTP/1.1\nHost: example.com\nConnection: Upgrade\n" +
      "Upgrade: WebSocket\nSec-WebSocket-Key: x\nSec-WebSocket-Version: 13\n\n",
  },
  {
    name: "an upgrade to h2c, which isn't passed on",
    directives: PASS_ON,
    request: get("PATH", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQ"),
  },
  {
    name: "an instance that hangs up",
    directives: PASS_ON,
    request: get("PATH?hangup"),
  },
  {
    name: "a method that limit_except allows",
    directives: "location PATH { limit_except GET POST { deny all; } PASS }",
    request: post("PATH", "body"),
  },
  {
    name: "a method that limit_except denies",
    directives: "location PATH { limit_except GET POST { deny all; } PASS }",
    request: message("DELETE PATH HTTP/1.1", []),
  },
  {
    name: "limit_except for all but one address",
    directives:
      "location PATH { limit_except GET { allow 127.0.0.1; deny all; } PASS }",
    request: post("PATH", "body"),
  },
  {
    name: "add_header in an if",
    directives:
      'location PATH { if ($arg_a) { add_header X-If "$arg_a"; } PASS }',
    request: get("PATH?a=1"),
  },
  {
    name: "an if that doesn't hold",
    directives: "location PATH { if ($arg_a) { return 418; } PASS }",
    request: get("PATH"),
  },
  {
    name: "an if that returns",
    directives: "location PATH { PASS if ($arg_a) { return 418; } }",
    request: get("PATH?a=1"),
  },
  {
    name: "an if that passes on itself",
    directives: "location PATH { PASS if ($arg_a) { PASS_ALONE } }",
    plain: PASS_PLAINLY,
    request: get("PATH?a=1"),
  },
  {
    name: "try_files in the location itself",
    directives: "location PATH { try_files /nothing @appPATHID; PASS } " +
      "location @appPATHID { PASS }",
    request: get("PATH"),
  },
  {
    name: "try_files that finds a file",
    directives:
      "location PATH { root SITE/files; try_files /found.txt @fPATHID; } " +
      "location @fPATHID { PASS }",
    request: get("PATH"),
  },
  {
    name: "try_files that finds none",
    directives: "location PATH { root SITE/files; try_files $uri @nPATHID; } " +
      "location @nPATHID { PASS }",
    request: get("PATH"),
  },
  {
    name: "rewrite … break above",
    directives: "location PATH { rewrite ^PATH/(.*)$ /$1 break; PASS }",
    request: get("PATH/x?a"),
  },
  {
    name: "rewrite … break below",
    directives: "location PATH { PASS rewrite ^PATH/(.*)$ /$1 break; }",
    request: get("PATH/x?a"),
  },
  {
    name: "rewrite … last to another location",
    directives:
      "location PATH { rewrite ^ /toPATH last; } location /toPATH { PASS }",
    request: get("PATH"),
  },
  {
    name: "an if with break, and set",
    directives:
      "location PATH { set $own one; if ($arg_a) { set $own two; break; } " +
      "PASS add_header X-Own $own; }",
    request: get("PATH?a=1"),
  },
  {
    name: "captures in a header",
    directives:
      "location ~ ^PATH/(\\w+)/(\\w+) { proxy_set_header X-Tenant $1-$2; PASS }",
    plain: PASS_PLAINLY,
    request: get("PATH/acme/x"),
    slotsOnly: true,
  },
  {
    name: "a nested location",
    directives:
      "location PATH { add_header X-Outer 1; location PATH/in { PASS } PASS }",
    request: get("PATH/in"),
  },
  {
    name: "a regular expression",
    directives: 'location ~* "^PATH/\\\\d{2}$" { PASS }',
    request: get("PATH/12"),
  },
  {
    name: "an exact location with an error page of its own",
    directives:
      "location = PATH { proxy_intercept_errors on; error_page 503 =200 @ePATHID; " +
      'PASS } location @ePATHID { return 200 "sorry"; }',
    request: get("PATH?status=503"),
  },
  {
    name: "an error page that another release's location serves",
    directives:
      "location PATH { proxy_intercept_errors on; error_page 404 = @xPATHID; PASS } " +
      "location @xPATHID { PASS }",
    request: get("PATH?status=404"),
  },
  {
    name: "add_header always, on an error",
    directives: "location PATH { add_header X-Always 1 always; PASS }",
    request: get("PATH?status=503"),
  },
  {
    name: "auth_request that allows",
    directives: "location PATH { auth_request /authPATH; PASS } " +
      "location = /authPATH { internal; PASS }",
    request: get("PATH"),
  },
  {
    name: "auth_request that refuses",
    directives: "location PATH { auth_request /authPATH; PASS } " +
      "location = /authPATH { return 403; }",
    request: get("PATH"),
  },
  {
    name: "mirror",
    directives: "location PATH { mirror /mirrorPATH; PASS } " +
      "location = /mirrorPATH { internal; PASS }",
    request: post("PATH", "body"),
  },
  {
    name: "limit_req",
    directives: "location PATH { limit_req zone=all burst=1000 nodelay; PASS }",
    request: get("PATH"),
  },
  {
    name: "deny all",
    directives: "location PATH { deny all; PASS }",
    request: get("PATH"),
  },
  {
    name: "a body that is too large",
    directives: "location PATH { client_max_body_size 2; PASS }",
    request: post("PATH", "body"),
  },
  {
    name: "gzip",
    directives:
      "location PATH { gzip on; gzip_min_length 1; gzip_types *; gzip_proxied any; PASS }",
    request: get("PATH?length=1000", "Accept-Encoding: gzip"),
  },
  {
    name: "sub_filter",
    directives:
      "location PATH { sub_filter quiet loud; sub_filter_types *; PASS }",
    request: get("PATH?quiet"),
  },
  {
    name: "server-side includes",
    directives: "location PATH { ssi on; ssi_types *; PASS }",
    request: get("PATH?quiet"),
  },
  {
    name: "X-Accel-Redirect to files",
    directives:
      "location PATH { PASS } location /accelPATH/ { internal; alias SITE/files/; }",
    request: get("PATH?header=X-Accel-Redirect:/accelPATH/found.txt"),
  },
  {
    name: "X-Accel-Redirect to the application",
    directives: "location PATH { PASS } location /againPATH { PASS }",
    request: get("PATH?header=X-Accel-Redirect:/againPATH?quiet"),
  },
  {
    name: "files beside it, with a cache of what is open",
    directives:
      "location PATH/ { alias SITE/files/; open_file_cache max=10; add_header X-Root $document_root; }",
    request: get("PATH/found.txt"),
  },
  {
    name: "expires and hidden headers",
    directives:
      "location PATH { expires 1h; add_header Cache-Control public; " +
      "proxy_hide_header X-Secret; PASS }",
    request: get("PATH?quiet&header=X-Secret:1&header=X-Open:1")
      .replace("quiet", "length=2"),
  },
  {
    name: "cookies whose path is another",
    directives: "location PATH { proxy_cookie_path / PATH/; PASS }",
    request: get("PATH?length=1&header=Set-Cookie:a%3D1;%20Path%3D/"),
  },
  {
    name: "a redirect to itself",
    directives: PASS_ON,
    request: get("PATH?status=302&header=Location:http://example.com:99/x"),
  },
  {
    name: "a redirect with proxy_redirect",
    directives:
      "location PATH { proxy_redirect http://inner/ http://outer/; PASS }",
    request: get("PATH?status=302&header=Location:http://inner/x"),
  },
  {
    name: "a Host and a Connection of its own",
    directives:
      'location PATH { proxy_set_header host other.example; proxy_set_header Connection "";' +
      " PASS }",
    plain: PLAIN + FORWARDED + "proxy_set_header Upgrade $plain_upgrade;",
    request: get("PATH"),
  },
  {
    name: "headers in a file, as Debian has them",
    directives: "location PATH { PASS include SITE/proxy_params; }",
    plain: PLAIN + CONNECTION + "proxy_set_header X-Forwarded-Host $http_host;",
    request: get("PATH"),
  },
  {
    name: "a header without a value",
    directives: 'location PATH { proxy_set_header Accept-Encoding ""; PASS }',
    plain: PASS_PLAINLY,
    request: get("PATH", "Accept-Encoding: gzip"),
  },
  {
    name: "proxy_pass_request_body off",
    directives:
      'location PATH { proxy_pass_request_body off; proxy_set_header Content-Length ""; PASS }',
    plain: PASS_PLAINLY,
    request: post("PATH", "body"),
  },
  {
    name: "no buffering, and sendfile off",
    directives: "location PATH { proxy_buffering off; sendfile off; PASS }",
    request: get("PATH?length=100000"),
  },
  {
    name: "a range of an answer",
    directives: "location PATH { proxy_force_ranges on; PASS }",
    request: get("PATH?length=1000", "Range: bytes=1-3"),
  },
  {
    name: "a cache, and its second answer",
    directives: "location PATH { proxy_cache answers; proxy_cache_valid 1h; " +
      "add_header X-Cache $upstream_cache_status; PASS }",
    request: get("PATH?length=3"),
  },
];
