#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# The tracer, in programs that know nothing of it.

setup() {
  export LC_ALL=C.UTF-8
  unset GST_DEBUG
  report=$BATS_TEST_TMPDIR/report.jsonl
  damaged=$BATS_TEST_TMPDIR/damaged
}

# traced SETTINGS COMMAND...: $stderr is what the program says.
traced() {
  local settings=$1
  shift
  GST_TRACERS="cvi($settings)" run --separate-stderr timeout 60 "$@"
}

# play FILE: decodes both streams of it, as fast as it can.
play() {
  traced "report=$report${2:+,$2}" gst-launch-1.0 -q filesrc "location=$1" ! \
    decodebin name=d \
    d. ! queue ! video/x-raw ! fakesink d. ! queue ! audio/x-raw ! fakesink
}

# damage KIND SEED CLIP: makes $damaged.
damage() {
  "$CVI_DAMAGE" "$1" "$2" "$CVI_MEDIA/$3" "$damaged"
}

# query FILTER: of all lines of the report, as one array
query() {
  jq -rs "$1" "$report"
}

@test "healthy clips: no finding, and the sum of them" {
  for clip in h264-opus.mkv h264-aac.mp4 mpeg2-mp2.ts theora-vorbis.ogv; do
    rm -f "$report"
    play "$CVI_MEDIA/$clip" fail-on=suspicious
    echo "$clip $stderr" && cat "$report"
    [ "$status" -eq 0 ]
    [ "$stderr" = "cvi: healthy: 2 decoded streams, 0 findings (0 occurrences)" ]
    [ "$(query 'map(select(.type == "stream")) | length')" -eq 2 ]
    [ "$(query 'map(select(.buffers > 80)) | length')" -eq 2 ]
    [ "$(query 'last | .type + " " + .verdict')" = "summary healthy" ]
  done
}

@test "damage: told with element, stream and time, and the process fails" {
  damage zero-32k 1 h264-opus.mkv
  play "$damaged" fail-on=corrupt
  cat "$report"
  [ "$status" -eq 1 ]
  [ "$(query 'last | .verdict')" = corrupt ]
  [ "$(query 'map(select(.type == "finding" and .rule == "decode::concealed" and
    .factory == "avdec_h264" and (.element | startswith("avdec_h264")) and
    (.stream | length) > 0 and .start_ns > 0)) | length')" -ge 1 ]
  [ "$(query 'map(select(.rule == "container::structure" and
    .factory == "matroskademux")) | length')" -ge 1 ]
}

@test "damage without fail-on: the process ends as it would" {
  damage zero-32k 1 h264-opus.mkv
  play "$damaged"
  [ "$status" -eq 0 ]
  [[ $stderr == "cvi: corrupt: 2 decoded streams, "* ]]
}

@test "damage that only the log of a decoder tells of" {
  for seed in 1 2 3; do
    rm -f "$report"
    damage random-4k "$seed" mpeg2-mp2.ts
    play "$damaged" fail-on=corrupt
    echo "$seed $status $stderr"
    [ "$status" -eq 1 ]
  done
}

@test "a failure stays the program's own, and names the source" {
  play missing.mkv fail-on=corrupt
  [ "$status" -eq 255 ]
  [ "$(query 'first | .rule + " " + .factory')" = "io::vanished filesrc" ]
}

@test "reports of several processes: one after the other in one file" {
  play "$CVI_MEDIA/h264-aac.mp4"
  play "$CVI_MEDIA/h264-aac.mp4"
  [ "$(query 'map(select(.type == "summary")) | length')" -eq 2 ]
  [ "$(query 'map(.pid) | unique | length')" -eq 2 ]
}

@test "without a file the lines go to stderr" {
  traced "" gst-launch-1.0 -q filesrc "location=$CVI_MEDIA/vp8.ivf" ! \
    decodebin ! fakesink
  [ "$status" -eq 0 ]
  [ "$(grep -c '^{' <<<"$stderr")" -eq 2 ]
  [[ $stderr == *"cvi: healthy: 1 decoded streams"* ]]
}

@test "named twice, it watches once" {
  traced "report=$report);cvi(" gst-launch-1.0 -q \
    filesrc "location=$CVI_MEDIA/vp8.ivf" ! decodebin ! fakesink
  [ "$status" -eq 0 ]
  [ "$stderr" = "cvi: healthy: 1 decoded streams, 0 findings (0 occurrences)" ]
}

@test "settings that make no sense are said" {
  traced "fail-on=sometimes" gst-launch-1.0 -q fakesrc num-buffers=1 ! fakesink
  [ "$status" -eq 0 ]
  [[ $stderr == *"fail-on is none, suspicious or corrupt, not sometimes"* ]]
  traced "report=$BATS_TEST_TMPDIR/no/where" \
    gst-launch-1.0 -q fakesrc num-buffers=1 ! fakesink
  [[ $stderr == *"cvi: cannot write $BATS_TEST_TMPDIR/no/where: "* ]]
}

@test "playbin, which plugs and drops decoders as it likes" {
  traced "report=$report,fail-on=suspicious" gst-launch-1.0 -q playbin \
    "uri=file://$CVI_MEDIA/vp8-vorbis.webm" video-sink=fakesink \
    audio-sink=fakesink
  echo "$stderr"
  [ "$status" -eq 0 ]
  [ "$(query 'last | .decoders')" -eq 2 ]
}

# A program that never calls gst_deinit(): plays a clip twice by way of READY
# and seeks to and fro.
again() {
  traced "report=$report,fail-on=corrupt" /usr/bin/python3 - "$1" <<'END'
import sys
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst

Gst.init(None)
player = Gst.parse_launch(
    f"playbin uri=file://{sys.argv[1]} video-sink=fakesink audio-sink=fakesink")
bus = player.get_bus()


def wait(kind):
    message = bus.timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, kind | Gst.MessageType.ERROR)
    assert message.type == kind, message.type


for _ in range(2):
    player.set_state(Gst.State.PLAYING)
    wait(Gst.MessageType.EOS)
    player.set_state(Gst.State.READY)
player.set_state(Gst.State.PAUSED)
wait(Gst.MessageType.ASYNC_DONE)
for second in 3, 1, 2, 0:
    assert player.seek_simple(
        Gst.Format.TIME, Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE,
        second * Gst.SECOND)
    wait(Gst.MessageType.ASYNC_DONE)
player.set_state(Gst.State.PLAYING)
wait(Gst.MessageType.EOS)
player.set_state(Gst.State.NULL)
END
}

@test "played again and sought, by a program that never calls gst_deinit()" {
  again "$CVI_MEDIA/vp8-vorbis.webm"
  echo "$stderr" && cat "$report"
  [ "$status" -eq 0 ]
  [ "$(query 'last | .verdict')" = healthy ]
  [ "$(query 'last | .decoders')" -eq 6 ]
  [ "$(query 'map(select(.gaps > 0 or .backwards > 0)) | length')" -eq 0 ]
  rm "$report"
  damage zero-32k 1 vp8-vorbis.webm
  again "$damaged"
  echo "$stderr" && cat "$report"
  [ "$status" -eq 1 ]
  [ "$(query 'last | .verdict')" = corrupt ]
}

@test "nothing is left behind" {
  local log=$BATS_TEST_TMPDIR/leaks.log
  damage zero-32k 1 h264-opus.mkv
  GST_TRACERS="leaks(check-refs=true);cvi(report=$report)" \
    GST_DEBUG=GST_TRACER:7 GST_DEBUG_FILE="$log" \
    run timeout 60 gst-launch-1.0 -q filesrc "location=$damaged" ! \
    decodebin name=d \
    d. ! queue ! video/x-raw ! fakesink d. ! queue ! audio/x-raw ! fakesink
  [ "$status" -eq 0 ]
  [ "$(query 'last | .verdict')" = corrupt ]
  # the line that describes the format has %s there
  run grep -E 'object-alive, type-name=\(string\)[^%]' "$log"
  echo "$output"
  [ "$status" -eq 1 ]
}
