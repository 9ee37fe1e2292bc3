// What `zddeploy init` writes, before it is fitted to a project. These are the files of
// samples/live as they stand there; a test compares them.

/** samples/live/deploy.conf. */
export const LIVE_CONF = `\
[nginx]
template: nginx.conf.template
pid_file: nginx.pid
# Where nginx belongs to the system: its own pid file, and its main configuration,
# which includes the one that is rendered here.
# pid_file: /run/nginx.pid
# conf: /etc/nginx/nginx.conf

[service:web]
# zdd picks a port for each new instance and tells the server in PORT.
port: env
start: node server.js

# The new instance must answer this with one of these statuses before it gets any
# traffic. A page that fails when the application can't do its work tells more.
health: /
health_status: 200-499
# A database to connect to, a cache to fill: how long that may take.
# start_timeout: 60
# The previous instance stays, for an instant \`zddeploy rollback\`.
# standby: yes
# How many copies run; nginx shares the requests out among them.
# instances: 2
# How long websockets and downloads of the old instance may go on, in seconds.
# drain_timeout: 300
# For the process's environment.
# env: NODE_ENV=production
# Where its output goes, in place of .zdd/log/web.log.
# log: web.log

# [deploy]
# Asked for through nginx after the switch: if it fails, zdd switches back.
# verify: http://localhost:8003/
# Where zdd keeps its state, and nginx finds who serves. nginx's workers must be able
# to enter it: for a project in a home directory that only you can enter, somewhere else.
# state_dir: /var/lib/zdd/web
`;

/** samples/live/nginx.conf.template. */
export const LIVE_TEMPLATE = `\
# nginx.conf is made from this: {project_dir} is this directory, and zdd fills in the three
# snippets of the live switch. \`zddeploy render\` shows the result.

# deploy.conf says where; zdd finds nginx by it.
pid "{nginx_pid_filename}";
# Whom the workers run as if root starts nginx; they must be able to enter .zdd.
# user www-data;
# One for each processor.
worker_processes auto;
# What goes wrong, an instance that can't be reached for one.
error_log "{project_dir}/error.log";

events {
    # Of each worker: a client takes one, the instance that answers it another.
    worker_connections 4096;
}

http {
    # Who asked for what. To rotate it, move it away and send nginx a USR1.
    access_log "{project_dir}/access.log";

    # Uploads and answers that don't fit into memory. nginx's built-in directories are
    # root's, and it makes all five even if it needs one. It gives the directory to its
    # workers: it must not be one that anything else uses.
    client_body_temp_path "{project_dir}/nginx-temp";
    proxy_temp_path "{project_dir}/nginx-temp";
    fastcgi_temp_path "{project_dir}/nginx-temp";
    uwsgi_temp_path "{project_dir}/nginx-temp";
    scgi_temp_path "{project_dir}/nginx-temp";

    # The version is nobody's business.
    server_tokens off;
    # A larger upload is refused with a 413; the default is 1m.
    client_max_body_size 20m;
    # A client has so long for the head of its request; the default is 60s.
    client_header_timeout 20s;

    # Off, since compressing takes time on each request. To turn it on:
    # gzip on;
    # gzip_vary on;
    # gzip_proxied any;
    # gzip_min_length 1024;
    # gzip_types text/plain text/css text/javascript application/javascript application/json image/svg+xml;

    # Where the instances are. nginx looks for each request which one serves: a deploy
    # moves a symbolic link, and nginx isn't reloaded.
    <%= it.live.upstreams() %>

    server {
        # 80 on your own server; below 1024, root must start nginx.
        listen 8003;
        # server_name example.com;

        # For TLS, and below what leads there from port 80:
        # listen 443 ssl;
        # ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;
        # ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem;
        # ssl_session_cache shared:tls:10m;

        # Chooses for each request which instance serves it, so that the locations below may
        # hold whatever nginx allows in one.
        <%= it.live.choose("web") %>

        location / {
            # Passes the request on, websockets too, with Host as the client sent it, and
            # X-Forwarded-For, -Proto and -Host. What the location sets itself stands. The
            # client may have sent an X-Forwarded-For: nginx appends to that, so only the
            # last address is to be trusted.
            <%= it.live.pass("web") %>
            # Who the client is, in one address.
            proxy_set_header X-Real-IP $remote_addr;

            # An instance of this host accepts at once, or something is wrong.
            proxy_connect_timeout 5s;
            # How long it may be silent: before an answer, and on a websocket, which should
            # send a ping more often. A 504 follows, and no second try.
            proxy_read_timeout 60s;
            # The same while it takes a request.
            proxy_send_timeout 60s;
        }
    }

    # server {
    #     listen 80;
    #     server_name example.com;
    #     return 301 https://$host$request_uri;
    # }
}
`;
