# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a figure was measured on."""

import os
import platform
import re
import subprocess


def first_line(command):
    try:
        out = subprocess.run(command, capture_output=True, text=True,
                             check=False, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return "none"
    return out.split("\n")[0].strip() or "none"


def processor():
    try:
        with open("/proc/cpuinfo", encoding="ascii",
                  errors="replace") as info:
            found = re.search(r"^(?:model name|Model)\s*:\s*(.*)$",
                              info.read(), re.M)
    except OSError:
        found = None
    return found.group(1) if found else platform.machine()


def memory_mib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def describe(cvi_gst):
    """What does not change while a benchmark runs, as {name: text or
    number}; nothing in it names the machine."""
    load = os.getloadavg()[0]
    return {
        "cores": len(os.sched_getaffinity(0)), "model": processor(),
        "memory_mib": memory_mib(), "kernel": platform.release(),
        "cvi-gst": first_line([cvi_gst, "--version"]),
        "ffmpeg": first_line(["ffmpeg", "-version"]).split(" Copyright")[0],
        "gstreamer": first_line(["gst-inspect-1.0", "--gst-version"]),
        "python": platform.python_version(),
        "load_before": round(load, 2)}


def same(one, two):
    """Can absolute figures of the two be compared?"""
    return all(one.get(k) == two.get(k)
               for k in ("cores", "model", "memory_mib"))
