# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs of cvi-gst and of what it replaces."""

import json
import os
import select
import subprocess
import time

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


def watch(command, env):
    """Runs a cvi-gst that writes its report to standard output. Returns
    (sample, seconds until its first line, peak of the supervisor alone
    in KiB)."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        env=env)
    first_s, peak_kib = None, 0
    descriptor = process.stdout.fileno()
    while True:
        ready, _, _ = select.select([descriptor], [], [], 0.02)
        # Only the process itself knows its peak: what the kernel tells
        # at its end is the largest of it and its workers.
        peak_kib = max(peak_kib, measure.peak_of(process.pid))
        if not ready:
            continue
        if not os.read(descriptor, 1 << 16):
            break
        if first_s is None:
            first_s = time.monotonic() - began
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in SCANNED:
        raise SystemExit(f"{command}: exit status {process.returncode}")
    return (measure.Sample(wall_s, usage.ru_utime + usage.ru_stime,
                           usage.ru_maxrss), first_s or wall_s, peak_kib)


def ffmpeg(path, *options):
    return ["ffmpeg", "-nostdin", "-v", "error", *options, "-i", path,
            "-f", "null", "-"]


def tell_alarms(told, records):
    """Notes healthy files that were called something else."""
    for record in records:
        if record["verdict"] != "healthy":
            told.note(f"{os.path.basename(record['path'])} is "
                      f"{record['verdict']}")
