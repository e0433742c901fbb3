"""The stubs say what the modules have."""

import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

import support


class Stubs(unittest.TestCase):
    def setUp(self):
        if importlib.util.find_spec("mypy") is None:
            support.skip("test_stubs", "mypy from PyPI")
            self.skipTest("needs mypy from PyPI")

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
        ]:
            status, said = self.run_mypy("mypy", "--strict", "-c", text)
            self.assertEqual(status, wanted, said[-3000:])


if __name__ == "__main__":
    unittest.main()
