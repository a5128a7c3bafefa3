#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of what the accuracy runner concludes from frames and records."""

import os
import tempfile
import types
import unittest

import copies
import media
import results


def decoded(streams):
    """As media.Decoded, with frames 0.1 s apart of the hashes given."""
    made = media.Decoded.__new__(media.Decoded)
    made.frames = {i: [(n / 10, h) for n, h in enumerate(hashes)]
                   for i, hashes in enumerate(streams)}
    return made


def finding(start_s, end_s=None, severity="error"):
    return {"rule": "decode::error", "message": "", "severity": severity,
            "start_ns": None if start_s is None else int(start_s * 1e9),
            "end_ns": None if end_s is None else int(end_s * 1e9)}


def record(verdict, *findings):
    return {"verdict": verdict, "findings": list(findings)}


def case(kind="flip-1", harm_s=1.0, put_s=1.0, path="/c", **where):
    return types.SimpleNamespace(
        kind=kind, harm_s=harm_s, put_s=put_s, where=where, path=path,
        codec="h264", ffmpeg=False, ffmpeg_s=0.0, seed=1, original=None)


def original(cases, copy="/o", ffmpeg=False):
    made = types.SimpleNamespace(
        name="o", copy=copy, control=None, cases=cases, usable=True, made=2,
        late=0, ffmpeg=ffmpeg, ffmpeg_s=0.0, container="mov",
        codecs=["h264"])
    for each in cases:
        each.original = made
    return made


class Frames(unittest.TestCase):
    def test_same(self):
        self.assertIsNone(decoded(["abc"]).first_difference(decoded(["abc"])))

    def test_changed(self):
        self.assertAlmostEqual(
            decoded(["abcd"]).first_difference(decoded(["abxd"])), 0.2)

    def test_ends_early(self):
        self.assertAlmostEqual(
            decoded(["abcd"]).first_difference(decoded(["ab"])), 0.2)

    def test_stream_lost(self):
        self.assertEqual(
            decoded(["ab", "cd"]).first_difference(decoded(["ab"])), 0.0)

    def test_more_than_before(self):
        self.assertAlmostEqual(
            decoded(["ab"]).first_difference(decoded(["abc"])), 0.1)


class Locations(unittest.TestCase):
    def test_error_is_from_the_first_finding(self):
        where = results.Location()
        where.add(case(put_s=1.0), record("corrupt", finding(3.0),
                                          finding(1.25)))
        self.assertAlmostEqual(where.dump()["median_error_s"], 0.25)
        self.assertEqual(where.near, 1)

    def test_far_and_untimed(self):
        where = results.Location()
        where.add(case(), record("corrupt", finding(5.0)))
        where.add(case(), record("corrupt", finding(None)))
        where.add(case(), record("corrupt", finding(1.0, severity="info")))
        where.add(case(), record("healthy", finding(1.0)))
        where.add(case(), None)
        self.assertEqual((where.timed, where.near), (1, 0))

    def test_splice_within_a_frame(self):
        where = {"gap_start_ns": 2 * 10**9, "gap_end_ns": 4 * 10**9,
                 "frame_ns": 40 * 10**6}
        place = results.Location()
        for start, end in ((2.0, 4.0), (2.04, 3.96), (2.0, 3.9), (2.0, None)):
            place.add(case("splice", 2.0, 2.0, **where),
                      record("suspicious", finding(start, end)))
        self.assertEqual((place.gaps, place.gaps_told), (4, 2))


class Totals(unittest.TestCase):
    def run_one(self, clean, ffmpeg=False):
        made = results.Results(["deep"], 1)
        one = original([case(path="/a"), case("cut-30", path="/b")],
                       ffmpeg=ffmpeg)
        made.add([one], {"deep": {"/o": record(clean),
                                  "/a": record("corrupt", finding(1.0)),
                                  "/b": record("healthy")}}, {"deep": 1.0})
        return made.dump()

    def test_recall(self):
        told = self.run_one("healthy")
        self.assertEqual(told["tables"]["group"]["all"],
                         {"total": 2, "deep": 1, "ffmpeg": 0})
        self.assertEqual(told["tables"]["kind"]["cut-30"]["deep"], 0)
        self.assertEqual(told["false_alarms"]["deep"], [])

    def test_groups(self):
        one = original([])
        one.codecs = ["h264", "pcm_s16le"]
        for codec, group in (("h264", "mainstream"),
                             ("pcm_s16le", "raw and legacy"),
                             ("container", "raw and legacy")):
            hit = case()
            hit.codec, hit.original = codec, one
            self.assertEqual(results.group_of(hit), group)

    def test_alarm_on_the_untouched_file(self):
        told = self.run_one("suspicious")
        self.assertEqual(len(told["false_alarms"]["deep"]), 1)
        self.assertEqual(told["counts"]["left out"], 2)
        self.assertEqual(told["tables"]["group"], {})

    def test_alarm_of_ffmpeg(self):
        told = self.run_one("healthy", ffmpeg=True)
        self.assertEqual(len(told["false_alarms"]["ffmpeg"]), 1)
        self.assertEqual(told["counts"]["left out"], 2)

    def test_unsupported_is_no_alarm(self):
        told = self.run_one("unsupported")
        self.assertEqual(told["clean_verdicts"]["deep"], {"unsupported": 1})
        self.assertEqual(told["false_alarms"]["deep"], [])


class Kept(unittest.TestCase):
    def test_saved_and_loaded(self):
        one = copies.Original(7, "/media/a.mkv")
        one.cases = [copies.Case(one, "flip-1", 3, "/kept/b.mkv")]
        one.cases[0].harm_s = 1.5
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "copies.json")
            copies.save([one], path)
            two, = copies.load(path)
        self.assertEqual((two.number, two.extension), (7, ".mkv"))
        case_, = two.cases
        self.assertIs(case_.original, two)
        self.assertEqual((case_.kind, case_.seed, case_.harm_s),
                         ("flip-1", 3, 1.5))


if __name__ == "__main__":
    unittest.main()
