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
  GST_TRACERS="cvi($settings)" run --separate-stderr timeout 300 "$@"
}

# play FILE: decodes both streams of it, as fast as it can.
play() {
  traced "report=$report${2:+,$2}" gst-launch-1.0 -q filesrc "location=$1" ! \
    decodebin name=d \
    d. ! queue ! video/x-raw ! fakesink d. ! queue ! audio/x-raw ! fakesink
}

# watch FILE: plays it in a player that knows nothing of the tracer, $player.
watch() {
  rm -f "$report"
  case $player in
    launch)
      traced "report=$report${2:+,$2}" gst-launch-1.0 -q playbin \
        "uri=file://$1" video-sink=fakesink audio-sink=fakesink
      ;;
    play)
      traced "report=$report${2:+,$2}" gst-play-1.0 --no-interactive -q \
        --videosink fakesink --audiosink fakesink "$1"
      ;;
  esac
}

# damage KIND SEED CLIP: makes $damaged.
damage() {
  "$CVI_DAMAGE" "$1" "$2" "$CVI_MEDIA/$3" "$damaged"
}

# The verdict and the rules that count, a line each: told_by_tool FILE by
# cvi-gst, told_by_tracer by the report.
told_by_tool() {
  "$CVI_GST" scan -m deep --no-db --progress none --format jsonl "$1" |
    jq -r '.verdict,
      (.findings | map(select(.severity != "info").rule) | unique[])'
}

told_by_tracer() {
  query '(last | .verdict),
    (map(select(.type == "finding" and .severity != "info").rule) | unique[])'
}

# same KIND SEED CLIP: do players find what cvi-gst finds?
same() {
  local tool player
  damaged=$BATS_TEST_TMPDIR/damaged.${3##*.}
  damage "$1" "$2" "$3"
  tool=$(told_by_tool "$damaged")
  for player in launch play; do
    watch "$damaged"
    echo "$* $player: cvi-gst" $tool", the tracer" $(told_by_tracer)
    [ "$(told_by_tracer)" = "$tool" ]
    # each kind of damage is damage
    [[ $tool == corrupt$'\n'* ]]
  done
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
  traced "" gst-launch-1.0 -q filesrc "location=$CVI_MEDIA/video-only.mkv" ! \
    decodebin ! fakesink
  [ "$status" -eq 0 ]
  [ "$(grep -c '^{' <<<"$stderr")" -eq 3 ]
  [[ $stderr == *"cvi: healthy: 1 decoded streams"* ]]
}

@test "named twice, it watches once" {
  traced "report=$report);cvi(" gst-launch-1.0 -q \
    filesrc "location=$CVI_MEDIA/video-only.mkv" ! decodebin ! fakesink
  [ "$status" -eq 0 ]
  [ "$stderr" = "cvi: healthy: 1 decoded streams, 0 findings (0 occurrences)" ]
}

@test "settings that make no sense are said" {
  traced "fail-on=sometimes" gst-launch-1.0 -q fakesrc num-buffers=1 ! fakesink
  [ "$status" -eq 0 ]
  [[ $stderr == *"fail-on is none, suspicious or corrupt, not sometimes"* ]]
  traced "walk=7" gst-launch-1.0 -q fakesrc num-buffers=1 ! fakesink
  [[ $stderr == *"cvi: walk is true or false"* ]]
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
    run timeout 300 gst-launch-1.0 -q filesrc "location=$damaged" ! \
    decodebin name=d \
    d. ! queue ! video/x-raw ! fakesink d. ! queue ! audio/x-raw ! fakesink
  [ "$status" -eq 0 ]
  [ "$(query 'last | .verdict')" = corrupt ]
  # the line that describes the format has %s there
  run grep -E 'object-alive, type-name=\(string\)[^%]' "$log"
  echo "$output"
  [ "$status" -eq 1 ]
}

@test "healthy clips in players: walked whole, and no finding that counts" {
  local n=0
  for clip in "$CVI_MEDIA"/*.*; do
    for player in launch play; do
      watch "$clip" fail-on=suspicious
      echo "$clip $player $status $stderr" && cat "$report"
      [ "$status" -eq 0 ]
      [ "$(told_by_tracer)" = healthy ]
      [ "$(query 'map(select(.type == "file" and .walked == .size and
        .verdict == "healthy" and .container != null)) | length')" -eq 1 ]
    done
    n=$((n + 1))
  done
  [ "$n" -gt 30 ]
}

@test "MP4: what cvi-gst finds" {
  for clip in h264-aac-faststart.mp4 prores-pcm.mov; do
    same cut-70 1 "$clip"
    same zero-32k 1 "$clip"
  done
}

@test "Matroska and WebM: what cvi-gst finds" {
  for clip in h264-opus.mkv vp8-vorbis.webm; do
    same cut-70 1 "$clip"
    same zero-32k 1 "$clip"
  done
}

@test "MPEG streams: what cvi-gst finds" {
  for clip in mpeg2-mp2.ts mpeg2-mp2.mpg mpeg2-ac3.vob; do
    same zero-32k 1 "$clip"
    same drop-4k 1 "$clip"
  done
}

@test "AVI, Flash, Ogg, ASF, MXF, IVF: what cvi-gst finds" {
  for clip in mpeg4-mp3.avi h264-aac.flv theora-vorbis.ogv wmv2-wmav2.wmv \
    mpeg2-pcm.mxf vp8.ivf; do
    same cut-70 1 "$clip"
  done
}

@test "a walk's finding: of the source, with stream, time and place" {
  damage cut-70 1 h264-aac-faststart.mp4
  player=launch watch "$damaged"
  [ "$(query 'map(select(.type == "finding" and .factory == "filesrc" and
    .rule == "container::truncated" and .stream == "video/0" and
    .start_ns > 0 and .offset > 0)) | length')" -eq 1 ]
  # its stream is the one that a decoder had
  [ "$(query 'map(select(.type == "stream" and .label == "video/0" and
    .factory == "avdec_h264")) | length')" -eq 1 ]
  [ "$(query 'map(select(.type == "file")) | first |
    .verdict + " " + .container')" = "corrupt iso-bmff" ]
  [ "$(query '(map(select(.type == "finding")) | length) == last.findings')" = \
    true ]
}

@test "a packet that a decoder takes without a word" {
  # 26 frames of AC-3 with a bit flipped
  damaged=$BATS_TEST_TMPDIR/damaged.mkv
  /usr/bin/python3 - "$CVI_MEDIA/h265-ac3.mkv" "$damaged" <<'END'
import re
import sys

data = bytearray(open(sys.argv[1], "rb").read())
for match in list(re.finditer(rb"\x0b\x77", data))[20:26]:
    data[match.start() + 100] ^= 0x10
open(sys.argv[2], "wb").write(data)
END
  player=launch watch "$damaged"
  [ "$(query 'map(select(.rule == "decode::checksum" and
    .factory != "matroskademux" and .start_ns > 0 and
    (.stream | length) > 0)) | length')" -ge 1 ]
  player=launch watch "$damaged" packets=false
  [ "$(query 'map(select(.rule == "decode::checksum")) | length')" -eq 0 ]
}

@test "cut off, and nothing that could be walked" {
  for clip in vp8-vorbis.webm h264-aac.flv; do
    damage cut-70 1 "$clip"
    player=launch watch "$damaged" walk=false
    cat "$report"
    [ "$(query 'map(select(.rule == "stream::shortfall" and
      (.factory | endswith("demux")) and .end_ns > .start_ns)) | length')" -eq 1 ]
    player=launch watch "$CVI_MEDIA/$clip" walk=false,fail-on=suspicious
    [ "$status" -eq 0 ]
    [ "$(query 'map(select(.type == "file")) | first | .walked')" -eq 0 ]
  done
}

@test "what an application does not want is not missing" {
  for walk in true false; do
    rm -f "$report"
    traced "report=$report,fail-on=suspicious,walk=$walk" gst-launch-1.0 -q \
      filesrc "location=$CVI_MEDIA/vp8-vorbis.webm" ! matroskademux ! vp8dec ! \
      fakesink num-buffers=5
    cat "$report"
    [ "$status" -eq 0 ]
    [ "$(told_by_tracer)" = healthy ]
    [ "$(query 'map(select((.buffers // 99) < 20)) | length')" -eq 1 ]
  done
}

@test "a recording that begins in the middle is no damage" {
  damaged=$BATS_TEST_TMPDIR/damaged.ts
  # from after a third of its packets of 188 bytes
  packets=$(($(stat -c %s "$CVI_MEDIA/h264-aac.ts") / 188))
  tail -c "$(((packets - packets / 3) * 188))" "$CVI_MEDIA/h264-aac.ts" \
    >"$damaged"
  for player in launch play; do
    watch "$damaged" fail-on=suspicious
    cat "$report"
    [ "$status" -eq 0 ]
    [ "$(told_by_tracer)" = "$(told_by_tool "$damaged")" ]
    [ "$(query 'map(select(.rule == "decode::starts-mid-gop")) |
      length')" -ge 1 ]
  done
}

# backwards CLIP: from its end to its beginning, and forward again.
backwards() {
  traced "report=$report,fail-on=suspicious" /usr/bin/python3 - "$1" <<'END'
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


player.set_state(Gst.State.PAUSED)
wait(Gst.MessageType.ASYNC_DONE)
for rate in -1, 1:
    assert player.seek(
        rate, Gst.Format.TIME, Gst.SeekFlags.FLUSH, Gst.SeekType.SET, 0,
        Gst.SeekType.SET, 3 * Gst.SECOND)
    player.set_state(Gst.State.PLAYING)
    wait(Gst.MessageType.EOS)
player.set_state(Gst.State.NULL)
END
}

@test "played backwards: no finding that counts" {
  for clip in vp8-vorbis.webm h264-aac.mp4 h265-ac3.mkv; do
    rm -f "$report"
    backwards "$CVI_MEDIA/$clip"
    echo "$clip $stderr" && cat "$report"
    [ "$status" -eq 0 ]
    [ "$(told_by_tracer)" = healthy ]
  done
}

# gst-launch-1.0 may wait for ever after an error that comes while it starts.
@test "an empty file" {
  damaged=$BATS_TEST_TMPDIR/empty.mp4
  : >"$damaged"
  traced "report=$report,fail-on=corrupt" /usr/bin/python3 - "$damaged" <<'END'
import sys
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst

Gst.init(None)
player = Gst.parse_launch(f"filesrc location={sys.argv[1]} ! decodebin")
player.set_state(Gst.State.PLAYING)
message = player.get_bus().timed_pop_filtered(
    Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
assert message.type == Gst.MessageType.ERROR
player.set_state(Gst.State.NULL)
END
  [ "$status" -eq 1 ]
  [ "$(told_by_tracer | tr '\n' ' ')" = "corrupt container::truncated " ]
}

@test "nothing is left behind of a file that is walked" {
  local log=$BATS_TEST_TMPDIR/leaks.log
  damage cut-70 1 h264-aac-faststart.mp4
  GST_TRACERS="leaks(check-refs=true);cvi(report=$report)" \
    GST_DEBUG=GST_TRACER:7 GST_DEBUG_FILE="$log" \
    run timeout 300 gst-launch-1.0 -q filesrc "location=$damaged" ! \
    decodebin name=d \
    d. ! queue ! video/x-raw ! fakesink d. ! queue ! audio/x-raw ! fakesink
  [ "$status" -eq 0 ]
  [ "$(query 'map(select(.type == "file")) | first | .verdict')" = corrupt ]
  run grep -E 'object-alive, type-name=\(string\)[^%]' "$log"
  echo "$output"
  [ "$status" -eq 1 ]
}
