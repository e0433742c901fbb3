"""What every bench needs: building programs, running them pinned and bounded, reading clocks.

A bench imports what it uses and keeps what is its own: its servers, its load, its table. Python's standard
library alone, Linux alone.
"""

import functools
import json
import os
import pathlib
import platform
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD_SECONDS = 1800
START_SECONDS = 10
END_SECONDS = 5


class Failure(Exception):
    """One line for the person who ran the bench."""


# Building


def call(command, directory=ROOT):
    try:
        limits = {"check": True, "timeout": BUILD_SECONDS}
        return subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, text=True, **limits).stdout
    except FileNotFoundError:
        raise Failure(f"{command[0]}: not found") from None
    except subprocess.CalledProcessError as error:
        raise Failure(f"{command[0]} ended with status {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise Failure(f"{command[0]} took more than {BUILD_SECONDS} s") from None


def first_line(command):
    """What a tool says of itself, or None where it is not there."""
    try:
        return call(command).partition("\n")[0].strip()
    except Failure:
        return None


@functools.cache
def build_c(source):
    """Compiles one file into `build/` beside it, once, and returns the program's path."""
    program = source.parent / "build" / source.stem
    program.parent.mkdir(exist_ok=True)
    call([os.environ.get("CC", "cc"), "-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", str(program), str(source)])
    return str(program)


def build_cargo(directory, name, *arguments):
    """Builds a release binary and returns where cargo says it put it."""
    command = ["cargo", "build", "--release", "--locked", "--bin", name, *arguments]
    messages = call([*command, "--message-format=json-render-diagnostics"], directory).splitlines()
    for message in map(json.loads, messages):
        if message.get("executable") and message["target"]["name"] == name:
            return message["executable"]
    raise Failure(f"cargo built no binary {name}")


def locked_version(directory, package):
    lock = (directory / "Cargo.lock").read_text()
    found = re.search(rf'^name = "{package}"\nversion = "(.+)"$', lock, re.MULTILINE)
    return found[1] if found else None


def python_environment(interpreter, as_it_is):
    """The virtual environment with the Python package, as its tests build it; `as_it_is` takes what is there.

    The bench that asks has put the package's tests on its path.
    """
    import check

    lines = check.ask(interpreter, check.DESCRIBE)
    if not lines:
        raise Failure(f"{interpreter} is no CPython 3.11 or newer")
    made = check.Environment(interpreter, lines[1])
    if not as_it_is:
        try:
            if not made.make():
                raise Failure("the package cannot be built here")
            made.build()
        except check.Failure as failure:
            raise Failure(str(failure)) from None
    if not made.has("berkeley"):
        raise Failure(f"{made.folder} has no berkeley; leave --no-build out")
    return made


# Running


class Process:
    """A child pinned to a core, ended on every way out."""

    def __init__(self, name, command, core, **streams):
        self.name = name
        # A file, not a pipe: nobody reads while a round is on, and a full pipe would stop the child.
        self.log = tempfile.TemporaryFile()
        pin = [] if core is None else ["taskset", "--cpu-list", str(core)]
        # Should this script be killed outright, the kernel ends its children. Both tools exec: the pid stays.
        leash = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **streams}
        self.child = subprocess.Popen([*leash, *pin, *command], stderr=self.log, bufsize=0, **streams)
        self.buffered = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in (self.child.terminate, self.child.kill):
            if self.child.poll() is not None:
                break
            end()
            try:
                self.child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        for stream in (self.child.stdin, self.child.stdout, self.log):
            if stream:
                stream.close()

    def failure(self, what):
        self.log.seek(0)
        said = self.log.read().decode(errors="backslashreplace").strip().splitlines()
        # The first line names the fault; usage and hints follow it.
        return Failure(f"{self.name}: {what}" + (f": {said[0]}" if said else ""))

    def read_line(self, deadline):
        """The child's next line; a child that ends or says nothing in time is a failure."""
        while b"\n" not in self.buffered:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.child.stdout], [], [], left)[0]:
                raise self.failure("said nothing in time")
            piece = os.read(self.child.stdout.fileno(), 4096)
            if not piece:
                raise self.failure("ended early")
            self.buffered += piece
        line, _, self.buffered = self.buffered.partition(b"\n")
        return line.decode()

    def write_line(self):
        try:
            self.child.stdin.write(b"\n")
        except BrokenPipeError:
            raise self.failure("ended early") from None

    def cpu_nanoseconds(self):
        """CPU time of all threads, ended ones included: the clock that clock_getcpuclockid(3) names.

        /proc/PID/stat counts ticks of 10 ms, and /proc/PID/task forgets a thread that ended.
        """
        try:
            return time.clock_gettime_ns((~self.child.pid << 3) | 2)
        except OSError:
            raise self.failure("ended early") from None


class Server(Process):
    """A child that serves TCP on a free port of 127.0.0.1; `{port}` in its command becomes that."""

    def __init__(self, name, command, core):
        self.port = free_port()
        super().__init__(name, [part.format(port=self.port) for part in command], core)

    def wait_until_it_is_bound(self, transport):
        """Without connecting: to some servers their first connection makes a difference."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise self.failure(f"ended with status {self.child.returncode} before it was bound")
            # Its local address in hexadecimal, and its state: TCP_LISTEN, or TCP_CLOSE as UDP's always is.
            wanted = f" 0100007F:{self.port:04X} 00000000:0000 {'0A' if transport == 'tcp' else '07'} "
            if wanted in pathlib.Path("/proc/net", transport).read_text():
                return
            time.sleep(0.01)
        raise self.failure(f"bound no {transport} port {self.port} for {START_SECONDS} s")

    def wait_until_it_accepts(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise self.failure(f"ended with status {self.child.returncode} before it accepted")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise self.failure(f"accepted nothing on port {self.port} for {START_SECONDS} s")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def two_cores():
    """A processor for the server and one for the load, or two None where they cannot be apart."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[:2] if len(cores) > 1 and shutil.which("taskset") else [None, None]


def run_main(bench):
    """Runs the bench; a failure is one line, and a signal an exception, so that every child is ended."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        bench()
    except Failure as failure:
        sys.exit(f"run: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)


# The limits


def hold(limits):
    """Fails, naming each, where a figure is past its limit; a row is what it is, the figure, the most it may be."""
    # Not a number is past every limit: nothing was measured.
    past = [f"{what} is {figure:.4g}, at most {most:g} is allowed" for what, figure, most in limits
            if not figure <= most]
    if past:
        raise Failure("; ".join(past))


# The machine


def busy_nanoseconds(cores):
    """What the processors did not idle away since boot, stolen time included; in ticks of 10 ms."""
    names = {f"cpu{core}" for core in cores}
    ticks = 0
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name in names:
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
            ticks += user + nice + system + irq + softirq + steal
    return ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def machine():
    try:
        model = re.search(r"^model name\s*: (.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        model = None
    return {
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": model[1] if model else None,
        "processors": os.cpu_count(),
        "compiler": first_line([os.environ.get("CC", "cc"), "--version"]),
        "rustc": first_line(["rustc", "--version"]),
        "commit": first_line(["git", "describe", "--always", "--dirty", "--abbrev=12"]),
    }
