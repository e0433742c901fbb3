"""How a load speaks to the bench, as echo/load.c does: `ready`, then a line of JSON for each line that it is told."""

import json
import sys
import time


def play(ask, warm_up, seconds):
    """`ask()` makes some requests; it gives how many, and how many were answered wrongly."""
    load(ask, float(warm_up))
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(load(ask, float(seconds))), flush=True)


def load(ask, seconds):
    requests, errors, began = 0, 0, time.monotonic()
    while time.monotonic() - began < seconds:
        made, wrong = ask()
        requests += made
        errors += wrong
    return {"requests": requests, "errors": errors, "seconds": time.monotonic() - began}
