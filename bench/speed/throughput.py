#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Deep scans against ffmpeg.

Of each clip: CPU time (user and system) of `cvi-gst scan -m deep -j 1`, with
all its processes, against `ffmpeg -v error -threads 1 -i FILE -f null -`, and
peak memory of the worker against ffmpeg's. Of all clips: wall time of one
`cvi-gst scan -m deep` against `xargs -P CORES ffmpeg` and against one ffmpeg
after the other, which may take as many threads as they like.
"""

import os
import sys
import tempfile

from common import clips
from common import measure
from common import report
from common import scan

SET = ["h264-360p-aac.mp4", "h264-720p-aac.mkv", "h264-1080p-ac3.ts",
       "h264-1080p-aac.mp4", "h264-2160p-aac.mp4", "hevc-1080p-ac3.mkv",
       "vp9-1080p-opus.webm", "av1-720p-opus.mkv", "mpeg2-576p-ac3.ts",
       "mpeg2-1080p-ac3.ts", "mpeg4-480p-mp3.avi", "prores-720p-pcm.mov",
       "dnxhd-1080p-pcm.mxf"]
SMALL_SET = ["h264-180p-aac.mp4", "mpeg4-180p-mp3.avi"]
MIB = 1 << 20


def parse_arguments():
    parser = report.parser("throughput", __doc__, 3)
    parser.add_argument("--length", type=float, default=60, metavar="S",
                        help="of each clip (default: 60)")
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="clips with TEXT in their names")
    args = parser.parse_args()
    if args.quick:
        args.length, args.rounds = 1, 1
    return args


class Run:
    def __init__(self, args, paths, work):
        self.args, self.paths = args, paths
        self.scanner = scan.Scanner(args, work)
        self.told = report.Report("throughput", args)
        self.names = os.path.join(work, "names")
        with open(self.names, "wb") as names:
            names.write(b"".join(os.fsencode(p) + b"\0" for p in paths))
        self.ratios = []

    def one_clip(self, path):
        peaks, inside = [], []

        def ours():
            sample = self.scanner.scan("deep", [path], jobs=1)
            record = self.scanner.records()[0]
            peaks.append(record["peak_rss_bytes"])
            inside.append(record["cpu_s"])
            return sample

        taken = measure.interleaved(
            {"cvi": ours, "ffmpeg": lambda: measure.run(
                scan.ffmpeg(path, "-threads", "1"))}, self.args.rounds)
        name = os.path.basename(path)
        cpu = measure.ratio(taken["cvi"], taken["ffmpeg"], "cpu_s")
        ffmpeg_s = measure.median(taken["ffmpeg"], "cpu_s")
        ffmpeg_peak = measure.median(taken["ffmpeg"], "peak_kib") * 1024
        self.ratios.append((
            name, cpu, sorted(inside)[len(inside) // 2] / ffmpeg_s,
            sorted(peaks)[len(peaks) // 2] / ffmpeg_peak,
            measure.median(taken["cvi"], "cpu_s"), ffmpeg_s,
            sorted(peaks)[len(peaks) // 2] / MIB, ffmpeg_peak / MIB))
        print(f"{name}: {cpu:.2f} of ffmpeg's CPU time", flush=True)

    def all_clips(self):
        cores = str(len(os.sched_getaffinity(0)))

        def one_by_one():
            samples = [measure.run(scan.ffmpeg(p)) for p in self.paths]
            return measure.Sample(sum(s.wall_s for s in samples),
                                  sum(s.cpu_s for s in samples),
                                  max(s.peak_kib for s in samples))

        return measure.interleaved({
            "cvi": lambda: self.scanner.scan("deep", self.paths),
            "xargs": lambda: measure.run(
                ["xargs", "-0", "-a", self.names, "-P", cores, "-I", "{}"]
                + scan.ffmpeg("{}")),
            "one by one": one_by_one}, self.args.rounds)

    def tell(self, taken):
        add = self.told.add
        for row in self.ratios:
            add("CPU time, of ffmpeg -threads 1's", row[0], row[1], "ratio",
                goal=1.0)
        add("CPU time, of ffmpeg -threads 1's", "geometric mean",
            measure.geometric_mean([r[1] for r in self.ratios]), "ratio",
            goal=0.9)
        for row in self.ratios:
            add("the same without starting anything (cpu_s of the record)",
                row[0], row[2], "ratio")
        for row in self.ratios:
            add("peak memory of the worker, of ffmpeg -threads 1's", row[0],
                row[3], "ratio", goal=1.1)
        for what, goal in (("xargs", 0.85), ("one by one", 0.6)):
            add("wall time of the whole set, of ffmpeg's", what,
                measure.ratio(taken["cvi"], taken[what], "wall_s"), "ratio",
                goal=goal)
        for what in taken:
            add("whole set: wall time", what,
                measure.median(taken[what], "wall_s"), "s",
                "lower" if what == "cvi" else None)
        for what in taken:
            add("whole set: CPU time", what,
                measure.median(taken[what], "cpu_s"), "s",
                "lower" if what == "cvi" else None)
        for row in self.ratios:
            add("CPU time of cvi-gst", row[0], row[4], "s")
        for row in self.ratios:
            add("peak memory of the worker", row[0], row[6], "MiB")
        scan.tell_alarms(self.told, self.scanner.records())


def main():
    args = parse_arguments()
    chosen = [n for n in (SMALL_SET if args.quick else SET) if args.only in n]
    if not chosen:
        raise SystemExit(f"throughput: no clip is called {args.only}")
    media = report.media_of(args)
    paths = [clips.make(media, n, args.length) for n in chosen]
    clips.read(paths)
    with tempfile.TemporaryDirectory(prefix="cvi-bench-") as work:
        run = Run(args, paths, work)
        for path in paths:
            run.one_clip(path)
        run.tell(run.all_clips())
        return run.told.finish()


if __name__ == "__main__":
    sys.exit(main())
