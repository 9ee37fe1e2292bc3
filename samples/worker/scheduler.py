import os
import time

import redis

queue = redis.from_url(os.environ.get("REDIS_URL", "redis://localhost:6379"))

# Every minute, on the minute. Two of these would queue each job twice.
while True:
    time.sleep(60 - time.time() % 60)
    queue.lpush("jobs", time.strftime("report of %H:%M"))
