"""Every test and every wait in it has a limit of time, and no test is skipped in silence."""

import ast
import pathlib
import tempfile
import unittest

import support

FILES = sorted(support.HERE.rglob("*.py"))
TESTS = sorted(support.HERE.glob("test_*.py"))
# Without an argument they wait for ever.
WAITS = {"join", "wait", "communicate", "result", "acquire", "get"}
# Without `timeout` they do.
CHILDREN = {"run", "call", "check_call", "check_output"}

SCENES = """
import sys, time, unittest
sys.path.insert(0, {here!r})
import support
class Scene(unittest.TestCase):
    def test_hangs(self): time.sleep(600)
    @unittest.skipIf(True, "what nobody has")
    def test_skips(self): pass
    def test_skips_itself(self): self.skipTest("what nobody has")
    def test_passes(self): pass
unittest.main()
"""


def unbounded(tree):
    """The lines of calls that may wait for ever."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name, given = node.func.attr, [keyword.arg for keyword in node.keywords]
        if name in WAITS and not node.args and not given:
            yield node.lineno
        of_subprocess = isinstance(node.func.value, ast.Name) and node.func.value.id == "subprocess"
        # `**more` may hold it.
        if of_subprocess and name in CHILDREN and not {"timeout", None} & set(given):
            yield node.lineno


def silent_returns(tree):
    """The lines on which a test returns early, and is taken for one that passed."""
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    for test in tests:
        pending = list(test.body)
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Return):
                yield node.lineno
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                pending += ast.iter_child_nodes(node)


class Limits(unittest.TestCase):
    def play(self, scene, **environment):
        """One of the scenes; gives its status, what it said, and the skips that it noted."""
        with tempfile.TemporaryDirectory() as folder:
            skips = pathlib.Path(folder, "skips")
            skips.touch()
            whole = {**support.environment(False), "BERKELEY_SKIPS": str(skips), **environment}
            code = SCENES.format(here=str(support.HERE))
            # With one that passes: a run of none has a status of its own in 3.12.
            status, _, said = support.run_code(code, f"Scene.{scene}", "Scene.test_passes", env=whole)
            return status, said, skips.read_text()

    def test_one_that_hangs_is_named_and_ends(self):
        status, said, _ = self.play("test_hangs", BERKELEY_TEST_SECONDS="1")
        self.assertEqual(status, 1, said)
        self.assertIn("Timeout (0:00:01)", said)
        self.assertIn("in test_hangs", said)

    def test_a_skip_is_named_and_fails_in_continuous_integration(self):
        for scene in ("test_skips", "test_skips_itself"):
            line = f"skipped: python::__main__.Scene.{scene}: needs what nobody has\n"
            for integration in ("0", "1"):
                with self.subTest(scene=scene, integration=integration):
                    status, said, skips = self.play(scene, BERKELEY_CI=integration)
                    self.assertEqual((status, skips), (int(integration), line), said)

    def test_every_file_has_them(self):
        lacking = [file.name for file in TESTS if "\nimport support\n" not in file.read_text()]
        self.assertEqual(lacking, [], "they import no support, which sets the limits")

    def test_no_wait_is_without_a_limit(self):
        found = [f"{file.name}:{line}" for file in FILES for line in unbounded(ast.parse(file.read_text()))]
        self.assertEqual(found, [])

    def test_no_test_returns_early(self):
        found = [f"{file.name}:{line}" for file in TESTS for line in silent_returns(ast.parse(file.read_text()))]
        self.assertEqual(found, [], "self.skipTest says why")

    def test_what_breaks_these_rules_is_found(self):
        for code, wanted in [
            ("thread.join()", 1), ("thread.join(2)", 0), ("', '.join(x)", 0), ("done.wait(timeout=3)", 0),
            ("done.wait()", 1), ("queue.get()", 1), ("subprocess.run(x)", 1), ("subprocess.run(x, timeout=1)", 0),
            ("subprocess.check_output(x, **more)", 0), ("child.communicate()", 1),
        ]:
            self.assertEqual(len(list(unbounded(ast.parse(code)))), wanted, code)
        for code, wanted in [
            ("def test_a(self):\n  if x: return\n", 1), ("def test_a(self):\n  def b(): return\n", 0),
            ("def a():\n  return\n", 0), ("def test_a(self):\n  for x in y:\n    with z:\n      return\n", 1),
        ]:
            self.assertEqual(len(list(silent_returns(ast.parse(code)))), wanted, code)


if __name__ == "__main__":
    unittest.main()
