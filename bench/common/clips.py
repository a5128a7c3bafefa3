# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clips of real length: a moving texture, a test picture and some noise,
with a tone, encoded by ffmpeg and kept from run to run."""

import os
import shutil

from common import measure

X264 = ["-c:v", "libx264", "-preset", "faster", "-pix_fmt", "yuv420p"]
X265 = ["-c:v", "libx265", "-preset", "superfast", "-pix_fmt", "yuv420p",
        "-x265-params", "log-level=error"]
VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "7",
       "-row-mt", "1", "-pix_fmt", "yuv420p"]
AV1 = ["-c:v", "libsvtav1", "-preset", "10", "-pix_fmt", "yuv420p"]
AAC = ["-c:a", "aac", "-b:a", "128k"]
AC3 = ["-c:a", "ac3", "-b:a", "384k"]
OPUS = ["-c:a", "libopus", "-b:a", "96k"]
MP3 = ["-c:a", "libmp3lame", "-b:a", "128k"]
PCM = ["-c:a", "pcm_s16le"]
MPEG2 = ["-c:v", "mpeg2video", "-bf", "2", "-pix_fmt", "yuv420p"]

# name: picture size, video bit rate, encoders
CLIPS = {
    "h264-360p-aac.mp4": ("640x360", "800k", X264 + AAC),
    "h264-720p-aac.mkv": ("1280x720", "3M", X264 + AAC),
    "h264-1080p-ac3.ts": ("1920x1080", "6M", X264 + AC3),
    "h264-1080p-aac.mp4": ("1920x1080", "6M", X264 + AAC),
    "h264-2160p-aac.mp4": ("3840x2160", "20M", X264 + AAC),
    "hevc-1080p-ac3.mkv": ("1920x1080", "4M", X265 + AC3),
    "vp9-1080p-opus.webm": ("1920x1080", "4M", VP9 + OPUS),
    "av1-720p-opus.mkv": ("1280x720", "2M", AV1 + OPUS),
    "mpeg2-576p-ac3.ts": ("720x576", "5M", MPEG2 + AC3),
    "mpeg2-1080p-ac3.ts": ("1920x1080", "15M", MPEG2 + AC3),
    "mpeg4-480p-mp3.avi": ("848x480", "1500k",
                           ["-c:v", "mpeg4", "-bf", "2"] + MP3),
    "prores-720p-pcm.mov": ("1280x720", None,
                            ["-c:v", "prores", "-profile:v", "2",
                             "-pix_fmt", "yuv422p10le"] + PCM),
    "dnxhd-1080p-pcm.mxf": ("1920x1080", "120M",
                            ["-c:v", "dnxhd", "-pix_fmt", "yuv422p"] + PCM),
    # for benchmarks of other things than codecs
    "h264-180p-aac.mp4": ("320x180", "200k", X264 + AAC),
    "h264-180p-aac.mkv": ("320x180", "200k", X264 + AAC),
    "mpeg2-180p-mp3.ts": ("320x180", "400k", MPEG2 + MP3),
    "mpeg4-180p-mp3.avi": ("320x180", "300k", ["-c:v", "mpeg4"] + MP3),
    "vp9-180p-opus.webm": ("320x180", "200k", VP9 + OPUS),
}


def picture(size, length_s):
    """ffmpeg's filter graph of the picture."""
    timing = f"rate=25:duration={length_s}"
    return (f"testsrc2=size={size}:{timing}[plain];"
            f"color=gray:size=480x270:{timing},noise=alls=90:all_seed=7,"
            f"gblur=1.2,scale={size.replace('x', ':')}:flags=bicubic,"
            "scroll=h=0.003:v=0.002,setsar=1[texture];"
            "[plain][texture]blend=all_mode=average,"
            "noise=alls=5:allf=t:all_seed=3,format=yuv420p")


def make(folder, name, length_s):
    """Returns the path of that clip, which is made if it is not there."""
    size, rate, encoders = CLIPS[name]
    folder = os.path.join(folder, f"{length_s:g}s")
    path = os.path.join(folder, name)
    if os.path.exists(path):
        return path
    print(f"making {name}, {length_s:g} s", flush=True)
    os.makedirs(folder, exist_ok=True)
    # Never a clip that is half there, for the next run to find.
    part = os.path.join(folder, "part-" + name)
    measure.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y",
         "-f", "lavfi", "-i", picture(size, length_s), "-f", "lavfi", "-i",
         f"sine=frequency=330:sample_rate=48000:duration={length_s}",
         "-map", "0:v", "-map", "1:a", "-ac", "2", "-g", "50"]
        + (["-b:v", rate] if rate else []) + encoders + [part])
    os.rename(part, path)
    return path


def make_long(folder, name, length_s, source):
    """A clip of any length in the container of @name's ending: the path
    @source encoded again and again, since drawing takes longer than encoding,
    as MP4, and copied from there to the others."""
    folder = os.path.join(folder, f"{length_s:g}s")
    path = os.path.join(folder, name)
    if os.path.exists(path):
        return path
    print(f"making {name}, {length_s:g} s", flush=True)
    os.makedirs(folder, exist_ok=True)
    first = os.path.splitext(path)[0] + ".mp4"
    part = os.path.join(folder, "part-" + name)
    begin = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    if path != first:
        measure.run(begin + ["-i", first, "-c", "copy", part])
    else:
        measure.run(
            begin + ["-stream_loop", "-1", "-i", source, "-f", "lavfi", "-i",
                     "sine=frequency=330:sample_rate=48000",
                     "-map", "0:v", "-map", "1:a", "-ac", "2", "-t",
                     str(length_s), "-g", "50", "-b:v", "6M", "-c:v",
                     "libx264", "-preset", "superfast"] + AAC + [part])
    os.rename(part, path)
    return path


def copy(sources, folder, count):
    """Makes @count copies, as many of each source, 200 a folder."""
    for number in range(count):
        source = sources[number % len(sources)]
        below = os.path.join(folder, f"folder-{number // 200:03}")
        os.makedirs(below, exist_ok=True)
        shutil.copyfile(source, os.path.join(
            below, f"clip-{number:05}{os.path.splitext(source)[1]}"))


def read(paths):
    """Brings the files into the page cache."""
    for path in paths:
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
