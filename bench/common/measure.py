# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Timing of commands: CPU time, wall time and peak memory, interleaved."""

import math
import os
import statistics
import subprocess
import tempfile
import time


class Sample:
    """What one run of a command took."""

    def __init__(self, wall_s, cpu_s, peak_kib):
        # cpu_s is user and system time, of all processes that were waited
        # for; peak_kib is the largest of them (never below this program's
        # own size, which the kernel hands on over exec).
        self.wall_s, self.cpu_s, self.peak_kib = wall_s, cpu_s, peak_kib


def run(command, good=(0,), env=None, stdin=None):
    """Runs @command to its end; ends this program unless its exit status is
    one of @good."""
    with tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=errors, env=env)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in good:
            errors.seek(0)
            text = errors.read(4000).decode("utf-8", "replace")
            raise SystemExit(f"{command}: exit status {process.returncode}\n"
                             f"{text}")
    return Sample(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def interleaved(tasks, rounds):
    """@tasks: {name: function that returns a sample}. Runs all of them
    @rounds times, each round beginning with another one, so that what else
    the machine does falls on all alike. Returns {name: [sample]}."""
    names = list(tasks)
    samples = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            samples[name].append(tasks[name]())
    return samples


def median(samples, what):
    """Median of the attribute @what, such as "cpu_s"."""
    return statistics.median(getattr(s, what) for s in samples)


def ratio(ours, theirs, what):
    """Of the medians; 0 / 0 is 1."""
    above, below = median(ours, what), median(theirs, what)
    if below:
        return above / below
    return 1.0 if not above else math.inf


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(v) for v in values))


def peak_of(pid):
    """Largest resident size of a process that runs, in KiB; 0 if none does."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii",
                  errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0
