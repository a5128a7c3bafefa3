#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files a second of a library that has not changed.

A tree of tiny files gets results from a worker that goes by their names; what
is measured is the second scan, which only has to find out that nothing has
changed, against `cvi-gst list`, which only walks the folders. The text report
names none of these files, JSONL all of them.
"""

import os
import statistics
import sys
import tempfile

from common import measure
from common import report
from common import scan

FILES_PER_FOLDER = 500


def parse_arguments():
    parser = report.parser("rescan", __doc__, 3)
    parser.add_argument("--files", type=int, default=100000, metavar="N",
                        help="in the library (default: 100000)")
    args = parser.parse_args()
    if args.quick:
        args.files, args.rounds = 200, 1
    return args


def make_tree(root, n_files):
    for number in range(n_files):
        folder = os.path.join(root, f"folder-{number // FILES_PER_FOLDER:05}")
        if number % FILES_PER_FOLDER == 0:
            os.makedirs(folder)
        with open(os.path.join(folder, f"a-film-{number:07}.mkv"), "w",
                  encoding="ascii") as file:
            file.write("x")


def main():
    args = parse_arguments()
    told = report.Report("rescan", args)
    with tempfile.TemporaryDirectory(prefix="cvi-bench-") as work:
        tree = os.path.join(work, "library")
        make_tree(tree, args.files)
        scanner = scan.Scanner(args, work)
        scanner.env["CVI_WORKER"] = os.path.join(
            args.build, "tests", "cli", "cvi-fake-worker")
        store = ("--db", os.path.join(work, "results.db"))
        first = scanner.scan("hybrid", [tree], store)
        peaks = []
        command = scanner.command("hybrid", [tree], store)
        command[command.index("jsonl")] = "text"

        def with_records():
            records = scanner.command("hybrid", [tree], store)
            records[records.index("-o") + 1] = "-"
            sample, _, peak_kib = scan.watch(records, scanner.env)
            peaks.append(peak_kib)
            return sample

        taken = measure.interleaved({
            "second scan": lambda: measure.run(command, scan.SCANNED,
                                               scanner.env),
            "second scan, JSONL": with_records,
            "list": lambda: measure.run(
                [scanner.program, "list", tree], env=scanner.env)},
            args.rounds)
    told.add("files a second", "second scan", args.files / measure.median(
        taken["second scan"], "wall_s"), "files/s", "higher", 50000)
    told.add("files a second", "second scan, JSONL",
             args.files / measure.median(
                 taken["second scan, JSONL"], "wall_s"), "files/s", "higher")
    told.add("files a second", "first scan, nothing decoded",
             args.files / first.wall_s, "files/s", "higher")
    told.add("files a second", "list", args.files / measure.median(
        taken["list"], "wall_s"), "files/s", None)
    told.add("time of the second scan, of list's", "wall", measure.ratio(
        taken["second scan"], taken["list"], "wall_s"), "ratio")
    told.add("time of the second scan, of list's", "CPU", measure.ratio(
        taken["second scan"], taken["list"], "cpu_s"), "ratio")
    told.add("peak memory", "second scan", statistics.median(peaks) / 1024,
             "MiB", goal=40)
    return told.finish()


if __name__ == "__main__":
    sys.exit(main())
