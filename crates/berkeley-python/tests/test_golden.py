"""With the same arguments the module gives what C's gives: values, classes, texts, names, warnings, events."""

import difflib
import unittest

import support

SHOWN_LINES = 60
# How a script ends that cannot run here.
SKIPPED = 77


class Golden(unittest.TestCase):
    maxDiff = None


def add(script):
    def test(self):
        outputs = []
        for ours in (False, True):
            status, output, errors = support.run(script, ours=ours)
            if status == SKIPPED:
                self.skipTest("a network namespace")
            self.assertEqual((status, errors), (0, ""), f"{'ours' if ours else 'C'}: the last line is {output[-300:]}")
            outputs.append(output.splitlines())
        # A script that prints nothing compares nothing.
        self.assertGreater(len(outputs[0]), 20)
        lines = list(difflib.unified_diff(*outputs, "C", "ours", n=0, lineterm=""))
        self.assertFalse(lines, f"{len(lines)} lines:\n" + "\n".join(lines[:SHOWN_LINES]))

    setattr(Golden, f"test_{script.stem}", test)


for script in sorted((support.HERE / "golden").glob("*.py")):
    if script.stem != "show":
        add(script)


if __name__ == "__main__":
    unittest.main()
