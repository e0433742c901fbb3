"""The README's example runs, and its figures are those of the raw run that it names."""

import importlib.util
import json
import pathlib
import re
import tempfile
import unittest

import support

ROOT = support.HERE.parents[2]
README = support.HERE.parent / "README.md"


class Readme(unittest.TestCase):
    def test_the_first_example_runs(self):
        language, code = re.search(r"^```(\w+)\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL).groups()
        self.assertEqual(language, "python")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "hello.py")
            path.write_text(code)
            status, output, errors = support.run("-m", "berkeley", path, ours=False)
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(output, r"^b'hello'\n/.*/berkeley/_socket\.cpython-.*\.so\n$")

    def test_its_figures_and_its_picture_are_the_raw_runs(self):
        spec = importlib.util.spec_from_file_location("bars", ROOT / "bench" / "bars.py")
        bars = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(bars)
        readme = README.read_text()
        between = readme.partition(bars.BEGIN)[2].partition(bars.END)[0]
        run = ROOT / re.search(r"`(bench/python/results/.*\.json)`", between)[1]
        result = json.loads(run.read_text())
        self.assertEqual(bars.written(readme, result, run.name), readme)
        self.assertEqual(bars.drawn(result, run.name), bars.PICTURE.read_text())


if __name__ == "__main__":
    unittest.main()
