"""python http_load.py PORT CONNECTIONS WARM_UP SECONDS: GET on kept connections; speaks as echo/load.c does."""

import http.client
import json
import sys
import time

port, count = int(sys.argv[1]), int(sys.argv[2])
connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(count)]


def load(seconds):
    requests, errors, began = 0, 0, time.monotonic()
    while time.monotonic() - began < seconds:
        for connection in connections:
            connection.request("GET", "/")
            errors += connection.getresponse().read() != b"hello\n"
            requests += 1
    return {"requests": requests, "errors": errors, "seconds": time.monotonic() - began}


load(float(sys.argv[3]))
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(load(float(sys.argv[4]))), flush=True)
