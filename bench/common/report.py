# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Options and results that all benchmarks have in common.

A result is a list of measures: a name, a value, a unit, which way is better,
perhaps a goal. No way is better where a measure only explains others. Results
are printed, saved as JSON (--save), compared with some that were saved before
(--compare) and drawn (--plot).
"""

import argparse
import json
import os
import time

from common import chart
from common import machine

FORMAT = 1


def parser(name, text, rounds):
    """An ArgumentParser with the options that every benchmark takes."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    build = os.path.join(root, "build")
    made = argparse.ArgumentParser(
        prog=f"bench/run {name}", description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=rounds, metavar="N",
                      help=f"runs of each (default: {rounds})")
    made.add_argument("--quick", action="store_true",
                      help="as small as can be: shows that it runs, no more")
    made.add_argument("--save", "--json", metavar="FILE",
                      help="write the results to FILE as JSON")
    made.add_argument("--compare", metavar="FILE",
                      help="compare with results saved before; status 1 if "
                      "something is worse")
    made.add_argument("--tolerance", type=float, default=10, metavar="PERCENT",
                      help="what counts as worse (default: 10)")
    made.add_argument("--plot", metavar="FILE", help="draw the results as SVG")
    made.add_argument("--build", default=build,
                      help="build folder (default: build)")
    made.add_argument("--media", help="folder that keeps the clips "
                      "(default: bench-media in the build folder)")
    return made


def media_of(args):
    return args.media or os.path.join(args.build, "bench-media")


def shown(value):
    if value >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}" if value < 0.01 else f"{value:.2f}"


class Report:
    """add() what was measured, then finish()."""

    def __init__(self, name, args):
        self.args = args
        self.result = {
            "format": FORMAT, "benchmark": name,
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "options": {k: v for k, v in sorted(vars(args).items())
                        if k not in ("save", "compare", "plot", "tolerance",
                                     "build", "media", "folder")},
            "machine": machine.describe(program(args, "cvi-gst")),
            "notes": [], "measures": []}

    def add(self, panel, name, value, unit, better="lower", goal=None):
        """@panel: what measures are drawn together; @unit: "ratio" is the
        one that other machines' results are compared by; @better: "lower",
        "higher" or None."""
        self.result["measures"].append({
            "panel": panel, "name": name, "value": value, "unit": unit,
            "better": better, "goal": goal})

    def note(self, text):
        """Something that whoever reads the figures has to know."""
        self.result["notes"].append(text)

    def _show(self):
        told = self.result["machine"]
        print(f"{told['cores']} cores, {told['model']}, "
              f"{told['memory_mib']} MiB, Linux {told['kernel']}")
        print(f"{told['cvi-gst']}; {told['gstreamer']}; {told['ffmpeg']}")
        print(f"load before: {told['load_before']}")
        panel = None
        for measure in self.result["measures"]:
            if measure["panel"] != panel:
                panel = measure["panel"]
                print(f"\n{panel}")
            print(f"  {measure['name']:<40}{shown(measure['value']):>9} "
                  f"{measure['unit']:<10}{self._goal(measure)}".rstrip())
        for note in self.result["notes"]:
            print(f"note: {note}")

    @staticmethod
    def _goal(measure):
        if measure["goal"] is None:
            return ""
        least = measure["better"] == "higher"
        met = (measure["value"] >= measure["goal"] if least
               else measure["value"] <= measure["goal"])
        return (f"goal {'>=' if least else '<='} {shown(measure['goal'])}: "
                f"{'met' if met else 'missed'}")

    def finish(self):
        """Prints, saves, draws and compares; returns the exit status."""
        self._show()
        before = load(self.args.compare) if self.args.compare else None
        if self.args.save:
            with open(self.args.save, "w", encoding="utf-8") as out:
                json.dump(self.result, out, indent=1)
                out.write("\n")
        if self.args.plot:
            with open(self.args.plot, "w", encoding="utf-8") as out:
                out.write(chart.draw(self.result, before))
        if not before:
            return 0
        return compare(before, self.result, self.args.tolerance)


def program(args, name):
    return os.path.join(args.build, "tools", name)


def load(path):
    with open(path, encoding="utf-8") as saved:
        result = json.load(saved)
    if result.get("format") != FORMAT:
        raise SystemExit(f"{path}: not saved by this version of bench/run")
    return result


def compare(before, now, tolerance):
    """Prints the changes. Returns 1 if anything is worse by more than
    @tolerance percent, else 0."""
    if before["benchmark"] != now["benchmark"]:
        raise SystemExit(f"saved by {before['benchmark']}, not "
                         f"{now['benchmark']}")
    alike = machine.same(before["machine"], now["machine"])
    if before["options"] != now["options"]:
        print("note: run with other options than the saved one")
    old = {(m["panel"], m["name"]): m for m in before["measures"]}
    print(f"\ncompared with {before['date']}"
          + ("" if alike else ", on another machine: ratios only"))
    status, panel = 0, None
    for measure in now["measures"]:
        past = old.get((measure["panel"], measure["name"]))
        if not past or not past["value"]:
            continue
        if not alike and measure["unit"] != "ratio":
            continue
        if measure["panel"] != panel:
            panel = measure["panel"]
            print(f"\n{panel}")
        change = 100 * (measure["value"] / past["value"] - 1)
        verdict = ""
        if measure["better"] and abs(change) > tolerance:
            worse = (change > 0) == (measure["better"] == "lower")
            verdict = "worse" if worse else "better"
            status |= worse
        print(f"  {measure['name']:<40}{shown(past['value']):>9} -> "
              f"{shown(measure['value']):<9}{change:+6.1f} %  "
              f"{verdict}".rstrip())
    return int(status)
