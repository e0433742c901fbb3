#!/usr/bin/env python3
"""Measures the Python door against CPython's own C module: each call in one process, and whole programs in two.

The package is built into the virtual environment in which `./check.sh python` tests it. The calls take turns within
one process; the programs take turns as processes of their own, one for each module, under the same load.
bench/README.md says how. Python's standard library alone.
"""

import argparse
import contextlib
import datetime
import fnmatch
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import typing

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "python"
FILES = FOLDER / "programs"
sys.path[:0] = [str(HERE), str(HERE.parent / "crates" / "berkeley-python" / "tests")]

import support  # noqa: E402  (the path comes first)
from harness import (  # noqa: E402
    Failure, Process, Server, build_c, hold, machine, python_environment, run_main, two_cores,
)

MODULES = ("C", "ours", "C again")
CALLS_SECONDS = 1800
CONNECTIONS = 20
SIZE = 64
WARM_UP_SECONDS = 0.2
SLICE_SECONDS = 0.1
# How long one slice may take beyond its own time.
PATIENCE_SECONDS = 60

class Program(typing.NamedTuple):
    """A program to be measured, and how."""

    # The most CPU time that it may take for a request, of C's.
    goal: float
    file: str
    # Who asks: the load of `loader`, or redis, which is asked.
    load: str = "echo"
    # What the program is told besides its port.
    words: tuple = ()
    # How it is known to be ready: it accepts a connection, which then ends; or it is bound to a port of "tcp" or "udp".
    ready: str = "accepts"


PROGRAMS = {
    "asyncio_protocol": Program(1 / 1.10, "asyncio_protocol"),
    "asyncio_streams": Program(1 / 1.10, "asyncio_streams"),
    # Where no connection has ended yet, malloc(3) asks the system anew for the room of every recv(262144).
    "asyncio_first": Program(0.45, "asyncio_protocol", ready="tcp"),
    "asyncio_datagrams": Program(0.40, "asyncio_datagrams", "datagrams", ready="udp"),
    "asyncio_datagrams_echo": Program(0.45, "asyncio_datagrams", "datagrams_echo", ("echo",), "udp"),
    "threading_server": Program(1.0, "threading_server"),
    "http_server": Program(1.0, "http_server", "http"),
    "redis_client": Program(1.0, "redis_client", "redis"),
}


# The calls


def measure_calls(python, settings):
    """The rows of calls.py: [name, goal, C's rounds, ours]."""
    command = [python, FOLDER / "calls.py", str(settings.rounds), *settings.only]
    pin = [] if settings.cores[0] is None else ["taskset", "--cpu-list", ",".join(map(str, settings.cores))]
    with tempfile.TemporaryFile("w+") as output:
        environment = support.environment(False)
        ended = subprocess.run([*pin, *command], stdout=output, env=environment, timeout=CALLS_SECONDS)
        if ended.returncode != 0:
            raise Failure(f"calls.py ended with status {ended.returncode}")
        output.seek(0)
        return [json.loads(line) for line in output]


def call_rows(found):
    rows = []
    for name, goal, c, ours in found:
        ratios = [mine / its for mine, its in zip(ours, c)]
        rows.append({
            "name": name,
            "goal": goal,
            "c_nanoseconds": statistics.median(c),
            "our_nanoseconds": statistics.median(ours),
            "ratio": statistics.median(ratios),
            "least": min(ratios),
            "most": max(ratios),
        })
    return rows


# The programs


class Subject:
    """One program with one module, and what loads it: the process whose CPU time is read, and that which is told."""

    def __init__(self, name, module, python, running, settings):
        self.module = module
        program = PROGRAMS[name]
        # taskset and setpriv hand the environment on.
        os.environ.pop("BERKELEY_SOCKET", None)
        words = ["env", f"BERKELEY_SOCKET={int(module == 'ours')}", str(python), str(FILES / f"{program.file}.py")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        times = [str(WARM_UP_SECONDS), str(SLICE_SECONDS)]
        if program.load == "redis":
            words += [str(settings.redis_port), *times]
            self.load = running.enter_context(Process(f"{name}, {module}", words, settings.cores[0], **pipes))
            self.clock = self.load
        else:
            server = Server(f"{name}, {module}", [*words, "{port}", *program.words], settings.cores[0])
            self.clock = running.enter_context(server)
            if program.ready == "accepts":
                server.wait_until_it_accepts()
            else:
                server.wait_until_it_is_bound(program.ready)
            load = [*self.loader(program.load, python), *times]
            load = [str(part).format(port=server.port) for part in load]
            self.load = running.enter_context(Process(f"load of {server.name}", load, settings.cores[1], **pipes))
        self.say()

    @staticmethod
    def loader(load, python):
        if load == "http":
            return [python, FILES / "http_load.py", "{port}", 4]
        if load == "echo":
            return [build_c(HERE / "echo" / "load.c"), "{port}", CONNECTIONS, SIZE]
        return [python, FILES / "datagrams_load.py", "{port}", "all" if load == "datagrams_echo" else "last"]

    def say(self):
        return self.load.read_line(time.monotonic() + PATIENCE_SECONDS)

    def play(self):
        """CPU microseconds a request, in one slice."""
        before = self.clock.cpu_nanoseconds()
        self.load.write_line()
        said = json.loads(self.say())
        taken = self.clock.cpu_nanoseconds() - before
        if said["errors"] or not said["requests"]:
            raise self.load.failure("was not answered faithfully")
        return taken / 1000 / said["requests"]


@contextlib.contextmanager
def redis_server(settings):
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--bind", "127.0.0.1", "--port", "{port}", "--save", "", "--dir", folder]
        with Server("redis-server", command, settings.cores[1]) as server:
            server.wait_until_it_accepts()
            settings.redis_port = server.port
            yield


def measure_program(name, python, settings):
    """Microseconds a request, round by round, for each module."""
    with contextlib.ExitStack() as running:
        if PROGRAMS[name].load == "redis":
            running.enter_context(redis_server(settings))
        subjects = [Subject(name, module, python, running, settings) for module in MODULES]
        found = {module: [] for module in MODULES}
        for number in range(settings.rounds):
            first = number % len(subjects)
            for subject in subjects[first:] + subjects[:first]:
                found[subject.module].append(round(subject.play(), 4))
    return found


def program_row(name, found):
    ratios = {module: [mine / its for mine, its in zip(found[module], found["C"])] for module in MODULES[1:]}
    return {
        "name": name,
        "goal": PROGRAMS[name].goal,
        "c_microseconds": statistics.median(found["C"]),
        "our_microseconds": statistics.median(found["ours"]),
        "ratio": statistics.median(ratios["ours"]),
        "least": min(ratios["ours"]),
        "most": max(ratios["ours"]),
        "noise": statistics.median(ratios["C again"]),
    }


# What is reported


def table(heads, rows):
    widths = [max(map(len, column)) for column in zip(heads, *rows)]
    lines = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in [heads, *rows]]
    return "\n".join("  ".join(line).rstrip() for line in lines)


def calls_table(rows):
    heads = ["call", "C ns", "ours ns", "ours / C", "min-max", "goal", ""]
    return table(heads, [
        [row["name"], f"{row['c_nanoseconds']:,.0f}", f"{row['our_nanoseconds']:,.0f}", f"{row['ratio']:.3f}",
         f"{row['least']:.2f}-{row['most']:.2f}", f"{row['goal']:.2f}", verdict(row)]
        for row in rows
    ])


def programs_table(rows):
    heads = ["program", "C us/request", "ours", "ours / C", "min-max", "C again / C", "goal", ""]
    return table(heads, [
        [row["name"], f"{row['c_microseconds']:.2f}", f"{row['our_microseconds']:.2f}", f"{row['ratio']:.3f}",
         f"{row['least']:.2f}-{row['most']:.2f}", f"{row['noise']:.3f}", f"{row['goal']:.2f}", verdict(row)]
        for row in rows
    ])


def verdict(row):
    return "" if row["ratio"] <= row["goal"] else "PAST"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="calls and programs by name")
    parser.add_argument("--kind", choices=("calls", "programs"), help="one of the two halves")
    parser.add_argument("--python", default="/usr/bin/python3", help="the interpreter (default /usr/bin/python3)")
    parser.add_argument("--no-build", action="store_true", help="measure the package that is installed already")
    parser.add_argument("--check", action="store_true", help="fail where a goal is missed")
    parser.add_argument("--out", type=pathlib.Path, help="where the raw runs go (default python/results/DATE.json)")
    settings = parser.parse_args()
    if settings.rounds < 1:
        parser.error("--rounds: at least 1 is wanted")
    return settings


def has_redis(made):
    return shutil.which("redis-server") and (made.has("redis") or made.install("redis"))


def wanted_programs(made, settings):
    for name in PROGRAMS:
        if settings.only and not any(fnmatch.fnmatchcase(name, pattern) for pattern in settings.only):
            continue
        if name == "redis_client" and not has_redis(made):
            print("left out: redis_client: needs redis-server, and redis from PyPI", file=sys.stderr)
            continue
        yield name


def bench():
    settings = parse_arguments()
    settings.cores = two_cores()
    made = python_environment(settings.python, settings.no_build)
    began = datetime.datetime.now(datetime.timezone.utc)
    calls = measure_calls(made.python, settings) if settings.kind != "programs" else []
    programs = {}
    if settings.kind != "calls":
        for name in wanted_programs(made, settings):
            programs[name] = measure_program(name, made.python, settings)
    report(settings, made, began, calls, programs)


def report(settings, made, began, calls, programs):
    facts = machine() | {"python": made.version, "load": os.getloadavg()}
    rows = call_rows(calls)
    program_rows = [program_row(name, found) for name, found in programs.items()]
    print(f"{facts['kernel']}, {facts['processors']} x {facts['processor']}")
    print(f"CPython {made.version}, {settings.rounds} rounds")
    if rows:
        print("", calls_table(rows), sep="\n")
    if program_rows:
        print("", programs_table(program_rows), sep="\n")
    result = {
        "bench": "python", "began": began.isoformat(timespec="seconds"), "machine": facts, "rounds": settings.rounds,
        "calls": rows, "programs": program_rows, "raw_calls": calls, "raw_programs": programs,
    }
    out = settings.out or FOLDER / "results" / f"{began:%Y-%m-%d-%H%M%S}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=None) + "\n")
    print(f"\nraw runs: {out}")
    if settings.check:
        hold([(f"python: {row['name']}", row["ratio"], row["goal"]) for row in rows + program_rows])


if __name__ == "__main__":
    run_main(bench)
