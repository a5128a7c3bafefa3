# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Recall, false alarms and time errors out of what the scans found."""

import collections
import os
import statistics

ALARM = ("corrupt", "suspicious")
# A copy counts as located when a finding's time range comes this near (s).
NEAR_S = 1.0
# Rounding of times in containers (s), on top of a frame.
ROUNDING_S = 0.002
# Codecs that nearly all libraries consist of; the rest are raw and legacy ones.
MAINSTREAM = {
    "h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vp8", "vp9", "av1",
    "theora", "prores", "dnxhd", "mjpeg", "wmv1", "wmv2", "wmv3", "vc1",
    "aac", "mp3", "ac3", "eac3", "dts", "opus", "vorbis", "flac"}


class Table:
    """found/total of each tool by a key."""

    def __init__(self):
        self.rows = collections.defaultdict(collections.Counter)

    def add(self, key, found):
        self.rows[key]["total"] += 1
        for tool, hit in found.items():
            self.rows[key][tool] += bool(hit)

    def dump(self):
        return {k: dict(v) for k, v in sorted(self.rows.items())}

    def show(self, title, tools):
        print(f"\n{title:18}{'cases':>7}" + "".join(f"{t:>9}" for t in tools))
        for key, row in sorted(self.rows.items()):
            print(f"{key:18}{row['total']:7}" + "".join(
                f"{row[t] / row['total']:9.3f}" for t in tools))


def alarmed(record):
    return bool(record) and record["verdict"] in ALARM


def timed_findings(record):
    return [f for f in record["findings"]
            if f["start_ns"] is not None and f["severity"] != "info"]


def seconds(finding):
    start = finding["start_ns"] / 1e9
    end = finding["end_ns"]
    return start, max(start, end / 1e9 if end is not None else start)


def gap_is_told(case, record):
    """Whether a finding tells the missing footage to within a frame."""
    slack = case.where["frame_ns"] / 1e9 + ROUNDING_S
    start = case.where["gap_start_ns"] / 1e9
    end = case.where["gap_end_ns"] / 1e9
    return any(abs(s - start) <= slack and abs(e - end) <= slack
               for s, e in map(seconds, timed_findings(record)))


class Location:
    """How near one tool's findings are to the damage."""

    def __init__(self):
        self.near = self.timed = 0
        self.errors_s = []
        self.gaps = self.gaps_told = 0

    def add(self, case, record):
        if case.kind == "splice":
            self.gaps += 1
            self.gaps_told += bool(record) and gap_is_told(case, record)
        if not alarmed(record):
            return
        times = [seconds(f) for f in timed_findings(record)]
        if not times:
            return
        self.timed += 1
        self.near += any(s - NEAR_S <= case.harm_s <= e + NEAR_S
                         for s, e in times)
        put_s = case.harm_s if case.put_s is None else case.put_s
        self.errors_s.append(abs(min(s for s, _ in times) - put_s))

    def dump(self):
        errors = sorted(self.errors_s)
        return {
            "cases_with_a_time": self.timed, "within_1_s": self.near,
            "median_error_s": statistics.median(errors) if errors else None,
            "p90_error_s": errors[len(errors) * 9 // 10] if errors else None,
            "splices": self.gaps, "splices_told_within_a_frame":
                self.gaps_told}

    def show(self, mode):
        told = self.dump()
        if self.timed:
            print(f"{mode}: {self.near} of {self.timed} found cases with a "
                  f"time lie within {NEAR_S:.0f} s of the first frame that "
                  f"differs ({self.near / self.timed:.3f}); first finding "
                  f"from the byte hit: median {told['median_error_s']:.3f} s, "
                  f"90 % within {told['p90_error_s']:.3f} s")
        if self.gaps:
            print(f"{mode}: {self.gaps_told} of {self.gaps} splices told to "
                  "within a frame")


def group_of(case):
    """By the codec that was hit; damage to no packet is all its file's."""
    hit = [case.codec]
    if case.codec in ("container", "several"):
        hit = case.original.codecs
    return "mainstream" if MAINSTREAM.issuperset(hit) else "raw and legacy"


class Results:
    """Everything of a run; add() each batch, then show() and dump()."""

    def __init__(self, modes, jobs):
        self.modes, self.jobs = modes, jobs
        self.tools = modes + ["ffmpeg"]
        self.tables = {t: Table() for t in (
            "kind", "kind, mainstream", "container", "codec", "group")}
        self.location = {m: Location() for m in modes}
        self.verdicts = {m: collections.Counter() for m in modes}
        self.clean_verdicts = {m: collections.Counter() for m in modes}
        self.alarms = {t: [] for t in self.tools}
        self.counts = collections.Counter()
        self.wall_s = collections.Counter()
        self.cases = []

    def add(self, originals, records, walls):
        """@records: by mode, {path of a copy: record}."""
        self.wall_s.update(walls)
        for original in originals:
            # An alarm about a copy proves nothing where the untouched file
            # sets it off as well.
            if self._add_original(original, records):
                self.counts["left out"] += len(original.cases)
                continue
            for case in original.cases:
                self._add_case(case, {
                    m: records[m].get(os.path.realpath(case.path))
                    for m in self.modes})

    def _add_original(self, original, records):
        """True where any of the tools calls the file damaged."""
        self.counts["files"] += 1
        self.counts["unusable"] += not original.usable
        self.counts["copies"] += original.made
        self.counts["late"] += original.late
        self.counts["harmed"] += len(original.cases)
        self.wall_s["ffmpeg"] += original.ffmpeg_s / self.jobs
        if original.ffmpeg:
            self.alarms["ffmpeg"].append({"file": original.name})
        alarm = original.ffmpeg
        for path, what in ((original.copy, "untouched"),
                           (original.control, "remuxed")):
            if path:
                self.counts[what] += 1
                alarm |= self._check_clean(original, path, what, records)
        return alarm

    def _check_clean(self, original, path, what, records):
        alarm = False
        for mode in self.modes:
            record = records[mode].get(os.path.realpath(path))
            verdict = record["verdict"] if record else "no record"
            self.clean_verdicts[mode][verdict] += 1
            if alarmed(record):
                alarm = True
                self.alarms[mode].append({
                    "file": original.name, "what": what, "verdict": verdict,
                    "findings": record["findings"][:3]})
        return alarm

    def _add_case(self, case, records):
        found = {m: alarmed(r) for m, r in records.items()}
        found["ffmpeg"] = case.ffmpeg
        self.wall_s["ffmpeg"] += case.ffmpeg_s / self.jobs
        for mode, record in records.items():
            self.verdicts[mode][
                record["verdict"] if record else "no record"] += 1
            self.location[mode].add(case, record)
        self.tables["kind"].add(case.kind, found)
        self.tables["container"].add(case.original.container, found)
        self.tables["codec"].add(case.codec, found)
        self.tables["group"].add("all", found)
        group = group_of(case)
        self.tables["group"].add(group, found)
        if group == "mainstream":
            self.tables["kind, mainstream"].add(case.kind, found)
        self.cases.append({
            "file": case.original.name, "copy": os.path.basename(case.path),
            "kind": case.kind, "seed": case.seed, "where": case.where,
            "container": case.original.container, "codec": case.codec,
            "put_s": case.put_s, "harm_s": case.harm_s, "found": found,
            "verdict": {m: r["verdict"] if r else None
                        for m, r in records.items()}})

    def _show_alarms(self):
        for tool in self.tools:
            alarms = self.alarms[tool]
            print(f"{tool}: {len(alarms)} false alarms on "
                  f"{self.counts['untouched']} untouched files"
                  + (f" and {self.counts['remuxed']} remuxed ones"
                     if tool != "ffmpeg" else ""))
            for alarm in alarms:
                print(f"  {alarm.get('verdict', '')} {alarm['file']} "
                      f"{alarm.get('what', '')} " + "; ".join(
                          f["rule"] + " " + f["message"]
                          for f in alarm.get("findings", [])))

    def _show_misses(self, most):
        first = self.modes[0]
        missed = [c for c in self.cases if not c["found"][first]]
        print(f"\nmissed by {first}: {len(missed)}")
        for case in missed[:most]:
            offset = case["where"].get("offset")
            print(f"  {case['file']} {case['kind']} seed {case['seed']} "
                  f"{case['container']}/{case['codec']} "
                  + (f"at byte {offset}" if offset is not None else "")
                  + f" shows at {case['harm_s']:.3f} s, "
                  f"{case['verdict'][first]}"
                  + (", ffmpeg tells" if case["found"]["ffmpeg"] else ""))
        if len(missed) > most:
            print(f"  and {len(missed) - most} more")

    def show(self, most):
        n = self.counts
        print(f"{n['files']} files, {n['copies']} damaged copies, "
              f"{n['harmed']} with changed output; {n['unusable']} files do "
              f"not decode to the same frames twice, {n['late']} decodes ran "
              f"out of time; {n['left out']} harmed copies left out as their "
              "originals set off an alarm themselves")
        for name, table in self.tables.items():
            table.show(name, self.tools)
        print()
        self._show_alarms()
        print()
        for mode in self.modes:
            self.location[mode].show(mode)
            for what, verdicts in (("harmed", self.verdicts[mode]),
                                   ("untouched", self.clean_verdicts[mode])):
                print(f"{mode}: verdicts of {what} files: " + ", ".join(
                    f"{v} {c}" for v, c in verdicts.most_common()))
        print("wall time: " + ", ".join(
            f"{t} {self.wall_s[t]:.1f} s" for t in self.tools)
            + f" ({self.jobs} jobs; ffmpeg hashes the frames as well)")
        self._show_misses(most)

    def dump(self):
        return {"counts": dict(self.counts), "wall_s": dict(self.wall_s),
                "tables": {n: t.dump() for n, t in self.tables.items()},
                "location": {m: self.location[m].dump() for m in self.modes},
                "verdicts": {m: dict(v) for m, v in self.verdicts.items()},
                "clean_verdicts": {m: dict(v) for m, v in
                                   self.clean_verdicts.items()},
                "false_alarms": self.alarms, "cases": self.cases}
