#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files a second among many clips of a second or two.

Copies of five small clips (MP4, Matroska, MPEG-TS, AVI, WebM), scanned quick,
hybrid and deep with as many jobs as there are cores, against one ffmpeg and
one ffprobe a file, as many at a time (`xargs -P`), on a fifth of the files.
"""

import os
import sys
import tempfile

from common import clips
from common import measure
from common import report
from common import scan

SOURCES = ["h264-180p-aac.mp4", "h264-180p-aac.mkv", "mpeg2-180p-mp3.ts",
           "mpeg4-180p-mp3.avi", "vp9-180p-opus.webm"]
LENGTHS_S = (1, 2)
GOALS = {"quick": 150, "hybrid": None, "deep": 40}


def parse_arguments():
    parser = report.parser("small", __doc__, 3)
    parser.add_argument("--count", type=int, default=1000, metavar="N",
                        help="of files (default: 1000)")
    args = parser.parse_args()
    if args.quick:
        args.count, args.rounds = 10, 1
    return args


def others(names, count):
    """{name: command} of what is run once a file."""
    cores = str(len(os.sched_getaffinity(0)))
    each = ["xargs", "-0", "-a", names, "-P", cores, "-I", "{}"]
    return {"ffmpeg": (each + scan.ffmpeg("{}"), count),
            "ffprobe": (each + ["ffprobe", "-v", "error", "-show_entries",
                                "format:stream", "{}"], count)}


def main():
    args = parse_arguments()
    media = report.media_of(args)
    sources = [clips.make(media, n, s)
               for s in (LENGTHS_S[:1] if args.quick else LENGTHS_S)
               for n in SOURCES]
    with tempfile.TemporaryDirectory(prefix="cvi-bench-") as work:
        folder = os.path.join(work, "library")
        clips.copy(sources, folder, args.count)
        paths = sorted(os.path.join(base, n)
                       for base, _, found in os.walk(folder) for n in found)
        some = paths[::5]
        names = os.path.join(work, "names")
        with open(names, "wb") as out:
            out.write(b"".join(os.fsencode(p) + b"\0" for p in some))
        told = report.Report("small", args)
        scanner = scan.Scanner(args, work)
        counts = {m: len(paths) for m in GOALS}
        tasks = {m: lambda m=m: scanner.scan(m, [folder]) for m in GOALS}
        for name, (command, count) in others(names, len(some)).items():
            counts[name] = count
            tasks[name] = lambda c=command: measure.run(c)
        taken = measure.interleaved(tasks, args.rounds)
        scanner.scan("deep", [folder])
        scan.tell_alarms(told, scanner.records())
    rates = {n: counts[n] / measure.median(taken[n], "wall_s") for n in taken}
    for name, rate in rates.items():
        told.add("files a second", name, rate, "files/s",
                 "higher" if name in GOALS else None, GOALS.get(name))
    each_ms = {n: 1000 * measure.median(taken[n], "cpu_s") / counts[n]
               for n in taken}
    for name, cost_ms in each_ms.items():
        told.add("CPU time of a file", name, cost_ms, "ms",
                 "lower" if name in GOALS else None)
    for name in GOALS:
        for other in ("ffmpeg", "ffprobe"):
            told.add("files a second, of the other's", f"{name} / {other}",
                     rates[name] / rates[other], "ratio", "higher")
    return told.finish()


if __name__ == "__main__":
    sys.exit(main())
