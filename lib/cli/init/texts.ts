// What `zddeploy init` adapts to a project and writes. These are exact copies of the files of
// samples/live; a test compares them.

/** samples/live/deploy.conf. */
export const LIVE_CONF = `\
[nginx]
template: nginx.conf.template
pid_file: nginx.pid
# For the system's own nginx: its pid file, and its main configuration, which must
# include the file that is rendered here.
# pid_file: /run/nginx.pid
# conf: /etc/nginx/nginx.conf

[service:web]
# zdd picks a port for each new instance and tells the server in PORT.
port: env
start: node server.js

# The new instance must answer this with one of these statuses before it gets any
# traffic. A page that fails when the application can't do its work is better than /.
health: /
health_status: 200-499
# How long the start may take, for example to connect to a database or fill a cache.
# start_timeout: 60
# Keep the previous instance running, for an instant \`zddeploy rollback\`.
# standby: yes
# How many copies to run; nginx distributes the requests among them.
# instances: 2
# How long websockets and downloads of the old instance may go on, in seconds.
# drain_timeout: 300
# Environment variables of the process.
# env: NODE_ENV=production
# Where its output goes, instead of .zdd/log/web.log.
# log: web.log

# [deploy]
# zdd asks for this through nginx after the switch, and switches back if it fails.
# verify: http://localhost:8003/
# Where zdd keeps its state and the links that nginx follows. nginx's workers must be able
# to enter it: if only you can enter your home directory, choose another place.
# state_dir: /var/lib/zdd/web
`;

/** samples/live/nginx.conf.template. */
export const LIVE_TEMPLATE = `\
# nginx.conf is made from this: {project_dir} is this directory, and zdd fills in the three
# snippets of the live switch. \`zddeploy render\` shows the result.

# The pid_file of deploy.conf: zdd finds nginx by it.
pid "{nginx_pid_filename}";
# The user of the workers, if root starts nginx. It must be able to enter .zdd.
# user www-data;
# One worker for each processor.
worker_processes auto;
# Errors, for example an instance that can't be reached.
error_log "{project_dir}/error.log";

events {
    # For each worker. A client takes one connection, the instance that answers it another.
    worker_connections 4096;
}

http {
    # All requests. zddeploy init writes a logrotate.conf for it.
    access_log "{project_dir}/access.log";

    # Uploads and answers that don't fit into memory. nginx's built-in directories
    # belong to root, and nginx makes all five even if it needs only one. It gives the
    # directory to its workers, so nothing else may use it.
    client_body_temp_path "{project_dir}/nginx-temp";
    proxy_temp_path "{project_dir}/nginx-temp";
    fastcgi_temp_path "{project_dir}/nginx-temp";
    uwsgi_temp_path "{project_dir}/nginx-temp";
    scgi_temp_path "{project_dir}/nginx-temp";

    # Don't tell clients nginx's version.
    server_tokens off;
    # A larger upload is refused with a 413; the default is 1m.
    client_max_body_size 20m;
    # How long a client may take to send the header of its request; the default is 60s.
    client_header_timeout 20s;

    # Off, since compressing takes time on each request. To turn it on:
    # gzip on;
    # gzip_vary on;
    # gzip_proxied any;
    # gzip_min_length 1024;
    # gzip_types text/plain text/css text/javascript application/javascript application/json image/svg+xml;

    # Where the instances are. nginx looks up which one serves each request: a deploy
    # moves a symbolic link, and nginx isn't reloaded.
    <%= it.live.upstreams() %>

    server {
        # 80 on your own server; below 1024, root must start nginx.
        listen 8003;
        # server_name example.com;

        # For TLS; the server at the end redirects from port 80:
        # listen 443 ssl;
        # ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;
        # ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem;
        # ssl_session_cache shared:tls:10m;

        # Chooses which instance serves each request, so that the locations below may contain
        # whatever nginx allows there.
        <%= it.live.choose("web") %>

        location / {
            # Passes the request on, websockets too, with Host as the client sent it, and
            # X-Forwarded-For, -Proto and -Host. What the location sets itself wins. The
            # client may have sent an X-Forwarded-For, to which nginx appends: trust only the
            # last address.
            <%= it.live.pass("web") %>
            # The client's address alone.
            proxy_set_header X-Real-IP $remote_addr;

            # An instance on this host accepts at once, or something is wrong.
            proxy_connect_timeout 5s;
            # How long an instance may be silent, before an answer or on a websocket (which should
            # send pings more often). After that, the client gets a 504, and there is no retry.
            proxy_read_timeout 60s;
            # The same while an instance receives a request.
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
