#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Accuracy of cvi-gst on damaged copies of healthy files.

Makes damaged copies of every file with the seeded tool damage-media, decides
by the hashes of decoded frames (ffmpeg's framemd5) which copies are harmed at
all, scans originals and copies with cvi-gst, takes what `ffmpeg -v error`
prints beside it, and prints recall by kind of damage, container and codec,
false alarms on the untouched files, and how near the reported time is to the
damage.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time

import copies
import media
import results

# Exit statuses of `cvi-gst scan` that come with a full report.
SCANNED = (0, 1, 3, 4)


def numbers(text):
    return [int(n) for n in text.split(",")]


def words(text):
    return text.split(",")


def parse_arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    build = os.path.join(here, "..", "..", "build")
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", help="folders of healthy files")
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3],
                        metavar="N,N", help="(default: 1,2,3)")
    parser.add_argument("--kinds", type=words, metavar="KIND,KIND",
                        help="(default: all; see damage-media --help)")
    parser.add_argument("--modes", type=words, default=["deep", "quick"],
                        metavar="MODE,MODE", help="(default: deep,quick)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=int, default=0, metavar="N",
                        help="most files, drawn by the hash of their names")
    parser.add_argument("--size-max", type=float, default=256, metavar="MIB",
                        help="leave out larger files (default: 256)")
    parser.add_argument("--batch", type=float, default=4096, metavar="MIB",
                        help="room for copies at a time (default: 4096)")
    parser.add_argument("--timeout", type=float, default=120, metavar="S",
                        help="longest decode of a copy (default: 120)")
    parser.add_argument("--misses", type=int, default=200, metavar="N",
                        help="most misses listed (default: 200)")
    parser.add_argument("--work", help="keep copies and reports in this "
                        "folder, which must be new or empty")
    parser.add_argument("--again", action="store_true", help="scan the copies "
                        "that an earlier run left in --work once more")
    parser.add_argument("--json", help="write the results to this file")
    parser.add_argument("--cvi-gst", default=os.path.join(
        build, "tools", "cvi-gst"), help="program to judge")
    parser.add_argument("--damage", default=os.path.join(
        build, "bench", "accuracy", "damage-media"), help="program to damage")
    args = parser.parse_args()
    if args.again and (args.folders or not args.work):
        parser.error("--again needs --work and no folders")
    if not args.again and not args.folders:
        parser.error("no folder of healthy files")
    return args


def collect_files(folders, limit, size_max):
    files = []
    for folder in folders:
        for base, _, names in os.walk(folder):
            files += [os.path.join(base, n) for n in names]
    files = [f for f in files if os.path.isfile(f)
             and os.path.getsize(f) <= size_max * (1 << 20)]
    files.sort(key=lambda f: hashlib.md5(
        os.path.basename(f).encode("utf-8", "surrogateescape")).hexdigest())
    return sorted(files[:limit] if limit else files)


def batches(originals, copies_each, room):
    """Parts of the list whose copies take at most @room bytes together."""
    part, used = [], 0
    for original in originals:
        size = os.path.getsize(original.path) * copies_each
        if part and used + size > room:
            yield part
            part, used = [], 0
        part.append(original)
        used += size
    if part:
        yield part


def scan(args, mode, folders, extensions, report):
    """Records by real path of one scan, and its wall time."""
    began = time.monotonic()
    done = subprocess.run(
        [args.cvi_gst, "scan", "-m", mode, "--no-db", "-j", str(args.jobs),
         "--ext", ",".join(extensions), "--format", "jsonl", "-o", report,
         "--progress", "none"] + folders,
        stdin=subprocess.DEVNULL, check=False)
    wall_s = time.monotonic() - began
    if done.returncode not in SCANNED:
        raise SystemExit(f"{args.cvi_gst}: exit status {done.returncode}")
    with open(report, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return {os.path.realpath(r["path"]): r for r in records}, wall_s


def judge(args, originals, work, found):
    """Scans the copies in every mode and takes down what was found."""
    extensions = sorted({o.extension[1:].lower() for o in originals})
    records, walls = {}, {}
    for mode in args.modes:
        records[mode], walls[mode] = scan(
            args, mode, [args.clean, args.damaged], extensions,
            os.path.join(work, f"{mode}-{originals[0].number:05}.jsonl"))
    found.add(originals, records, walls)


def run_batches(args, work, found):
    originals = [copies.Original(number, path) for number, path in enumerate(
        collect_files(args.folders, args.limit, args.size_max))]
    copies_each = len(args.kinds) * len(args.seeds) + 1
    # Copies that are kept take their room in any case.
    room = float("inf") if args.work else args.batch * (1 << 20)
    for part in batches(originals, copies_each, room):
        for folder in (args.damaged, args.clean):
            os.makedirs(folder)
        copies.prepare(part, args)
        judge(args, part, work, found)
        if args.work:
            copies.save(part, os.path.join(work, "copies.json"))
        else:
            shutil.rmtree(args.damaged)
            shutil.rmtree(args.clean)


def check_tools(args):
    for name in ("ffmpeg", "ffprobe"):
        if not shutil.which(name):
            raise SystemExit(f"accuracy: {name} is needed to tell which "
                             "damage changes decoded frames (Debian package "
                             "ffmpeg)")
    _, out, _ = media.run([args.damage, "--list"], args.timeout)
    known = out.decode().split()
    args.kinds = args.kinds or known
    unknown = [k for k in args.kinds if k not in known]
    if unknown:
        raise SystemExit("accuracy: no such kind: " + ", ".join(unknown))
    args.tool = args.damage


def main():
    args = parse_arguments()
    check_tools(args)
    if args.work and not args.again:
        os.makedirs(args.work, exist_ok=True)
        if os.listdir(args.work):
            raise SystemExit(f"accuracy: {args.work} is not empty")
    work = args.work or tempfile.mkdtemp(prefix="cvi-accuracy-")
    args.damaged = os.path.join(work, "damaged")
    args.clean = os.path.join(work, "clean")
    found = results.Results(args.modes, args.jobs)
    try:
        if args.again:
            judge(args, copies.load(os.path.join(work, "copies.json")), work,
                  found)
        else:
            run_batches(args, work, found)
    finally:
        if not args.work:
            shutil.rmtree(work)
    found.show(args.misses)
    if args.json:
        result = found.dump()
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump(result, out, indent=1)


if __name__ == "__main__":
    main()
