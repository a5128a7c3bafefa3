#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Accuracy of cvi-gst on damaged copies of healthy files.

Makes damaged copies of every file with the seeded damage tool, decides by the
hashes of decoded frames (ffmpeg's framemd5) which copies are harmed at all,
scans originals and copies with cvi-gst, runs `ffmpeg -v error` beside it, and
prints recall by kind of damage, container and codec, false alarms on the
untouched files, and how near the reported time is to the damage.
"""

import argparse
import bisect
import collections
import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

ALARM = ("corrupt", "suspicious")
# A copy counts as located when a finding's time range comes this near (s).
NEAR_S = 1.0
MAINSTREAM = {
    "h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vp8", "vp9", "av1",
    "theora", "prores", "dnxhd", "mjpeg", "wmv1", "wmv2", "wmv3", "vc1",
    "aac", "mp3", "mp2", "ac3", "eac3", "dts", "opus", "vorbis", "flac",
    "wmav1", "wmav2", "msmpeg4v3", "msmpeg4v2", "h263", "flv1"}
IGNORED = {"pcm_s16le", "pcm_s16be", "pcm_s24le", "mov_text", "subrip", "ass",
           "dvd_subtitle", "none"}


def run(command, timeout=120):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=timeout,
                              check=False)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        return -1, late.stdout or b"", late.stderr or b"timeout"


def decode(path):
    """Frame hashes by stream: {stream: [(time s, hash)]}, and stderr."""
    _, out, err = run(["ffmpeg", "-nostdin", "-v", "error", "-threads", "1",
                       "-i", path, "-map", "0:v?", "-map", "0:a?",
                       "-f", "framemd5", "-"])
    bases, frames = {}, collections.defaultdict(list)
    for line in out.decode("latin-1").splitlines():
        if line.startswith("#tb "):
            stream, base = line[4:].split(":")
            num, den = base.strip().split("/")
            bases[int(stream)] = int(num) / int(den)
        elif line and not line.startswith("#"):
            part = [p.strip() for p in line.split(",")]
            if len(part) >= 6:
                index = int(part[0])
                frames[index].append(
                    (int(part[2]) * bases.get(index, 0), part[5]))
    return dict(frames), err


def first_difference(good, bad):
    """Time (s) of the first frame that differs, None if all are the same."""
    times = []
    for index in set(good) | set(bad):
        one, two = good.get(index, []), bad.get(index, [])
        if [f[1] for f in one] == [f[1] for f in two]:
            continue
        place = next((i for i, (a, b) in enumerate(zip(one, two))
                      if a[1] != b[1]), min(len(one), len(two)))
        times.append(one[place][0] if place < len(one) else
                     (one[-1][0] if one else 0.0))
    return min(times) if times else None


def probe(path):
    _, out, _ = run(["ffprobe", "-v", "quiet", "-print_format", "json",
                     "-show_format", "-show_streams", path])
    try:
        info = json.loads(out)
    except ValueError:
        return "unknown", []
    names = info.get("format", {}).get("format_name", "unknown")
    codecs = [s.get("codec_name", "none") for s in info.get("streams", [])
              if s.get("codec_type") in ("video", "audio")]
    return names.split(",")[0], codecs


def packets(path):
    """(offset, size, codec) of each packet, to know which stream was hit."""
    _, out, _ = run(["ffprobe", "-v", "quiet", "-show_entries",
                     "packet=pos,size,stream_index", "-of",
                     "csv=p=0", path])
    found = []
    for line in out.decode("latin-1").splitlines():
        part = line.split(",")
        try:
            found.append((int(part[2]), int(part[1]), int(part[0])))
        except (ValueError, IndexError):
            continue
    return sorted(found)


def hit_codec(spot, codecs, table):
    """Codec of the stream that the damaged bytes belong to."""
    if len(set(codecs)) == 1:
        return codecs[0]
    place = bisect.bisect_right(table, (spot, 1 << 62, 0)) - 1
    if place >= 0 and spot < table[place][0] + table[place][1] + 8:
        index = table[place][2]
        if index < len(codecs):
            return codecs[index]
    return "container"


class Case:
    """One damaged copy."""

    def __init__(self, original, kind, seed, path):
        self.original, self.kind = original, kind
        self.seed, self.path = seed, path
        self.where = {}
        self.harm_s = None
        self.ffmpeg = False

    def make(self, tool):
        code, out, err = run([tool, self.kind, str(self.seed), self.original,
                              self.path])
        if code != 0:
            raise SystemExit(f"{tool}: {err.decode()}")
        self.where = json.loads(out)

    def judge(self, good):
        frames, err = decode(self.path)
        self.harm_s = first_difference(good, frames)
        if self.harm_s is None:
            return
        if not err:
            _, _, err = run(["ffmpeg", "-nostdin", "-v", "error", "-threads",
                             "1", "-i", self.path, "-f", "null", "-"])
        self.ffmpeg = bool(err)


def scan(tool, mode, folder, jobs):
    """Records by real path."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
        subprocess.run([tool, "scan", "-m", mode, "--no-db", "-j", str(jobs),
                        "--format", "jsonl", "-o", out.name, "--progress",
                        "none", folder], stdin=subprocess.DEVNULL,
                       check=False)
        records = [json.loads(line) for line in open(out.name,
                                                     encoding="utf-8")]
    return {os.path.realpath(r["path"]): r for r in records}


def located(record, harm_s):
    """None where no finding has a time, else whether one is near."""
    timed = [f for f in record["findings"] if f["start_ns"] is not None
             and f["severity"] != "info"]
    if not timed:
        return None
    return any(f["start_ns"] / 1e9 - NEAR_S <= harm_s <=
               (f["end_ns"] or f["start_ns"]) / 1e9 + NEAR_S for f in timed)


class Table:
    """found/total of each tool by a key."""

    def __init__(self):
        self.rows = collections.defaultdict(lambda: collections.Counter())

    def add(self, key, tools, found):
        self.rows[key]["total"] += 1
        for tool in tools:
            self.rows[key][tool] += bool(found.get(tool))

    def dump(self):
        return {k: dict(v) for k, v in sorted(self.rows.items())}

    def show(self, title, tools):
        print(f"\n{title:24}{'cases':>7}" + "".join(f"{t:>10}" for t in tools))
        for key, row in sorted(self.rows.items()):
            print(f"{key:24}{row['total']:7}" + "".join(
                f"{row[t] / row['total']:10.3f}" for t in tools))


def collect_files(folders, limit):
    files = []
    for folder in folders:
        for base, _, names in os.walk(folder):
            files += [os.path.join(base, n) for n in names]
    files.sort(key=lambda f: hashlib.md5(f.encode()).hexdigest())
    return sorted(files[:limit] if limit else files)


def prepare(args, files, damaged):
    """Decodes the originals, makes and judges the copies."""
    cases, info = [], {}

    def one(item):
        number, path = item
        good, _ = decode(path)
        container, codecs = probe(path)
        made = []
        table = packets(path)
        for kind in args.kinds:
            for seed in args.seeds:
                name = f"{number:04}-{kind}-{seed}{os.path.splitext(path)[1]}"
                case = Case(path, kind, seed, os.path.join(damaged, name))
                case.make(args.damage)
                case.judge(good)
                case.codec = hit_codec(case.where.get("offset", 0), codecs,
                                       table)
                made.append(case)
                if case.harm_s is None:
                    os.unlink(case.path)
        return path, container, codecs, bool(good), made

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for path, container, codecs, decodes, made in pool.map(
                one, enumerate(files)):
            info[path] = (container, codecs, decodes)
            cases += made
            print(f"\r{len(info)}/{len(files)} files", end="",
                  file=sys.stderr)
    print(file=sys.stderr)
    return cases, info


def evaluate(args, cases, info, records, clean):
    modes = list(records)
    tools = modes + ["ffmpeg"]
    tables = {t: Table() for t in ("kind", "container", "codec", "group")}
    location = {m: [0, 0] for m in modes}
    missed = []
    for case in cases:
        if case.harm_s is None:
            continue
        container, codecs, _ = info[case.original]
        found = {"ffmpeg": case.ffmpeg}
        for mode in modes:
            record = records[mode].get(os.path.realpath(case.path))
            found[mode] = bool(record) and record["verdict"] in ALARM
            near = located(record, case.harm_s) if found[mode] else None
            if near is not None:
                location[mode][0] += near
                location[mode][1] += 1
        mainstream = all(c in MAINSTREAM or c in IGNORED for c in codecs) \
            and any(c in MAINSTREAM for c in codecs)
        tables["kind"].add(case.kind, tools, found)
        tables["container"].add(container, tools, found)
        tables["codec"].add(case.codec, tools, found)
        tables["group"].add("all", tools, found)
        tables["group"].add("mainstream" if mainstream else "other", tools,
                            found)
        if not found[modes[0]]:
            missed.append({"file": os.path.basename(case.original),
                           "kind": case.kind, "seed": case.seed,
                           "where": case.where, "codec": case.codec,
                           "container": container, "harm_s": case.harm_s,
                           "ffmpeg": case.ffmpeg,
                           "copy": os.path.basename(case.path)})
    false_alarms = {
        mode: [{"file": os.path.basename(p), "verdict": r["verdict"],
                "findings": r["findings"][:3]}
               for p, r in sorted(clean[mode].items())
               if r["verdict"] in ALARM] for mode in modes}
    for name, table in tables.items():
        table.show(name, tools)
    for mode in modes:
        near, timed = location[mode]
        print(f"\n{mode}: {len(false_alarms[mode])} false alarms on "
              f"{len(clean[mode])} untouched files; located within "
              f"{NEAR_S:.0f} s: {near} of {timed} found cases with a time"
              + (f" ({near / timed:.3f})" if timed else ""))
        for alarm in false_alarms[mode]:
            print(f"  {alarm['verdict']} {alarm['file']}: "
                  + "; ".join(f["rule"] + " " + f["message"]
                              for f in alarm["findings"]))
    return {"tables": {n: t.dump() for n, t in tables.items()},
            "location": location, "false_alarms": false_alarms,
            "missed": missed}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    build = os.path.join(here, "..", "..", "build")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", help="folders of healthy files")
    parser.add_argument("--seeds", type=lambda s: [int(n) for n in
                                                   s.split(",")],
                        default=[1], help="comma list (default: 1)")
    parser.add_argument("--kinds", type=lambda s: s.split(","), default=None)
    parser.add_argument("--modes", type=lambda s: s.split(","),
                        default=["deep", "quick"])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=int, default=0,
                        help="most files, chosen by hash of their names")
    parser.add_argument("--work", help="keep the copies in this folder")
    parser.add_argument("--json", help="write the results here")
    parser.add_argument("--cvi-gst", default=os.path.join(build, "tools",
                                                          "cvi-gst"))
    parser.add_argument("--damage", default=os.path.join(
        build, "tests", "media", "damage"))
    args = parser.parse_args()
    if not shutil.which("ffmpeg"):
        raise SystemExit("accuracy: ffmpeg is needed to tell which damage "
                         "changes decoded frames (Debian package ffmpeg)")
    if args.kinds is None:
        _, out, _ = run([args.damage, "--list"])
        args.kinds = out.decode().split()

    work = args.work or tempfile.mkdtemp(prefix="cvi-accuracy-")
    damaged = os.path.join(work, "damaged")
    shutil.rmtree(damaged, ignore_errors=True)
    os.makedirs(damaged)
    originals = os.path.join(work, "clean")
    shutil.rmtree(originals, ignore_errors=True)
    os.makedirs(originals)
    files = collect_files(args.folders, args.limit)
    for number, path in enumerate(files):
        shutil.copyfile(path, os.path.join(
            originals, f"{number:04}-{os.path.basename(path)}"))
    cases, info = prepare(args, files, damaged)
    harmed = sum(c.harm_s is not None for c in cases)
    print(f"{len(files)} files, {len(cases)} damaged copies, {harmed} with "
          "changed output")
    with open(os.path.join(work, "cases.json"), "w",
              encoding="utf-8") as out:
        json.dump([vars(c) for c in cases], out)
    records = {m: scan(args.cvi_gst, m, damaged, args.jobs)
               for m in args.modes}
    clean = {m: scan(args.cvi_gst, m, originals, args.jobs)
             for m in args.modes}
    result = evaluate(args, cases, info, records, clean)
    result["seeds"] = args.seeds
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump(result, out, indent=1)
    if not args.work:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
