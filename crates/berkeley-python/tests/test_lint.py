"""The Python of this house has no unused name, no undefined one, no long line."""

import importlib.util
import subprocess
import sys
import unittest

import support

ROOT = support.HERE.parents[2]


class Lint(unittest.TestCase):
    def test_ruff_finds_nothing(self):
        if importlib.util.find_spec("ruff") is None:
            self.skipTest("ruff from PyPI")
        command = [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "crates", "bench"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=support.LIMIT_SECONDS)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)


if __name__ == "__main__":
    unittest.main()
