#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# One decoder for several streams, one after the other, as concat and
# decodebin3 give them to it: each is judged by itself.

bats_require_minimum_version 1.5.0

setup() {
  export LC_ALL=C.UTF-8
  unset GST_DEBUG
  report=$BATS_TEST_TMPDIR/report.jsonl
  damaged=$BATS_TEST_TMPDIR/damaged.webm
  healthy=$CVI_MEDIA/vp9-opus.webm
}

# damage: makes $damaged, whose last packet of video gives no frame.
damage() {
  "$CVI_DAMAGE" random-4k 1 "$healthy" "$damaged" >/dev/null
}

# traced COMMAND...
traced() {
  rm -f "$report"
  GST_TRACERS="cvi(report=$report)" run --separate-stderr timeout 300 "$@"
  echo "$output" "$stderr"
  cat "$report"
  [ "$status" -eq 0 ]
}

# chained FILE FILE: the video of both through one decoder.
chained() {
  traced gst-launch-1.0 -q concat name=c ! vp9dec ! fakesink \
    filesrc location="$1" ! matroskademux ! queue ! c. \
    filesrc location="$2" ! matroskademux ! queue ! c.
}

# query FILTER: of all lines of the report, as one array
query() {
  jq -rs "$1" "$report"
}

# is TYPE VERDICT FILTER: the number of lines of that type and verdict
is() {
  query "map(select(.type == \"$1\" and .verdict == \"$2\" and ($3))) | length"
}

@test "concat: damage of the first file is not the second's" {
  damage
  chained "$damaged" "$healthy"
  [ "$(is file corrupt '.uri | endswith("damaged.webm")')" -eq 1 ]
  [ "$(is file healthy '.uri | endswith("opus.webm")')" -eq 1 ]
  [ "$(is stream corrupt '.buffers == 23')" -eq 1 ]
  [ "$(is stream healthy '.buffers == 88 and .frame_duration == 40000000')" \
    -eq 1 ]
  # what its log told last is told of the first, too
  [ "$(query '[.[] | select(.rule == "decode::error" or
    (.type == "stream" and .verdict == "corrupt")).stream] |
    length == 2 and .[0] == .[1]')" = true ]
  [ "$(query 'map(select(.rule == "stream::missing-frames").message) |
    .[]')" = "1 of 24 packets gave no frame" ]
}

@test "concat: damage of the second file is not hidden by the first" {
  damage
  chained "$healthy" "$damaged"
  [ "$(is file corrupt '.uri | endswith("damaged.webm")')" -eq 1 ]
  [ "$(is file healthy '.uri | endswith("opus.webm")')" -eq 1 ]
  [ "$(query 'map(select(.rule == "stream::missing-frames").message) |
    .[]')" = "1 of 24 packets gave no frame" ]
}

@test "concat: the same file twice" {
  damage
  chained "$damaged" "$damaged"
  [ "$(is file corrupt .uri)" -eq 2 ]
  [ "$(is stream corrupt '.buffers == 23')" -eq 2 ]
  [ "$(query 'map(select(.rule == "stream::missing-frames")) | length')" -eq 2 ]
}

@test "a player that goes on without a gap" {
  local attempt
  damage
  # playbin3 itself hangs now and then, without the tracer too (1 of 30).
  for attempt in 1 2 3 4 5; do
    ! traced timeout 30 gst-play-1.0 --use-playbin3 --gapless -q \
      --no-interactive --videosink fakesink --audiosink fakesink \
      "$damaged" "$healthy" || break
  done
  [ "$(is file corrupt '.uri | endswith("damaged.webm")')" -eq 1 ]
  [ "$(is file healthy '.uri | endswith("opus.webm")')" -eq 1 ]
  [ "$(is stream corrupt '.factory == "vp9dec"')" -eq 1 ]
  [ "$(is stream healthy '.factory == "vp9dec" and .buffers == 88')" -eq 1 ]
}

@test "cvicheck tells what the log said of the stream before" {
  damage
  run timeout 300 gst-launch-1.0 -m concat name=c ! vp9dec ! \
    cvicheck watch-log=true ! fakesink \
    filesrc location="$damaged" ! matroskademux ! queue ! c. \
    filesrc location="$healthy" ! matroskademux ! queue ! c.
  echo "$output"
  [ "$status" -eq 0 ]
  found=$(grep -Po 'decode::error.* stream=\(string\)\K[^,]*' <<<"$output")
  last=$(grep -Po 'cvicheck-summary.* stream=\(string\)\K[^,]*' <<<"$output")
  [ -n "$found" ] && [ -n "$last" ] && [ "$found" != "$last" ]
}

# app ARGUMENT...: an application in Python, the rest of which is on standard
# input. play(PLAYER) plays to the end.
app() {
  traced /usr/bin/python3 -c 'import sys
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst

Gst.init(None)


def play(player):
    player.set_state(Gst.State.PLAYING)
    message = player.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR |
        Gst.MessageType.APPLICATION)
    assert message.type != Gst.MessageType.ERROR
    player.set_state(Gst.State.NULL)


'"$(cat)" "$@"
}

# An application that changes from one track of sound to the other: by one
# decoder for both, or one for each.
switched() {
  local file=$BATS_TEST_TMPDIR/two.avi
  gst-launch-1.0 -q avimux name=m ! filesink location="$file" \
    audiotestsrc num-buffers=200 ! audioconvert ! lamemp3enc ! m. \
    audiotestsrc num-buffers=200 freq=900 ! audioconvert ! lamemp3enc ! m.
  app "$1" "$file" <<'END'
ONE = ("input-selector name=s ! avdec_mp3 ! fakesink name=a "
       "d.audio_0 ! queue ! mpegaudioparse name=p ! s.sink_0 "
       "d.audio_1 ! queue ! mpegaudioparse ! s.sink_1")
EACH = ("d.audio_0 ! queue ! mpegaudioparse name=p ! avdec_mp3 ! "
        "fakesink async=false "
        "d.audio_1 ! queue ! mpegaudioparse name=q ! avdec_mp3 ! "
        "fakesink name=last async=false")
AFTER = Gst.SECOND * 2


def select(_pad, info, selector):
    if info.get_buffer().pts < AFTER:
        return Gst.PadProbeReturn.OK
    selector.props.active_pad = selector.get_static_pad("sink_1")
    return Gst.PadProbeReturn.REMOVE


def leave(_pad, info, _data):
    if info.type & Gst.PadProbeType.EVENT_DOWNSTREAM:
        left = info.get_event().type == Gst.EventType.EOS
    else:
        left = info.get_buffer().pts >= AFTER
    return Gst.PadProbeReturn.DROP if left else Gst.PadProbeReturn.OK


def join(_pad, info, _data):
    early = info.get_buffer().pts < AFTER
    return Gst.PadProbeReturn.DROP if early else Gst.PadProbeReturn.OK


def tell_end(_pad, info, player):
    if info.get_event().type == Gst.EventType.EOS:
        player.post_message(Gst.Message.new_application(
            player, Gst.Structure.new_empty("last")))
    return Gst.PadProbeReturn.OK


def probe(element, pad, kind, *what):
    player.get_by_name(element).get_static_pad(pad).add_probe(kind, *what)


one = sys.argv[1] == "one"
player = Gst.parse_launch(
    f"filesrc location={sys.argv[2]} ! avidemux name=d " + (ONE if one else EACH))
BUFFER, EVENT = Gst.PadProbeType.BUFFER, Gst.PadProbeType.EVENT_DOWNSTREAM
if one:
    probe("s", "src", BUFFER, select, player.get_by_name("s"))
else:
    probe("p", "src", BUFFER | EVENT, leave, None)
    probe("q", "src", BUFFER, join, None)
    probe("last", "sink", EVENT, tell_end, player)
play(player)
END
}

@test "another track of the same file by the same decoder" {
  switched one
  [ "$(is file healthy .uri)" -eq 1 ]
  # How far apart the two are, and so how time goes on, is up to the selector.
  [ "$(query 'map(select(.type == "finding" and .severity != "info" and
    (.rule | startswith("stream::")))) | length')" -eq 0 ]
  [ "$(query 'map(select(.type == "stream" and .factory == "avdec_mp3").label) |
    sort == ["audio/0", "audio/1"]')" = true ]
}

@test "another track of the same file by another decoder" {
  switched each
  [ "$(is file healthy .uri)" -eq 1 ]
  [ "$(query 'map(select(.type == "finding" and .severity != "info")) |
    length')" -eq 0 ]
  [ "$(is stream healthy '.factory == "avdec_mp3"')" -eq 2 ]
}

# Packets that the application leads past the decoder, which it unlinks for a
# while.
relinked() {
  app "$1" <<'END'
passed = 0


def lead_past(_pad, _info, _data):
    global passed
    passed += 1
    if passed == 50:
        parser.unlink(decoder)
    elif passed == 80:
        parser.link(decoder)
    past = 50 <= passed < 80
    return Gst.PadProbeReturn.DROP if past else Gst.PadProbeReturn.OK


player = Gst.parse_launch(
    f"filesrc location={sys.argv[1]} ! avidemux name=d ! "
    "mpegaudioparse name=parser ! avdec_mp3 name=decoder ! fakesink")
parser, decoder = (player.get_by_name(name) for name in ("parser", "decoder"))
parser.get_static_pad("src").add_probe(
    Gst.PadProbeType.BUFFER, lead_past, None)
play(player)
END
}

@test "what is led past a decoder that is unlinked is not missing" {
  relinked "$CVI_MEDIA/mpeg4-mp3.avi"
  [ "$(is file healthy .uri)" -eq 1 ]
  [ "$(query 'map(select(.type == "finding" and .severity != "info")) |
    length')" -eq 0 ]
  [ "$(is stream healthy '.factory == "avdec_mp3"')" -eq 1 ]
}

# Two files, one after the other, by the same decoder, which is unlinked between
# them.
linked_anew() {
  app "$@" <<'END'

def link(_demuxer, pad):
    if pad.get_name().startswith("video"):
        pad.link(queue.get_static_pad("sink"))


player = Gst.parse_launch(
    "filesrc name=source ! matroskademux name=demuxer "
    "queue name=queue ! vp9dec name=decoder ! fakesink")
source, demuxer, queue, decoder = (
    player.get_by_name(name)
    for name in ("source", "demuxer", "queue", "decoder"))
demuxer.connect("pad-added", link)
for path in sys.argv[1:]:
    queue.unlink(decoder)
    queue.link(decoder)
    source.props.location = path
    play(player)
END
}

@test "what is decoded after a decoder was linked anew is judged" {
  damage
  linked_anew "$healthy" "$damaged"
  [ "$(is stream healthy '.factory == "vp9dec" and .buffers == 88')" -eq 1 ]
  [ "$(is stream corrupt '.factory == "vp9dec" and .buffers == 23')" -eq 1 ]
  [ "$(query 'map(select(.rule == "stream::missing-frames").message) |
    .[]')" = "1 of 24 packets gave no frame" ]
}
