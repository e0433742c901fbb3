"""python families.py build|run: CPython's test_socket for the families that few kernels have.

`build` makes the package for the first CPython that has test_socket, as check.py does, and prints the interpreter of
its virtual environment. `run`, by that interpreter and in a kernel that has the families, compares these tests with C's
module and with ours, and fails too where all tests of a family skip. crates/berkeley/tests/families calls both.
"""

import contextlib
import fnmatch
import pathlib
import sys
import tempfile

import check

# The classes of each family, as test_socket names them.
FAMILIES = {
    "alg": ["LinuxKernelCryptoAPI"],
    "can": ["BasicCANTest", "CANTest", "J1939Test"],
    "isotp": ["ISOTPTest"],
    "rds": ["BasicRDSTest", "RDSTest"],
    "sctp": ["*SCTPStreamTest"],
    "tipc": ["TIPC*"],
    "vsock": ["BasicVSOCKTest"],
}
# Of these the kernel of User-Mode Linux has none; their tests run as far as they go without.
ABSENT = {"isotp"}


def build():
    for program, version in check.interpreters():
        environment = check.Environment(program, version)
        with contextlib.redirect_stdout(sys.stderr):
            if not environment.make() or not environment.has("test.test_socket"):
                continue
            environment.build()
        print(environment.python)
        return
    raise check.Failure("no CPython has test_socket (Debian: libpython3.11-testsuite)")


def family_of(name):
    """The family of a test by its class, or None."""
    owner = name.split(".")[-2]
    for family, patterns in FAMILIES.items():
        if any(fnmatch.fnmatchcase(owner, pattern) for pattern in patterns):
            return family
    return None


def run():
    import unittest

    from test import test_socket

    classes = [each for each in vars(test_socket).values() if isinstance(each, type)]
    others = [each.__name__ for each in classes if issubclass(each, unittest.TestCase)]
    check.LEFT_OUT["test_socket"] = [
        f"test.test_socket.{name}.*" for name in others if family_of(f"{name}.test") is None
    ]
    environment = check.Environment(sys.executable, sys.version.split()[0])
    environment.python = pathlib.Path(sys.executable)
    environment.folder = pathlib.Path(tempfile.mkdtemp())
    by_c, by_us = environment.run_suite("test_socket", False), environment.run_suite("test_socket", True)
    faults = check.differences(by_c, by_us)
    for family in FAMILIES:
        states = [state for name, (state, _) in by_us.items() if family_of(name) == family]
        passed, skipped = states.count("pass"), states.count("skip")
        print(f"families: test_socket {family}: {passed} pass, {skipped} skipped of {len(states)}", flush=True)
        if passed == 0 and family not in ABSENT:
            faults.append(f"{family}: no test of it has passed")
    print(f"families: test_socket: {len(by_us)} tests, {len(faults)} faults", flush=True)
    if faults:
        raise check.Failure("\n".join(faults))


if __name__ == "__main__":
    try:
        {"build": build, "run": run}[sys.argv[1]]()
    except check.Failure as failure:
        sys.exit(str(failure))
