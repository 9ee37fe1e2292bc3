import os
import time
from urllib.parse import parse_qs

VERSION = "1"


def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        query = parse_qs(environ["QUERY_STRING"])
        time.sleep(float(query.get("s", ["5"])[0]))
    body = f"gunicorn, pid {os.getppid()}, version {VERSION}\n".encode()
    start_response(
        "200 OK",
        [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))],
    )
    return [body]
