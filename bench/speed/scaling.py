#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a deep scan grows with --jobs.

Scans copies of a 720p clip with 1, 2 and 4 jobs: wall and CPU time against one
job, the largest worker, the supervisor, and how long it takes to the first
result, which is that of a one second clip.
"""

import os
import statistics
import sys
import tempfile

from common import clips
from common import measure
from common import report
from common import scan

JOBS = (1, 2, 4)
MIB = 1 << 20


def parse_arguments():
    parser = report.parser("scaling", __doc__, 3)
    parser.add_argument("--count", type=int, default=8, metavar="N",
                        help="of copies (default: 8)")
    parser.add_argument("--length", type=float, default=10, metavar="S",
                        help="of each (default: 10)")
    args = parser.parse_args()
    if args.quick:
        args.count, args.length, args.rounds = 4, 1, 1
    return args


class Run:
    def __init__(self, args, work):
        self.args = args
        self.scanner = scan.Scanner(args, work)
        self.folder = os.path.join(work, "library")
        self.first, self.supervisor, self.worker = {}, {}, {}

    def task(self, jobs):
        def scan_it():
            sample = self.scanner.scan("deep", [self.folder], jobs=jobs)
            self.worker.setdefault(jobs, []).append(max(
                r["peak_rss_bytes"] for r in self.scanner.records()))
            return sample
        return scan_it

    def watch(self, path, jobs):
        """Until the first result of a short clip, and the supervisor."""
        command = self.scanner.command("deep", [path, self.folder], jobs=jobs)
        command[command.index("-o") + 1] = "-"
        _, first_s, peak_kib = scan.watch(command, self.scanner.env)
        self.first.setdefault(jobs, []).append(first_s)
        self.supervisor.setdefault(jobs, []).append(peak_kib)


def tell(run, taken, told):
    cores = len(os.sched_getaffinity(0))
    for jobs in JOBS[1:]:
        told.add("speed, of one job's", f"{jobs} jobs, {cores} cores",
                 measure.ratio(taken[1], taken[jobs], "wall_s"), "ratio",
                 "higher")
    for jobs in JOBS[1:]:
        told.add("CPU time, of one job's", f"{jobs} jobs",
                 measure.ratio(taken[jobs], taken[1], "cpu_s"), "ratio")
    for jobs in JOBS:
        told.add("wall time", f"{jobs} jobs",
                 measure.median(taken[jobs], "wall_s"), "s")
    for jobs in JOBS:
        told.add("time to the first result", f"{jobs} jobs",
                 1000 * statistics.median(run.first[jobs]), "ms")
    for jobs in JOBS:
        told.add("peak memory of the largest worker", f"{jobs} jobs",
                 statistics.median(run.worker[jobs]) / MIB, "MiB")
    for jobs in JOBS:
        told.add("peak memory of the supervisor", f"{jobs} jobs",
                 statistics.median(run.supervisor[jobs]) / 1024, "MiB",
                 goal=40)


def main():
    args = parse_arguments()
    media = report.media_of(args)
    source = clips.make(media, "h264-180p-aac.mp4" if args.quick else
                        "h264-720p-aac.mkv", args.length)
    short = clips.make(media, "h264-180p-aac.mp4", 1)
    with tempfile.TemporaryDirectory(prefix="cvi-bench-") as work:
        run = Run(args, work)
        clips.copy([source], run.folder, args.count)
        told = report.Report("scaling", args)
        taken = measure.interleaved({j: run.task(j) for j in JOBS},
                                    args.rounds)
        for _ in range(args.rounds):
            for jobs in JOBS:
                run.watch(short, jobs)
        scan.tell_alarms(told, run.scanner.records())
        tell(run, taken, told)
    return told.finish()


if __name__ == "__main__":
    sys.exit(main())
