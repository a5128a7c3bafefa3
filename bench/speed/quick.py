#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Quick scans against deep ones of 1080p clips of a minute.

Of each container: wall and CPU time of `cvi-gst scan -m quick -j 1 FILE`
against `-m deep`, as the whole command takes, and as the record says
(elapsed_s), which leaves out what every scan pays once.
"""

import os
import statistics
import sys
import tempfile

from common import clips
from common import measure
from common import report
from common import scan

# MP4 first: the others are made from it.
ENDINGS = ("mp4", "mkv", "ts")
# What is drawn, and then encoded again and again.
SOURCE_S = 10


def parse_arguments():
    parser = report.parser("quick", __doc__, 3)
    parser.add_argument("--length", type=float, default=60, metavar="S",
                        help="of each clip (default: 60)")
    args = parser.parse_args()
    if args.quick:
        args.length, args.rounds = 2, 1
    return args


def measure_clip(scanner, path, rounds):
    """Returns ({mode: [sample]}, {mode: [elapsed_s]})."""
    inside = {"quick": [], "deep": []}

    def task(mode):
        def scan_it():
            sample = scanner.scan(mode, [path], jobs=1)
            inside[mode].append(scanner.records()[0]["elapsed_s"])
            return sample
        return scan_it

    taken = measure.interleaved({m: task(m) for m in inside}, rounds)
    return taken, inside


def main():
    args = parse_arguments()
    media = report.media_of(args)
    size = "180p" if args.quick else "1080p"
    source = clips.make(media, f"h264-{size}-aac.mp4",
                        min(args.length, SOURCE_S))
    paths = [clips.make_long(media, f"long-{size}.{ending}", args.length,
                             source) for ending in ENDINGS]
    clips.read(paths)
    with tempfile.TemporaryDirectory(prefix="cvi-bench-") as work:
        scanner = scan.Scanner(args, work)
        told = report.Report("quick", args)
        rows = []
        for path in paths:
            taken, inside = measure_clip(scanner, path, args.rounds)
            scan.tell_alarms(told, scanner.records())
            rows.append((os.path.basename(path), taken, inside))
    for what, unit in (("wall_s", "wall"), ("cpu_s", "CPU")):
        for name, taken, _ in rows:
            told.add(f"deep's {unit} time, of quick's", name, measure.ratio(
                taken["deep"], taken["quick"], what), "ratio", "higher",
                     25 if what == "wall_s" else None)
    for name, _, inside in rows:
        told.add("the same without starting anything (elapsed_s of the "
                 "record)", name, statistics.median(inside["deep"])
                 / statistics.median(inside["quick"]), "ratio", "higher")
    for name, taken, _ in rows:
        told.add("wall time of a quick scan", name,
                 measure.median(taken["quick"], "wall_s"), "s")
    return told.finish()


if __name__ == "__main__":
    sys.exit(main())
