# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory of the supervisor against the number of files.

Scans generated trees of the sizes given (default: 1000 and 100000 files) with
a worker that goes by file names, a store and a report, and tells the peak of
the supervisor's resident memory (VmHWM) for each. Fails if they are more than
20 MiB apart.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

LIMIT_KIB = 20 * 1024
FILES_PER_FOLDER = 500


def make_tree(root, n_files):
    """Every tenth file is called corrupt: a finding to be stored as well."""
    for number in range(n_files):
        folder = os.path.join(root, f"folder-{number // FILES_PER_FOLDER:05}")
        if number % FILES_PER_FOLDER == 0:
            os.makedirs(folder)
        kind = "corrupt" if number % 10 == 0 else "a-film-with-a-long-name"
        with open(os.path.join(folder, f"{kind}-{number:07}.mkv"), "w") as file:
            file.write("x")


def peak_kib(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def scan(cvi_gst, worker, folder, tree):
    """Returns the supervisor's peak in KiB and the time in seconds."""
    env = dict(os.environ, CVI_WORKER=worker, HOME=folder,
               XDG_CONFIG_HOME=folder, XDG_CACHE_HOME=folder)
    begin = time.monotonic()
    process = subprocess.Popen(
        [cvi_gst, "scan", "-j", "2", "--progress", "none", "--format", "jsonl",
         "-o", os.path.join(folder, "out.jsonl"),
         "--db", os.path.join(folder, "results.db"), tree], env=env)
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_kib(process.pid))
        time.sleep(0.02)
    if process.returncode != 1:
        sys.exit(f"memory: the scan ended with status {process.returncode}")
    return peak, time.monotonic() - begin


def measure(cvi_gst, worker, n_files):
    with tempfile.TemporaryDirectory(prefix="cvi-memory-") as folder:
        tree = os.path.join(folder, "tree")
        make_tree(tree, n_files)
        peak, seconds = scan(cvi_gst, worker, folder, tree)
        with open(os.path.join(folder, "out.jsonl"), "rb") as out:
            n_records = sum(1 for _ in out)
    if n_records != n_files:
        sys.exit(f"memory: {n_records} records of {n_files} files")
    print(f"{n_files} files: VmHWM {peak / 1024:.1f} MiB, {seconds:.1f} s, "
          f"{n_files / seconds:.0f} files/s", flush=True)
    return peak


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cvi-gst", required=True)
    parser.add_argument("--worker", required=True)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 100000])
    args = parser.parse_args()
    peaks = [measure(args.cvi_gst, args.worker, size)
             for size in args.sizes or [1000, 100000]]
    apart = max(peaks) - min(peaks)
    print(f"apart: {apart / 1024:.1f} MiB (limit {LIMIT_KIB // 1024})")
    return 0 if min(peaks) > 0 and apart <= LIMIT_KIB else 1


if __name__ == "__main__":
    sys.exit(main())
