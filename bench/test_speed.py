# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each benchmark runs at its smallest and saves results; never how fast."""

import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from common import report  # noqa: E402

BENCHMARKS = ("throughput", "quick", "small", "element", "rescan", "store", "cluster",
              "scaling", "fixity")


def run(name, build, *options):
    return subprocess.run(
        [sys.executable, "-B", os.path.join(HERE, "speed", name + ".py"),
         "--build", build, "--quick", *options],
        env=dict(os.environ, PYTHONPATH=HERE), capture_output=True, text=True,
        check=False)


class Smoke(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.build = os.environ["CVI_BUILD"]
        cls.folder = tempfile.TemporaryDirectory(prefix="cvi-bench-test-")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def check_results(self, name, result):
        self.assertEqual(result["benchmark"], name)
        self.assertGreater(result["machine"]["cores"], 0)
        self.assertTrue(result["machine"]["cvi-gst"].startswith("cvi-gst"))
        # A healthy clip that is called something else leaves a note.
        self.assertEqual(result["notes"], [])
        self.assertTrue(result["measures"])
        names = [(m["panel"], m["name"]) for m in result["measures"]]
        self.assertEqual(len(set(names)), len(names))
        for measure in result["measures"]:
            self.assertTrue(math.isfinite(measure["value"]), measure)
            self.assertGreater(measure["value"], 0, measure)
            self.assertIn(measure["better"], ("lower", "higher", None))

    def test_all(self):
        for name in BENCHMARKS:
            with self.subTest(name):
                saved = self.path(name + ".json")
                plot = self.path(name + ".svg")
                done = run(name, self.build, "--media", self.path("media"),
                           "--save", saved, "--plot", plot)
                self.assertEqual(done.returncode, 0, done.stderr)
                with open(saved, encoding="utf-8") as text:
                    result = json.load(text)
                self.check_results(name, result)
                for measure in result["measures"]:
                    self.assertIn(measure["name"], done.stdout)
                root = xml.etree.ElementTree.parse(plot).getroot()
                bars = [e for e in root if e.tag.endswith("rect")]
                self.assertEqual(len(bars), 1 + len(result["measures"]))

    def test_every_benchmark_is_here(self):
        found = {n[:-3] for n in os.listdir(os.path.join(HERE, "speed"))
                 if n.endswith(".py")}
        self.assertEqual(found, set(BENCHMARKS))


def result(values, cores=2):
    """Of measures (name, value, unit, better)."""
    return {"format": report.FORMAT, "benchmark": "x", "date": "then",
            "options": {}, "machine": {"cores": cores, "model": "m",
                                       "memory_mib": 1},
            "measures": [{"panel": "p", "name": n, "value": v, "unit": u,
                          "better": b, "goal": None}
                         for n, v, u, b in values]}


class Compare(unittest.TestCase):
    def status(self, before, now):
        with open(os.devnull, "w", encoding="ascii") as nowhere:
            shown, sys.stdout = sys.stdout, nowhere
            try:
                return report.compare(before, now, 10)
            finally:
                sys.stdout = shown

    def check(self, past, value, better, status):
        self.assertEqual(self.status(
            result([("a", past, "s", better)]),
            result([("a", value, "s", better)])), status)

    def test_lower_is_better(self):
        self.check(1.0, 1.2, "lower", 1)
        self.check(1.0, 1.05, "lower", 0)
        self.check(1.0, 0.5, "lower", 0)

    def test_higher_is_better(self):
        self.check(100, 80, "higher", 1)
        self.check(100, 95, "higher", 0)
        self.check(100, 200, "higher", 0)

    def test_what_explains_others_is_never_worse(self):
        self.check(1.0, 9.0, None, 0)

    def test_one_worse_among_better_ones(self):
        self.assertEqual(self.status(
            result([("a", 1, "s", "lower"), ("b", 1, "s", "lower")]),
            result([("a", 2, "s", "lower"), ("b", 0.1, "s", "lower")])), 1)

    def test_other_machines_compare_by_ratios_only(self):
        self.assertEqual(self.status(
            result([("a", 1, "s", "lower"), ("b", 1, "ratio", "lower")]),
            result([("a", 9, "s", "lower"), ("b", 1, "ratio", "lower")], 64)),
            0)
        self.assertEqual(self.status(
            result([("b", 1, "ratio", "lower")]),
            result([("b", 2, "ratio", "lower")], 64)), 1)

    def test_of_another_benchmark(self):
        other = result([])
        other["benchmark"] = "y"
        with self.assertRaises(SystemExit):
            self.status(other, result([]))


if __name__ == "__main__":
    unittest.main()
