#!/usr/bin/env python3
"""Measures packets in Python: `berkeley.capture` and `berkeley.decode` beside scapy and dpkt.

The package is built as bench/python.py builds it; scapy and dpkt come from PyPI into the same environment. Captures run
in a network namespace of its own, whose loopback is flooded from one processor; the capture has the other. Decoders
take turns in one process. bench/README.md says why. Python's standard library alone.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "crates" / "berkeley-python" / "tests")]

import check  # noqa: E402  (the path comes first)
from harness import (  # noqa: E402
    Failure, Process, build_c, busy_nanoseconds, hold, machine, python_environment, run_main, two_cores,
)

PACKETS = HERE / "packets.py"
CAPTURE = ("berkeley", "scapy")
DECODE = ("berkeley", "scapy", "dpkt")
PATIENCE_SECONDS = 120
# The flood outlasts the capture, which ends by the clock.
MORE_SECONDS = 3


def command(settings, *words):
    return [str(settings.python), "-B", str(PACKETS), *map(str, words)]


def capture(name, settings):
    """One capture in one flood: its packets, and its CPU time."""
    words = command(settings, "capture", name, settings.slice)
    with Process(name, words, settings.cores[1], stdout=subprocess.PIPE) as child:
        deadline = time.monotonic() + PATIENCE_SECONDS
        if child.read_line(deadline) != "ready":
            raise child.failure("is not ready")
        flood = [settings.sender, str(settings.size), str(settings.slice + MORE_SECONDS)]
        with Process("sender", flood, settings.cores[0]):
            line = child.read_line(deadline)
        return json.loads(line)


def measure_captures(settings):
    runs = []
    for number in range(settings.rounds + 1):
        names = list(CAPTURE) if number % 2 else list(reversed(CAPTURE))
        for name in names:
            run = capture(name, settings)
            # The first round pays for cold caches.
            if number:
                runs.append({"round": number, "what": "capture", "program": name, **run})
    return runs


def measure_decoders(settings):
    """All in one process: a row a round, the nanoseconds of a packet by each."""
    pin = [] if settings.cores[0] is None else ["taskset", "--cpu-list", str(settings.cores[1])]
    ended = subprocess.run([*pin, *command(settings, "decode", settings.decode_rounds)], stdout=subprocess.PIPE,
                           text=True, timeout=PATIENCE_SECONDS + settings.decode_rounds)
    if ended.returncode:
        raise Failure(f"packets.py ended with status {ended.returncode}")
    return [{"round": number, "what": "decode", "program": name, "nanoseconds": nanoseconds}
            for number, line in enumerate(ended.stdout.splitlines(), 1)
            for name, nanoseconds in json.loads(line).items()]


def column(runs, what, name):
    return [price(run) for run in runs if run["what"] == what and run["program"] == name]


def price(run):
    """The CPU nanoseconds of a packet."""
    return run["nanoseconds"] if run["what"] == "decode" else run["cpu_nanoseconds"] / max(run["packets"], 1)


def times(runs, what, name):
    """How many times as fast as the other one, by round: the median."""
    pairs = zip(column(runs, what, name), column(runs, what, "berkeley"))
    return statistics.median(theirs / ours for theirs, ours in pairs)


def report(runs, settings, began, busy):
    facts = machine()
    print(f"{facts['kernel']}, {facts['processors']} x {facts['processor']}, commit {facts['commit']}")
    print(f"{settings.rounds} captures of {settings.slice} s, {settings.decode_rounds} rounds of decoding; "
          f"other programs took {busy:.0%} of the processors before it began\n")
    print(f"{'':10}{'':12}{'CPU ns/packet':>15}{'berkeley is':>15}")
    for what, names in (("capture", CAPTURE), ("decode", DECODE)):
        for name in names:
            ratio = "" if name == "berkeley" else f"{times(runs, what, name):.1f}x"
            print(f"{what:10}{name:12}{statistics.median(column(runs, what, name)):15.0f}{ratio:>15}")
    out = settings.out or HERE / "results" / f"python-{began:%Y-%m-%d-%H%M%S}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    versions = {name: check.VERSIONS[name] for name in ("scapy", "dpkt")}
    result = {"bench": "capture, Python", "began": began.isoformat(timespec="seconds"), "machine": facts,
              "busy_before": round(busy, 3), "size": settings.size, "versions": versions, "runs": runs}
    out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nraw runs: {out}")


def busy_share(settings):
    """How much of the processors others take, in a second before anything is measured."""
    cores = [core for core in settings.cores if core is not None] or [0]
    before = busy_nanoseconds(cores)
    time.sleep(1)
    return (busy_nanoseconds(cores) - before) / 1e9 / len(cores)


def limits(runs):
    """What is held: a name, the figure, and the most that it may be."""
    rows = [("capture", "scapy", 20), ("decode", "scapy", 50), ("decode", "dpkt", 3)]
    return [(f"{what}: the CPU of a packet in Python, of {name}'s", 1 / times(runs, what, name), 1 / least)
            for what, name, least in rows]


def build(settings):
    """The interpreter of the environment with the package and its rivals."""
    made = python_environment(settings.interpreter, settings.no_build)
    for name in ("scapy", "dpkt"):
        if not made.install(name):
            raise Failure(f"{name} is not to be had from PyPI")
    return made.python


def enter_namespace(settings):
    """Starts this script again in a network namespace, whose loopback nobody else uses."""
    if os.environ.get("BENCH_CAPTURE_INSIDE"):
        return
    if os.geteuid():
        raise Failure("needs root: packets are captured in a namespace of its own")
    build(settings)
    inside = ["unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", sys.executable, *sys.argv]
    os.execvpe("unshare", [*inside, "--no-build"], os.environ | {"BENCH_CAPTURE_INSIDE": "1"})


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", dest="interpreter", default="/usr/bin/python3", help="(default %(default)s)")
    parser.add_argument("--size", type=int, default=64, help="bytes of a datagram (default 64)")
    parser.add_argument("--rounds", type=int, default=7, help="captures of each (default 7)")
    parser.add_argument("--slice", type=float, default=1, help="seconds of a capture (default 1)")
    parser.add_argument("--decode-rounds", type=int, default=31, help="(default 31)")
    parser.add_argument("--no-build", action="store_true", help="take the package as it was built last")
    parser.add_argument("--check", action="store_true", help="fail where the package is past one of its limits")
    parser.add_argument("--out", type=pathlib.Path, help="where the raw runs go (default results/python-DATE.json)")
    return parser.parse_args()


def bench():
    settings = parse_arguments()
    for program in ("unshare", "ip", "tcpdump"):
        if not shutil.which(program):
            raise Failure(f"{program}: not found")
    settings.sender = build_c(HERE / "sender.c")
    enter_namespace(settings)
    settings.python = build(settings)
    settings.cores = two_cores()
    began = datetime.datetime.now(datetime.timezone.utc)
    busy = busy_share(settings)
    runs = measure_captures(settings) + measure_decoders(settings)
    report(runs, settings, began, busy)
    if settings.check:
        hold(limits(runs))


if __name__ == "__main__":
    run_main(bench)
