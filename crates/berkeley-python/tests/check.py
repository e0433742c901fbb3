"""python3 check.py [--short [--every]] [--version VERSION]: the package's tests and CPython's suites, on each CPython.

For each interpreter: a virtual environment in target/python/VERSION, the package built into it, the tests of this
folder, then CPython's suites, with C's module and with ours, compared test for test, then programs that use packages
from PyPI. --short is what `./check.sh test` holds: the first interpreter and the first suites alone. --short --every is
what continuous integration holds: the first interpreter of each minor version, and the last once more with
PYTHONMALLOC=debug, which fills what is freed and finds what is written past an end.

With --short a suite runs with both modules at the same time. What then ends otherwise than with C's module runs once
more, one after the other, for the two share processors and ports.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import support

ROOT = support.HERE.parents[2]
CRATE = support.HERE.parent
BUILD_SECONDS = 1800
SUITE_SECONDS = 1800
TESTS_SECONDS = 1200
VENV_SECONDS = 300

SHORT_SUITES = ["test_socket", "test_timeout", "test_socketserver"]
LONG_SUITES = """
    test_selectors test_ssl test_httplib test_httpservers test_urllib2_localnet test_ftplib test_smtplib test_poplib
    test_imaplib test_xmlrpc test_logging test_audit test_eintr test_signal test_asyncio test_wsgiref
    test_concurrent_futures test_multiprocessing_fork test_multiprocessing_forkserver test_multiprocessing_spawn
""".split()
# With C's module too it waits for a peer that no machine without a hypervisor has.
LEFT_OUT = {"test_socket": ["test.test_socket.ThreadedVSOCKSocketStreamTest.*"]}
# The programs, and what each uses.
PACKAGES = {
    "requests_client": "requests",
    "urllib3_client": "urllib3",
    "redis_client": "redis",
    "aiohttp_echo": "aiohttp",
}
# From PyPI, each always the same: a new one of theirs is no fault of ours.
VERSIONS = {
    "maturin": "1.16.0",
    "mypy": "2.4.1",
    "ruff": "0.17.6",
    "requests": "2.34.2",
    "urllib3": "2.8.0",
    "redis": "8.1.0",
    "aiohttp": "3.14.5",
    # Rivals of bench/capture/python.py.
    "dpkt": "1.9.8",
    "scapy": "2.8.0",
}

# What an interpreter says of itself; it ends without a word where it will not do.
DESCRIBE = """
import sys, sysconfig
if sys.implementation.name == "cpython" and sys.version_info >= (3, 11):
    free = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    print(sys.base_prefix, sys.version.split()[0] + free, sep="\\n")
"""


class Failure(Exception):
    """One line for the person who ran the check."""


def interpreters():
    """Each CPython 3.11 or newer, once: Debian's first, then those on PATH, then pyenv's; as (program, version)."""
    folders = ["/usr/bin", *os.environ.get("PATH", "").split(os.pathsep)]
    programs = [pathlib.Path("/usr/bin/python3")]
    programs += [path for folder in folders if folder for path in sorted(pathlib.Path(folder).glob("python3*"))]
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    programs += sorted((pyenv / "versions").glob("*/bin/python"))
    found = {}
    for program in programs:
        name = program.name.removeprefix("python3").removeprefix(".").removesuffix("t")
        if program.name != "python" and not (name == "" or name.isdigit()) or not os.access(program, os.X_OK):
            continue
        lines = ask(program, DESCRIBE)
        if len(lines) == 2:
            found.setdefault(tuple(lines), (program, lines[1]))
    return list(found.values())


def of_each_minor(chosen):
    """The first interpreter of each minor version; the free-threaded ones count apart."""
    found = {}
    for program, version in chosen:
        found.setdefault((version.split(".")[1], version.endswith("t")), (program, version))
    return list(found.values())


def ask(program, code, *arguments):
    """What a piece of source prints, as lines; none where it fails."""
    try:
        ended = subprocess.run([program, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return ended.stdout.split("\n")[:-1] if ended.returncode == 0 else []


class Environment:
    """A virtual environment with the package in it."""

    def __init__(self, program, version):
        self.program = program
        self.version = version
        self.folder = ROOT / "target" / "python" / version
        self.python = self.folder / "bin" / "python"

    def make(self):
        """Makes the environment; False, and named, where what is needed is not to be had."""
        # An environment that failed half way has a python, and no pip.
        if not self.has("pip"):
            command = [self.program, "-m", "venv", self.folder]
            made = subprocess.run(command, stdout=subprocess.DEVNULL, timeout=VENV_SECONDS)
            if made.returncode != 0:
                return self.skip("venv (Debian: python3-venv)")
        if not self.install("maturin"):
            return self.skip("maturin from PyPI")
        # The tests that want them name them where they are missing.
        self.install("mypy")
        self.install("ruff")
        return True

    def skip(self, what):
        support.skip(f"build_{self.version}", what)
        return False

    def has(self, module):
        return ask(self.python, f"import {module}; print()") == [""]

    def finds(self, module):
        code = f"import importlib.util; print(importlib.util.find_spec({module!r}) is not None)"
        return ask(self.python, code) == ["True"]

    def install(self, package):
        """Whether the package is here, in the version that was chosen, from PyPI if need be."""
        asked = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
        wanted = VERSIONS[package]
        return ask(self.python, asked) == [wanted] or self.pip(f"{package}=={wanted}").returncode == 0

    def pip(self, *arguments, **environment):
        command = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
        # maturin is looked for on PATH.
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(command, env={**os.environ, "PATH": path, **environment}, timeout=BUILD_SECONDS)

    def build(self):
        # A folder of its own: another interpreter would build PyO3 anew at each turn.
        target = str(self.folder / "cargo")
        if self.pip("--no-build-isolation", "--no-deps", str(CRATE), CARGO_TARGET_DIR=target).returncode != 0:
            raise Failure(f"{self.version}: the package does not build")

    def run_tests(self):
        """The package's own tests, a process for each file, several at once: most of their time they wait."""
        begun = time.monotonic()
        files = sorted(path.name for path in support.HERE.glob("test_*.py"))
        with concurrent.futures.ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
            failed = [name for name, passed in zip(files, pool.map(self.run_file, files)) if not passed]
        print(f"{self.version} own tests: {len(files)} files ({time.monotonic() - begun:.0f} s)", flush=True)
        if failed:
            raise Failure(f"{self.version}: the package's own tests fail: {', '.join(failed)}")

    def run_file(self, name):
        """Whether the tests of a file pass; what they say otherwise is printed, in one piece."""
        command = [self.python, "-m", "unittest", "discover", "--start-directory", support.HERE, "--buffer"]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        try:
            ended = subprocess.run(
                [*command, "--pattern", name], env=support.environment(False), timeout=TESTS_SECONDS, **streams
            )
        except subprocess.TimeoutExpired as late:
            print(f"{self.version} {name}: more than {TESTS_SECONDS} s\n{late.stdout or ''}", flush=True)
            return False
        if ended.returncode != 0:
            print(f"{self.version} {name}:\n{ended.stdout}", flush=True)
        return ended.returncode == 0

    def run_suites(self, suites, together=False):
        if not self.has("test.test_socket"):
            support.skip(f"suites_{self.version}", "CPython's test package (Debian: libpython3.11-testsuite)")
            return
        parts = [part for suite in suites for part in self.parts(suite)]
        faults = [fault for part in parts for fault in self.compare_suite(part, together)]
        for fault in faults:
            print(f"  {fault}")
        if faults:
            raise Failure(f"{self.version}: {len(faults)} tests do not end as with the C module")

    def parts(self, suite):
        """The suite, or its modules where it is a package: a test of asyncio's that collects garbage a hundred times
        took half an hour behind all that the other modules had left."""
        code = """
import importlib, pkgutil, sys
suite = importlib.import_module(f"test.{sys.argv[1]}")
for module in pkgutil.iter_modules(getattr(suite, "__path__", [])):
    if module.name.startswith("test_"):
        print(module.name)
"""
        if not self.finds(f"test.{suite}"):
            return [suite]
        modules = ask(self.python, code, suite)
        return [f"{suite}.{module}" for module in modules] or [suite]

    def compare_suite(self, suite, together):
        """The tests of a suite that end otherwise than with C's module, a line each."""
        if not self.finds(f"test.{suite}"):
            support.skip(f"suite_{suite}_{self.version}", f"CPython's test.{suite}")
            return []
        begun = time.monotonic()
        try:
            by_us, worse = self.run_both(suite, together)
            if worse and together:
                print("\n".join([f"{self.version} {suite}: once more, one after the other:", *worse]), flush=True)
                by_us, worse = self.run_both(suite, together=False)
        except Failure as failure:
            print(failure, flush=True)
            return [str(failure)]
        passed = sum(state == "pass" for state, _ in by_us.values())
        counts = f"{passed} pass of {len(by_us)}, {len(worse)} unlike C"
        print(f"{self.version} {suite}: {counts} ({time.monotonic() - begun:.0f} s)", flush=True)
        return [f"{suite}: {fault}" for fault in worse]

    def run_both(self, suite, together):
        """How the tests of a suite end with our module, and those that end otherwise with C's, a line each."""
        with concurrent.futures.ThreadPoolExecutor(2 if together else 1) as pool:
            by_c, by_us = pool.map(lambda ours: self.run_suite(suite, ours), [False, True])
        return by_us, differences(by_c, by_us)

    def run_suite(self, suite, ours):
        """The tests of a suite, and how each ended."""
        whose = "ours" if ours else "C's"
        place = self.folder / "suites" / f"{suite}-{'ours' if ours else 'c'}"
        place.mkdir(parents=True, exist_ok=True)
        lines = place / "tests.jsonl"
        lines.unlink(missing_ok=True)
        command = [self.python, support.HERE / "suite.py", suite, lines, *LEFT_OUT.get(suite, [])]
        environment = {**support.environment(ours), "BERKELEY_EXPECT": whose}
        with open(place / "output.txt", "w") as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
            try:
                ended = subprocess.run(command, cwd=place, env=environment, timeout=SUITE_SECONDS, **streams)
            except subprocess.TimeoutExpired:
                raise Failure(f"{self.version} {suite} with {whose} module: more than {SUITE_SECONDS} s") from None
        if ended.returncode != 0:
            raise Failure(f"{self.version} {suite} with {whose} module: status {ended.returncode}: {place}/output.txt")
        return {name: (state, note) for name, state, note in map(json.loads, lines.read_text().splitlines())}

    def run_programs(self):
        failed = [name for name, package in PACKAGES.items() if not self.run_program(name, package)]
        if failed:
            raise Failure(f"{self.version}: these programs fail: {', '.join(failed)}")

    def run_program(self, name, package):
        """Whether a program ends well, or is skipped."""
        if not self.install(package):
            support.skip(f"program_{name}_{self.version}", f"{package} from PyPI")
            return True
        if name == "redis_client" and shutil.which("redis-server") is None:
            support.skip(f"program_{name}_{self.version}", "redis-server")
            return True
        program = support.HERE / "programs" / f"{name}.py"
        ended = subprocess.run([self.python, program], env=support.environment(True), timeout=SUITE_SECONDS)
        print(f"{self.version} program {name}: {'ok' if ended.returncode == 0 else 'FAILED'}", flush=True)
        return ended.returncode == 0


def differences(by_c, by_us):
    """The tests that end otherwise than with C's module, a line each."""
    faults = []
    for name in sorted(by_c.keys() | by_us.keys()):
        wanted, _ = by_c.get(name, ("absent", ""))
        state, note = by_us.get(name, ("absent", ""))
        if state != wanted:
            faults.append(f"{name}: {wanted} with C, {state} with ours: {note}")
    return faults


def check(environment, short):
    """Builds the package, then takes every step, whatever the one before has found; gives the failures."""
    failure = attempt(environment.build)
    if failure:
        # What an earlier build has left is another package.
        return [failure]
    return short_form(environment, together=short) + ([] if short else long_form(environment))


def short_form(environment, together):
    return every_failure(environment.run_tests, lambda: environment.run_suites(SHORT_SUITES, together))


def long_form(environment):
    return every_failure(lambda: environment.run_suites(LONG_SUITES), environment.run_programs)


def every_failure(*steps):
    return [failure for step in steps if (failure := attempt(step))]


def attempt(step):
    """The failure of a step, in one line; None where there is none."""
    try:
        step()
    except (Failure, subprocess.TimeoutExpired, support.Unlisted) as failure:
        print(f"python: {failure}", flush=True)
        return str(failure)
    return None


@contextlib.contextmanager
def debugging_memory():
    """What is started meanwhile has an allocator that finds misuse."""
    os.environ["PYTHONMALLOC"] = "debug"
    try:
        yield
    finally:
        del os.environ["PYTHONMALLOC"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="one interpreter, and the first suites alone")
    parser.add_argument("--every", action="store_true", help="with --short: each minor version, and a debug malloc")
    parser.add_argument("--version", action="append", help="only the interpreter of this version, such as 3.12.1")
    settings = parser.parse_args()
    failures = []
    chosen = [each for each in interpreters() if not settings.version or each[1] in settings.version]
    if not chosen and settings.version:
        parser.error(f"there is no CPython {' or '.join(settings.version)}")
    if not chosen:
        support.skip("interpreter", "CPython 3.11 or newer")
    if settings.short:
        chosen = of_each_minor(chosen) if settings.every else chosen[:1]
    environment = None
    for program, version in chosen:
        print(f"python: {version}, {program}", flush=True)
        environment = Environment(program, version)
        if environment.make():
            failures += check(environment, settings.short)
    if environment and settings.every:
        with debugging_memory():
            print(f"python: {environment.version}, with PYTHONMALLOC=debug", flush=True)
            failures += short_form(environment, together=True)
    sys.exit("\n".join(failures) or 0)


if __name__ == "__main__":
    try:
        main()
    except support.Unlisted as unlisted:
        sys.exit(str(unlisted))
