#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Verifying against cat and against deep scans, and what hashing costs.

Copies of a 1080p clip are scanned, then verified in turn with `cat FILES`,
once out of the page cache and once out of storage. The cost of hashing is that
of the structure walk with and without it, and of deep scans with and without.
Then many small files: each of some gets a bit flipped, with its size and time
kept, and each must be found, with its block; the others must not.
"""

import json
import os
import random
import subprocess
import sys
import tempfile

from common import clips
from common import measure
from common import report

BLOCK = 65536
CLIPS = ("h264-1080p-aac.mp4", "h264-1080p-ac3.ts")


def parse_arguments():
    parser = report.parser("fixity", __doc__, 5)
    parser.add_argument("--length", type=float, default=10, metavar="S",
                        help="of a clip (default: 10)")
    parser.add_argument("--count", type=int, default=100, metavar="N",
                        help="copies to verify (default: 100)")
    parser.add_argument("--files", type=int, default=100000, metavar="N",
                        help="small files (default: 100000)")
    parser.add_argument("--flips", type=int, default=10000, metavar="N",
                        help="of them get a bit flipped (default: 10000)")
    parser.add_argument("--folder", help="where files are made (default: the "
                        "folder for temporary files)")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.length, args.count = 1, 0.4, 2
        args.files, args.flips = 40, 20
    return args


def forget(paths):
    """Drops the files from the page cache."""
    for path in paths:
        fd = os.open(path, os.O_RDONLY)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def below(folder):
    return sorted(os.path.join(base, name)
                  for base, _, names in os.walk(folder) for name in names)


def measure_reading(args, told, program, env, work, clip):
    folder = os.path.join(work, "copies")
    clips.copy([clip], folder, args.count)
    paths = below(folder)
    measure.run([program, "scan", "-m", "quick", "--progress", "none", folder],
                env=env)
    verify = [program, "verify", folder]
    cat = ["cat"] + paths
    size = sum(os.path.getsize(p) for p in paths)
    for state in ("warm", "cold"):
        def run(command, cold=state == "cold"):
            if cold:
                forget(paths)
            return measure.run(command, env=env)
        clips.read(paths)
        taken = measure.interleaved(
            {"verify": lambda: run(verify), "cat": lambda: run(cat)},
            args.rounds)
        for name in taken:
            told.add(f"{state} cache", name, size / 1e6 / measure.median(
                taken[name], "wall_s"), "MB/s", "higher")
        told.add("speed against cat", state, measure.ratio(
            taken["cat"], taken["verify"], "wall_s"), "ratio", "higher", 0.9)
        if state == "warm":
            verify_s = measure.median(taken["verify"], "wall_s") / args.count
    return verify_s


def measure_cost(args, told, program, env, paths, verify_s):
    walk = os.path.join(args.build, "bench", "speed", "walk-speed")
    rounds = str(10 * args.rounds)
    for path in paths:
        name = os.path.basename(path)
        out = json.loads(subprocess.run(
            [walk, path, rounds], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, check=True).stdout)
        told.add("structure walk with hashing, of one without", name,
                 out["hashed"] / out["plain"], "ratio", goal=1.1)
        scan = [program, "scan", "--no-db", "-m", "deep", "--progress",
                "none", "--hw", "off"]
        taken = measure.interleaved({
            how: lambda how=how: measure.run(scan + ["--hash", how, path],
                                             env=env)
            for how in ("none", "xxh3", "sha256")}, args.rounds)
        for how in ("xxh3", "sha256"):
            told.add("deep scan with hashing, of one without",
                     f"{name}, {how}", measure.ratio(
                         taken[how], taken["none"], "cpu_s"), "ratio",
                     goal=1.03 if how == "xxh3" else None)
        # Hashing as a share, without the noise of two decodings.
        told.add("hashing, share of a deep scan's CPU time", name, max(
            out["hashed"] - out["plain"], 1e-9) / measure.median(
                taken["none"], "cpu_s"), "ratio", goal=0.03)
        if path == paths[0]:
            told.add("verify against a deep scan", name, measure.median(
                taken["none"], "wall_s") / verify_s, "ratio", "higher", 100)


def make_small(args, folder):
    rng = random.Random(1)
    content = rng.randbytes(4 * BLOCK)
    for number in range(args.files):
        base = os.path.join(folder, f"{number // 1000:03}")
        os.makedirs(base, exist_ok=True)
        size = rng.randrange(1, 3000)
        if number < args.flips // 100:
            size += 2 * BLOCK
        with open(os.path.join(base, f"{number:06}.mp4"), "wb") as file:
            start = rng.randrange(4 * BLOCK - size)
            file.write(content[start:start + size])


def flip(path, rng):
    """Flips a bit and keeps size and time. Returns where its block begins."""
    st = os.stat(path)
    offset = rng.randrange(st.st_size)
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0] ^ 1 << rng.randrange(8)
        file.seek(offset)
        file.write(bytes([byte]))
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
    return offset // BLOCK * BLOCK


def verify_small(command, env):
    done = subprocess.run(command + ["--no-deep", "--format", "jsonl"],
                          env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, text=True)
    found = {}
    for line in done.stdout.splitlines():
        record = json.loads(line)
        found[record["path"]] = [f["offset"] for f in record["findings"]]
    return found


def measure_flips(args, told, program, env, work):
    folder = os.path.join(work, "small")
    make_small(args, folder)
    env = dict(env, CVI_WORKER=os.path.join(
        args.build, "tests", "cli", "cvi-fake-worker"))
    measure.run([program, "scan", "--hash-block", str(BLOCK // 1024),
                 "--progress", "none", folder], env=env)
    command = [program, "verify", folder]
    untouched = verify_small(command, env)
    rng = random.Random(2)
    expected = {path: [flip(path, rng)]
                for path in below(folder)[:args.flips]}
    found = verify_small(command, env)
    right = sum(found.get(path) == expected[path] for path in expected)
    if untouched or len(found) > len(expected):
        raise SystemExit(f"{len(untouched)} of {args.files} untouched files "
                         f"are said to have changed, "
                         f"{len(found) - len(expected)} beside flipped ones")
    told.add("single-bit flips", "found with their block",
             right / len(expected), "ratio", "higher", 1)
    seconds = measure.run(command + ["--no-deep"], (1,), env).wall_s
    told.add("small files", "verified", args.files / seconds, "files/s",
             "higher")


def main():
    args = parse_arguments()
    told = report.Report("fixity", args)
    program = report.program(args, "cvi-gst")
    paths = [clips.make(report.media_of(args), name, args.length)
             for name in CLIPS]
    with tempfile.TemporaryDirectory(prefix="cvi-bench-",
                                     dir=args.folder) as work:
        env = dict(os.environ, XDG_CONFIG_HOME=work, XDG_DATA_HOME=work)
        verify_s = measure_reading(args, told, program, env, work, paths[0])
        measure_cost(args, told, program, env, paths, verify_s)
        measure_flips(args, told, program, env, work)
    return told.finish()


if __name__ == "__main__":
    sys.exit(main())
