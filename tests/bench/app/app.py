"""The service of the benchmark for gunicorn; it answers as app.mjs does."""

import os

with open(os.environ["RELEASE_FILE"]) as file:
    release = file.read().strip()


def app(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    answer = f"{release} {os.getpid()} ".encode() + body + b"\n"
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
