# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs of cvi-gst and of what it replaces."""

import json
import os

from common import measure
from common import report

# Exit statuses of `cvi-gst scan` that come with a full report.
SCANNED = (0, 1, 3, 4)


class Scanner:
    """Scans with the build of @args; the reports go to the folder @work."""

    def __init__(self, args, work):
        self.program = report.program(args, "cvi-gst")
        self.work = work
        # Neither settings nor results of whoever runs this. GStreamer's
        # registry of plugins lies in the cache folder and is theirs.
        self.env = dict(os.environ, XDG_CONFIG_HOME=work, XDG_DATA_HOME=work)
        for name in list(self.env):
            if name.startswith("CVI_"):
                del self.env[name]
        self.output = os.path.join(work, "report.jsonl")

    def command(self, mode, paths, options=("--no-db",), jobs=0):
        return [self.program, "scan", "-m", mode, "-j", str(jobs), "--hw",
                "off", "--progress", "none", "--format", "jsonl", "-o",
                self.output, *options, *paths]

    def scan(self, mode, paths, options=("--no-db",), jobs=0):
        return measure.run(self.command(mode, paths, options, jobs), SCANNED,
                           self.env)

    def records(self):
        """Of the last scan."""
        with open(self.output, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def ffmpeg(path, *options):
    return ["ffmpeg", "-nostdin", "-v", "error", *options, "-i", path,
            "-f", "null", "-"]


def tell_alarms(told, records):
    """Notes healthy files that were called something else."""
    for record in records:
        if record["verdict"] != "healthy":
            told.note(f"{os.path.basename(record['path'])} is "
                      f"{record['verdict']}")
