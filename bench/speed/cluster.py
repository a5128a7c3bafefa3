#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A run on a cluster against a plain scan, of the same files on one machine.

The same number of workers: `cvi-gst scan` into a store against `plan`, a
`shard` after the other and `merge` into a store. What an engine adds (a second
or two for each shard, with Slurm) is not in it.
"""

import json
import os
import shutil
import sys
import tempfile

from common import clips
from common import measure
from common import report
from common import scan

SOURCE = "h264-720p-aac.mkv"
# What one shard of the real size has, in files of that length, would take
# hours; five shards a run cost the same each as a larger one.
SHARDS = 5


def parse_arguments():
    parser = report.parser("cluster", __doc__, 3)
    parser.add_argument("--count", type=int, default=100, metavar="N",
                        help="of files (default: 100)")
    parser.add_argument("--length", type=float, default=10, metavar="S",
                        help="of each clip (default: 10)")
    args = parser.parse_args()
    if args.quick:
        args.count, args.length, args.rounds = 10, 1, 1
    return args


def total(samples):
    return measure.Sample(sum(s.wall_s for s in samples),
                          sum(s.cpu_s for s in samples),
                          max(s.peak_kib for s in samples))


def cluster(scanner, work, folder):
    """Plans, runs and merges. Returns the samples of each step, added up."""
    run, store = os.path.join(work, "run"), os.path.join(work, "merged.db")
    shutil.rmtree(run, ignore_errors=True)
    if os.path.exists(store):
        os.unlink(store)

    def step(*arguments):
        return measure.run([scanner.program, *arguments], env=scanner.env)

    taken = [step("plan", "--run", run, "--no-db", "-m", "deep", "--hw", "off",
                  "--shard-size", "1", "--max-shards", str(SHARDS), folder)]
    with open(os.path.join(run, "plan.json"), encoding="utf-8") as plan:
        shards = json.load(plan)["shards"]
    taken += [step("shard", run, "--index", str(i)) for i in range(shards)]
    taken.append(step("merge", run, "--db", store))
    return total(taken)


def plain(scanner, work, folder):
    store = os.path.join(work, "scanned.db")
    if os.path.exists(store):
        os.unlink(store)
    return scanner.scan("deep", [folder], ("--db", store))


def main():
    args = parse_arguments()
    media = report.media_of(args)
    name = "h264-180p-aac.mkv" if args.quick else SOURCE
    source = clips.make(media, name, args.length)
    with tempfile.TemporaryDirectory(prefix="cvi-bench-") as work:
        folder = os.path.join(work, "library")
        clips.copy([source], folder, args.count)
        told = report.Report("cluster", args)
        scanner = scan.Scanner(args, work)
        taken = measure.interleaved({
            "scan": lambda: plain(scanner, work, folder),
            "cluster": lambda: cluster(scanner, work, folder),
        }, args.rounds)
    for what, unit in (("wall_s", "wall"), ("cpu_s", "CPU")):
        told.add(f"{unit} time of plan, shards and merge, of a scan's",
                 f"{args.count} files", measure.ratio(
                     taken["cluster"], taken["scan"], what),
                 "ratio", "lower", 1.05)
    return told.finish()


if __name__ == "__main__":
    sys.exit(main())
