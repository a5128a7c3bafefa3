#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nanoseconds that cvicheck takes for a buffer.

Buffers of several kinds are pushed into `cvicheck ! fakesink`, into `identity
silent=true ! fakesink` and into fakesink alone; what an element takes is the
difference to the last. CPU time of the pushing thread, medians of interleaved
rounds.
"""

import collections
import json
import os
import statistics
import subprocess
import sys

from common import report


def parse_arguments():
    parser = report.parser("element", __doc__, 15)
    parser.add_argument("--buffers", type=int, default=100000, metavar="N",
                        help="of each run (default: 100000)")
    args = parser.parse_args()
    if args.quick:
        args.buffers, args.rounds = 1000, 1
    return args


def medians(args):
    """{kind of buffers: {element: ns}}"""
    out = subprocess.run(
        [os.path.join(args.build, "bench", "speed", "element-speed"),
         os.path.join(args.build, "plugin", "libgstcvicheck.so"),
         str(args.buffers), str(args.rounds)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout
    taken = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in out.splitlines():
        row = json.loads(line)
        taken[row["kind"]][row["element"]].append(row["ns"])
    return {k: {e: statistics.median(ns) for e, ns in row.items()}
            for k, row in taken.items()}


def main():
    args = parse_arguments()
    told = report.Report("element", args)
    taken = medians(args)
    added = {k: {e: max(row[e] - row["nothing"], 0.1)
                 for e in ("cvicheck", "identity")}
             for k, row in taken.items()}
    for kind, row in added.items():
        told.add("cvicheck's time, of identity's", kind,
                 row["cvicheck"] / row["identity"], "ratio", goal=1.0)
    for kind, row in added.items():
        told.add("time of the element alone", f"{kind}: cvicheck",
                 row["cvicheck"], "ns/buffer", goal=200)
        told.add("time of the element alone", f"{kind}: identity",
                 row["identity"], "ns/buffer", None)
    for kind, row in taken.items():
        for element, ns in row.items():
            told.add("time with making and dropping the buffer",
                     f"{kind}: {element}", ns, "ns/buffer", None)
    return told.finish()


if __name__ == "__main__":
    sys.exit(main())
