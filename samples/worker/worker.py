import os
import signal
import time

import redis

VERSION = "1"

queue = redis.from_url(os.environ.get("REDIS_URL", "redis://localhost:6379"))
mine = f"jobs:of:{os.getpid()}"
ending = False


def end(*_):
    global ending
    ending = True


# Finishes its current job, and takes no other.
signal.signal(signal.SIGTERM, end)

while not ending:
    job = queue.blmove("jobs", mine, timeout=1, src="RIGHT", dest="LEFT")
    if job is None:
        continue
    time.sleep(float(os.environ.get("JOB_SECONDS", 0.1)))  # the work
    with queue.pipeline() as transaction:
        transaction.hincrby("done", job, 1)
        transaction.hincrby("done by version", VERSION, 1)
        transaction.lrem(mine, 1, job)
        transaction.execute()
