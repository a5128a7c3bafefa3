# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Damaged copies of healthy files, and whether the damage shows."""

import concurrent.futures
import hashlib
import json
import os
import shutil
import sys

import media

# Exit status of damage-media where a kind means nothing in a file.
NOT_APPLICABLE = 3
# Copies without an extension get one, so that a folder scan takes them.
NO_EXTENSION = ".media"


class Case:
    """One damaged copy: where it was hit, and what that did."""

    def __init__(self, original, kind, seed, path):
        self.original, self.kind = original, kind
        self.seed, self.path = seed, path
        self.where = {}
        self.codec = "container"
        self.put_s = None      # time of the packet that was hit
        self.harm_s = None     # time of the first frame that differs
        self.ffmpeg = False    # whether ffmpeg printed anything
        self.ffmpeg_s = 0.0

    def make(self, tool, timeout):
        """False where the kind means nothing in this file."""
        code, out, err = media.run([tool, self.kind, str(self.seed),
                                    self.original.path, self.path], timeout)
        if code == NOT_APPLICABLE:
            return False
        if code != 0:
            raise SystemExit(f"{tool} {self.kind}: {err.decode()}")
        self.where = json.loads(out)
        return True

    def place(self, layout):
        """Finds the codec and time of what was hit first."""
        if "gap_start_ns" in self.where:
            self.put_s = self.where["gap_start_ns"] / 1e9
        if len(layout.codecs()) == 1:
            self.codec = layout.codecs()[0]
        elif self.kind == "splice":
            self.codec = "several"
        for spot in self.where["spots"]:
            packet = layout.packet_at(spot["offset"])
            if packet:
                self.codec = layout.streams[packet[2]]
                self.put_s = packet[3]
                return

    def judge(self, good, timeout):
        """True where the copy decodes otherwise than the original."""
        bad = media.Decoded(self.path, timeout)
        self.harm_s = good.first_difference(bad)
        self.ffmpeg, self.ffmpeg_s = bad.complains, bad.wall_s
        return self.harm_s is not None


class Original:
    """An untouched file, and what came of damaging it."""

    def __init__(self, number, path):
        self.number, self.path = number, path
        self.name = os.path.basename(path)
        self.extension = os.path.splitext(path)[1] or NO_EXTENSION
        self.container, self.codecs = "unknown", []
        self.usable = False      # decodes, and twice to the same frames
        self.ffmpeg = False
        self.ffmpeg_s = 0.0
        self.copy = None         # its copy among the untouched ones
        self.control = None      # remuxed with nothing left out
        self.cases = []
        self.seen = set()        # digests of the copies made
        self.made = self.late = 0

    def _keep_copy(self, folder):
        self.copy = os.path.join(folder, f"{self.number:05}{self.extension}")
        shutil.copyfile(self.path, self.copy)

    def _keep_control(self, settings, good):
        """What splicing does to a file when it leaves nothing out."""
        control = Case(self, "remux", 0, os.path.join(
            settings.clean, f"{self.number:05}-remux{self.extension}"))
        try:
            same = control.make(settings.tool, settings.timeout) and \
                not control.judge(good, settings.timeout)
        except media.TookTooLong:
            same = False
        if same:
            self.control = control.path
        elif os.path.exists(control.path):
            os.unlink(control.path)

    def _try(self, case, settings, good, layout):
        """True where the copy is one to keep."""
        if not case.make(settings.tool, settings.timeout):
            return False
        with open(case.path, "rb") as file:
            digest = hashlib.file_digest(file, "md5").digest()
        # A seed changes nothing in some kinds.
        if digest in self.seen:
            return False
        self.seen.add(digest)
        self.made += 1
        if not case.judge(good, settings.timeout):
            return False
        case.place(layout)
        return True

    def _damage(self, settings, good, layout):
        for kind in settings.kinds:
            for seed in settings.seeds:
                case = Case(self, kind, seed, os.path.join(
                    settings.damaged,
                    f"{self.number:05}-{kind}-{seed}{self.extension}"))
                try:
                    kept = self._try(case, settings, good, layout)
                except media.TookTooLong:
                    self.late += 1
                    kept = False
                if kept:
                    self.cases.append(case)
                elif os.path.exists(case.path):
                    os.unlink(case.path)

    def prepare(self, settings):
        try:
            good = media.Decoded(self.path, settings.timeout)
            again = media.Decoded(self.path, settings.timeout)
            layout = media.Layout(self.path, settings.timeout)
        except media.TookTooLong:
            self.late += 1
            return self
        self.container, self.codecs = layout.container, layout.codecs()
        self.ffmpeg, self.ffmpeg_s = good.complains, good.wall_s
        self._keep_copy(settings.clean)
        self.usable = bool(good.frames) and \
            good.first_difference(again) is None
        if self.usable:
            self._damage(settings, good, layout)
            if any(c.kind == "splice" for c in self.cases):
                self._keep_control(settings, good)
        return self


def prepare(originals, settings):
    """Makes and judges the copies of all files, several at a time."""
    with concurrent.futures.ThreadPoolExecutor(settings.jobs) as pool:
        todo = [pool.submit(o.prepare, settings) for o in originals]
        for count, done in enumerate(
                concurrent.futures.as_completed(todo), 1):
            done.result()
            if sys.stderr.isatty():
                print(f"\r{count}/{len(todo)} files damaged and judged",
                      end="\n" if count == len(todo) else "",
                      file=sys.stderr)


def save(originals, path):
    """Keeps what is known of the files and their copies, for load()."""
    rows = []
    for original in originals:
        row = dict(vars(original))
        del row["seen"]
        row["cases"] = [{**vars(c), "original": None} for c in original.cases]
        rows.append(row)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(rows, out, indent=1)


def load(path):
    """The files and copies of an earlier run that save() kept."""
    originals = []
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    for row in rows:
        original = Original(row["number"], row["path"])
        cases = row.pop("cases")
        vars(original).update(row)
        for kept in cases:
            case = Case(original, kept["kind"], kept["seed"], kept["path"])
            vars(case).update(kept)
            case.original = original
            original.cases.append(case)
        originals.append(original)
    return originals
