# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What ffmpeg and ffprobe tell of a media file."""

import bisect
import collections
import json
import subprocess
import time

TS_SIZES = (188, 192, 204)
TS_SYNC = 0x47


class TookTooLong(Exception):
    """A program ran past its time."""


def run(command, timeout):
    """Exit status, stdout and stderr of a program; TookTooLong."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=timeout,
                              check=False)
    except subprocess.TimeoutExpired as late:
        raise TookTooLong(command[0]) from late
    return done.returncode, done.stdout, done.stderr


class Decoded:
    """Frames of a file as ffmpeg decodes it on one thread."""

    def __init__(self, path, timeout):
        began = time.monotonic()
        code, out, self.errors = run(
            ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-i", path,
             "-map", "0:v?", "-map", "0:a?", "-f", "framemd5", "-"], timeout)
        self.wall_s = time.monotonic() - began
        self.complains = code != 0 or bool(self.errors)
        self.frames = collections.defaultdict(list)
        self._read(out.decode("latin-1"))

    def _read(self, text):
        """Fills frames: {stream: [(time in s, hash)]}."""
        bases = {}
        for line in text.splitlines():
            if line.startswith("#tb "):
                stream, base = line[4:].split(":")
                num, den = base.strip().split("/")
                bases[int(stream)] = int(num) / int(den)
            elif line and not line.startswith("#"):
                part = [p.strip() for p in line.split(",")]
                if len(part) >= 6:
                    index = int(part[0])
                    self.frames[index].append(
                        (int(part[2]) * bases.get(index, 0), part[5]))

    def first_difference(self, copy):
        """Time (s) of the first frame that the copy shows otherwise, None
        where all hashes are the same."""
        times = []
        for index in set(self.frames) | set(copy.frames):
            one = self.frames.get(index, [])
            two = copy.frames.get(index, [])
            if [f[1] for f in one] == [f[1] for f in two]:
                continue
            place = next((i for i, (a, b) in enumerate(zip(one, two))
                          if a[1] != b[1]), min(len(one), len(two)))
            if place < len(one):
                times.append(one[place][0])
            else:
                times.append(one[-1][0] if one else 0.0)
        return min(times) if times else None


class Layout:
    """Container, codecs, and which packet lies where in a file."""

    def __init__(self, path, timeout):
        _, out, _ = run(
            ["ffprobe", "-v", "quiet", "-of", "json", "-show_entries",
             "format=format_name,start_time:"
             "stream=index,codec_type,codec_name:"
             "packet=pos,size,stream_index,pts_time", path], timeout)
        try:
            info = json.loads(out)
        except ValueError:
            info = {}
        head = info.get("format", {})
        self.container = head.get("format_name", "unknown").split(",")[0]
        start_s = float(head.get("start_time", 0))
        self.streams = {s["index"]: s.get("codec_name", "unknown")
                        for s in info.get("streams", [])
                        if s.get("codec_type") in ("video", "audio")}
        self.packets = sorted(
            (int(p["pos"]), int(p["size"]), p["stream_index"],
             float(p["pts_time"]) - start_s if "pts_time" in p else None)
            for p in info.get("packets", [])
            if "pos" in p and p["stream_index"] in self.streams)
        self.pids = {}
        if self.container == "mpegts":
            self._read_pids(path)

    def _read_pids(self, path):
        """Fills pids: {PID: [packet]}, as streams interleave in a TS."""
        with open(path, "rb") as file:
            data = file.read()
        for packet in self.packets:
            if packet[0] + 3 <= len(data) and data[packet[0]] == TS_SYNC:
                pid = (data[packet[0] + 1] & 0x1f) << 8 | data[packet[0] + 2]
                self.pids.setdefault(pid, []).append(packet)
        self.data = data
        first = self.packets[0][0] if self.packets else 0
        self.size = next((s for s in TS_SIZES if all(
            (p[0] - first) % s == 0 for p in self.packets)), TS_SIZES[0])
        self.first = first % self.size

    def _ts_packet(self, spot):
        start = spot - (spot - self.first) % self.size
        if start < 0 or start + 3 > len(self.data):
            return None
        pid = (self.data[start + 1] & 0x1f) << 8 | self.data[start + 2]
        packets = self.pids.get(pid, [])
        place = bisect.bisect_right(packets, (spot, 1 << 62)) - 1
        return packets[place] if place >= 0 else None

    def packet_at(self, spot):
        """(offset, size, stream, time in s or None) around a byte, or None
        where it belongs to the container."""
        if self.pids:
            return self._ts_packet(spot)
        place = bisect.bisect_right(self.packets, (spot, 1 << 62)) - 1
        if place < 0:
            return None
        packet = self.packets[place]
        # Some containers give the place of a small header before the packet.
        return packet if spot < packet[0] + packet[1] + 8 else None

    def codecs(self):
        return sorted(set(self.streams.values()))
