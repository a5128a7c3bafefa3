#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results a second into the store, and how long it takes to read them.

A program writes results into a new store as a scan does (a tenth of the files
is corrupt) and reads them back; then `cvi-gst report` is run on it, and
`cvi-gst query` with each filter and each order, and a limit of 100.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

from common import measure
from common import report
from common import scan

# name: arguments of `cvi-gst report`
QUERIES = {
    "all": [],
    "--verdict corrupt": ["--verdict", "corrupt"],
    "--verdict corrupt --scan latest": ["--verdict", "corrupt", "--scan",
                                        "latest"],
    "a folder": ["/library/folder-00000"],
}

# Arguments of `cvi-gst query`, each with --limit 100.
FILTERS = (
    "", "--verdict corrupt", "--verdict unreadable", "/library/folder-00000",
    "--rule decode::error", "--codec vp9", "--codec none",
    "--container matroska", "--min-size 7.9G", "--max-size 20M",
    "--min-size 4G --max-size 4.01G", "--min-confidence 0.9",
    "--min-confidence 0.999", "--min-damage 0.99", "--since 2025-10-10",
    "--until 2025-10-10", "--sort path:desc", "--sort verdict:desc",
    "--sort confidence:desc", "--sort damage:desc", "--sort size:desc",
    "--sort date:desc", "--verdict corrupt --sort size",
    "--verdict corrupt --codec vp9 --min-size 1G --sort confidence",
    "/library --sort size:desc", "--scan latest --verdict corrupt",
    "--scan latest --sort size:desc",
)
GOAL_MS = 100


def parse_arguments():
    parser = report.parser("store", __doc__, 3)
    parser.add_argument("--files", type=int, default=200000, metavar="N",
                        help="in the store (default: 200000)")
    parser.add_argument("--folder", help="where the store is made (default: "
                        "the folder for temporary files)")
    args = parser.parse_args()
    if args.quick:
        args.files, args.rounds = 1000, 1
    return args


def fill(args, path):
    """Seconds of each step, by its name."""
    if os.path.exists(path):
        os.remove(path)
    out = subprocess.run(
        [os.path.join(args.build, "bench", "speed", "store-speed"), path,
         str(args.files)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        check=True).stdout
    return json.loads(out)


def main():
    args = parse_arguments()
    told = report.Report("store", args)
    with tempfile.TemporaryDirectory(prefix="cvi-bench-",
                                     dir=args.folder) as work:
        path = os.path.join(work, "results.db")
        steps = [fill(args, path) for _ in range(args.rounds)]
        took = {n: statistics.median(s[n] for s in steps) for n in steps[0]}
        program = report.program(args, "cvi-gst")
        env = dict(os.environ, XDG_CONFIG_HOME=work)
        taken = measure.interleaved({
            name: lambda words=words: measure.run(
                [program, "report", "--db", path, "--format", "jsonl"]
                + words, env=env)
            for name, words in QUERIES.items()}, args.rounds)
        asked = measure.interleaved({
            words: lambda words=words: measure.run(
                [program, "query", "--db", path, "--format", "jsonl",
                 "--limit", "100"] + words.split(), env=env)
            for words in FILTERS}, max(3, args.rounds))
        # The kernel's figure is never below this program's own size.
        peaks = {name: scan.watch(
            [program, "report", "--db", path, "--format", "jsonl"] + words,
            env)[2] for name, words in QUERIES.items()}
        size = os.path.getsize(path)
    rate = args.files / (took["put"] - took["make"])
    told.add("results a second", "written", rate, "results/s", "higher", 20000)
    told.add("results a second", "written, by CPU time",
             args.files / (took["put_cpu"] - took["make"]), "results/s",
             "higher")
    for step, name in (("find", "looked up by name"), ("all", "read")):
        told.add("results a second", name, args.files / took[step],
                 "results/s", "higher")
    for step, name in (("corrupt", "corrupt ones"), ("folder", "a folder")):
        told.add("reading without a report", name, 1000 * took[step], "ms")
    for name in QUERIES:
        told.add(f"cvi-gst report of {args.files} files", name,
                 1000 * measure.median(taken[name], "wall_s"), "ms")
    for name in FILTERS:
        told.add(f"cvi-gst query --limit 100 of {args.files} files",
                 name or "(all)", 1000 * measure.median(asked[name], "wall_s"),
                 "ms", goal=GOAL_MS)
    for name in FILTERS:
        told.add("CPU time of that", name or "(all)",
                 1000 * measure.median(asked[name], "cpu_s"), "ms",
                 goal=GOAL_MS)
    for name in QUERIES:
        told.add("peak memory of cvi-gst report", name, peaks[name] / 1024,
                 "MiB", goal=40)
    told.add("size of the store", "a result", size / args.files, "bytes")
    return told.finish()


if __name__ == "__main__":
    sys.exit(main())
