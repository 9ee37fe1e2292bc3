import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redis

VERSION = "1"

queue = redis.from_url(os.environ.get("REDIS_URL", "redis://localhost:6379"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(f"worker, pid {os.getpid()}, version {VERSION}\n")

    def do_POST(self):
        """Puts a job into the queue, named as the body says."""
        job = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        queue.lpush("jobs", job or b"unnamed")
        self.answer("queued\n")

    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
# zdd has drained it by then. Any remaining requests are still answered.
signal.signal(
    signal.SIGTERM,
    lambda *_: threading.Thread(target=server.shutdown).start(),
)
server.serve_forever()
