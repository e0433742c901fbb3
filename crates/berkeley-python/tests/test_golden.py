"""With the same arguments the module gives what C's gives: values, classes, texts, names, warnings, events.

But for the cases of differences.py, where C's gives a wrong value.
"""

import difflib
import unittest

import differences
import support

SHOWN_LINES = 60
# How a script ends that cannot run here.
SKIPPED = 77


class Golden(unittest.TestCase):
    maxDiff = None


    def test_differences_are_as_they_are_listed(self):
        status, output, errors = support.run(support.HERE / "golden" / "better.py")
        self.assertEqual((status, errors), (0, ""))
        found = dict(line.split(" -> ", 1) for line in output.splitlines())
        for call, outcome in differences.OURS.items():
            if call in found:
                self.assertEqual(found[call], outcome, call)
        # Those that golden/better.py has not are of the other scripts.
        self.assertGreater(len(found.keys() & differences.OURS.keys()), 15)


def allowing(by_c, by_us):
    """Both outputs, with ours in C's place where a listed difference has the outcome that is listed."""
    listed = [f"{call} -> {outcome}" for call, outcome in differences.OURS.items()]
    if len(by_c) == len(by_us):
        by_c = [ours if ours in listed else its for its, ours in zip(by_c, by_us)]
    return by_c, by_us


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
        outputs = allowing(*outputs)
        lines = list(difflib.unified_diff(*outputs, "C", "ours", n=0, lineterm=""))
        self.assertFalse(lines, f"{len(lines)} lines:\n" + "\n".join(lines[:SHOWN_LINES]))

    setattr(Golden, f"test_{script.stem}", test)


for script in sorted((support.HERE / "golden").glob("*.py")):
    if script.stem != "show":
        add(script)


if __name__ == "__main__":
    unittest.main()
