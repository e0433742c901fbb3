"""python redis_client.py PORT WARM_UP SECONDS: SET and GET over TCP with a timeout; speaks as echo/load.c does."""

import json
import sys
import time

import redis

client = redis.Redis(port=int(sys.argv[1]), socket_timeout=30)


def load(seconds):
    requests, errors, began = 0, 0, time.monotonic()
    while time.monotonic() - began < seconds:
        client.set("key", requests)
        errors += int(client.get("key")) != requests
        requests += 2
    return {"requests": requests, "errors": errors, "seconds": time.monotonic() - began}


load(float(sys.argv[2]))
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(load(float(sys.argv[3]))), flush=True)
