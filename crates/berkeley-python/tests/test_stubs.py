"""The stubs, the signatures and the README say what the modules have."""

import ast
import importlib.util
import inspect
import pathlib
import pydoc
import re
import tomllib
import subprocess
import sys
import tempfile
import unittest

import berkeley
import stubs
import support

README = support.HERE.parent / "README.md"


def parameters(arguments):
    """The parameters that a piece of source defines, as (name, kind, default); no default is `empty`."""
    kinds = inspect.Parameter
    positional = [(each, kinds.POSITIONAL_ONLY) for each in arguments.posonlyargs]
    positional += [(each, kinds.POSITIONAL_OR_KEYWORD) for each in arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
    rows = [(each, kind, default) for (each, kind), default in zip(positional, defaults)]
    rows += [(each, kinds.KEYWORD_ONLY, default) for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults)]
    return [(each.arg, kind, kinds.empty if default is None else ast.unparse(default)) for each, kind, default in rows]


def real_parameters(function):
    rows = inspect.signature(function).parameters.values()
    empty = inspect.Parameter.empty
    return [(each.name, each.kind, empty if each.default is empty else repr(each.default)) for each in rows]


# What the package has beside `install` and constants.
FUNCTIONS = (
    "capture", "craft", "create_connection", "decode", "pcap", "recv_many", "recv_timestamped", "send_many", "tcp_info",
)
CLASSES = {"Capture", "Layer", "Packet", "Pcap", "TcpInfo"}


class Signatures(unittest.TestCase):
    """What is written of a function is what it takes."""

    def compare(self, written, name):
        real = real_parameters(getattr(berkeley, name))
        self.assertEqual([row[:2] for row in written], [row[:2] for row in real], name)
        for (parameter, _, default), (_, _, wanted) in zip(written, real):
            # `...` is a default that has no literal.
            if default != "...":
                self.assertEqual(default, wanted, f"{name}, {parameter}")

    def test_the_stub(self):
        functions = [
            node for node in ast.parse(stubs.STUB.read_text()).body if isinstance(node, ast.FunctionDef)
        ]
        wanted = {name for name in berkeley.__all__ if inspect.isroutine(getattr(berkeley, name))}
        self.assertEqual({node.name for node in functions}, wanted)
        for node in functions:
            self.compare(parameters(node.args), node.name)

    def test_the_readme(self):
        names = [name for name in berkeley.__all__ if inspect.isroutine(getattr(berkeley, name)) and name != "install"]
        found = re.findall(rf"^- `(({'|'.join(names)})\([^`]*\))`", README.read_text(), re.MULTILINE)
        self.assertEqual(sorted(name for _, name in found), names)
        for text, name in found:
            self.compare(parameters(ast.parse(f"def {text}: ...").body[0].args), name)

    def test_every_parameter_may_be_named(self):
        for name in FUNCTIONS:
            for parameter, kind, _ in real_parameters(getattr(berkeley, name)):
                self.assertNotEqual(kind, inspect.Parameter.POSITIONAL_ONLY, f"{name}, {parameter}")


class Names(unittest.TestCase):
    """dir(), help() and the stub list every name."""

    def test_dir_and_help_have_them_all(self):
        from berkeley import _extra

        constants = {name for name in dir(_extra) if name.isupper()}
        self.assertGreater(len(constants), 200)
        functions = {"install", *FUNCTIONS}
        self.assertEqual(set(berkeley.__all__), constants | functions | CLASSES | {"__version__"})
        self.assertLessEqual(set(berkeley.__all__), set(dir(berkeley)))
        text = pydoc.plain(pydoc.render_doc(berkeley))
        for name in berkeley.__all__:
            if name != "__version__":
                self.assertRegex(text, rf"(?m)^    (class )?{name}\b")
        self.assertIn(berkeley.__version__, text)
        for name in functions:
            self.assertTrue(getattr(berkeley, name).__doc__, name)

    def test_a_star_imports_them(self):
        names = {}
        exec("from berkeley import *", names)
        self.assertLessEqual(set(berkeley.__all__), set(names))

    def test_the_version_is_the_crates(self):
        import importlib.metadata

        manifest = tomllib.loads((support.HERE.parents[2] / "Cargo.toml").read_text())
        self.assertEqual(berkeley.__version__, manifest["workspace"]["package"]["version"])
        self.assertEqual(berkeley.__version__, importlib.metadata.version("berkeley"))

    def test_the_stub_is_written_anew(self):
        self.assertEqual(stubs.STUB.read_text(), stubs.wanted(stubs.STUB.read_text()), "run tests/stubs.py")

    def test_no_name_is_made_up(self):
        for name in ("nosuch", "SO_NOSUCH", "__wrapped__", "_nosuch"):
            with self.assertRaisesRegex(AttributeError, f"module 'berkeley' has no attribute '{name}'"):
                getattr(berkeley, name)


class Stubs(unittest.TestCase):
    def setUp(self):
        if importlib.util.find_spec("mypy") is None:
            self.skipTest("mypy from PyPI")

    def run_mypy(self, *arguments):
        # A folder of its own: mypy leaves its cache.
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", *arguments]
            limit = {"timeout": support.LIMIT_SECONDS, "cwd": folder, "env": support.environment(False)}
            ended = subprocess.run(command, capture_output=True, text=True, **limit)
        return ended.returncode, ended.stdout + ended.stderr

    def test_they_agree_with_what_runs(self):
        allowed = pathlib.Path(__file__).parent / "stubtest_allowed.txt"
        status, said = self.run_mypy("mypy.stubtest", "berkeley", "--allowlist", allowed, "--ignore-unused-allowlist")
        self.assertEqual(status, 0, said[-3000:])

    def test_a_typed_program_is_checked(self):
        for text, wanted in [
            ("import berkeley\nberkeley.install()\n", 0),
            ("from berkeley import socket\nsocket.create_connection(('x', 1)).sendall(b'x')\n", 0),
            ("import berkeley\nberkeley.install(1)\n", 1),
            ("from berkeley import socket\nsocket.create_connection(5)\n", 1),
            ("import berkeley\nprint(berkeley.UDP_GRO + 1, berkeley.__version__.upper())\n", 0),
            ("from berkeley import SO_TIMESTAMPNS\nprint(SO_TIMESTAMPNS)\n", 0),
            ("import berkeley\nprint(berkeley.UDP_GROO)\n", 1),
            ("import berkeley\nberkeley.send_mny(1, [])\n", 1),
            ("from berkeley import SO_NOSUCH\n", 1),
            ("import berkeley\nberkeley.create_connection((b'x', 'http'), timeout=0, all_errors=True).close()\n", 0),
            ("import berkeley, socket\nsock = socket.socket()\nberkeley.recv_many(sock=sock, messages=8)\n", 0),
            ("import berkeley, socket\nsock = socket.socket()\nberkeley.recv_many(sock, message=8)\n", 1),
            ("import berkeley, socket\nberkeley.send_many(socket.socket(), [b'x', (b'y', ('::1', 1))])\n", 0),
        ]:
            status, said = self.run_mypy("mypy", "--strict", "-c", text)
            self.assertEqual(status, wanted, said[-3000:])


if __name__ == "__main__":
    unittest.main()
