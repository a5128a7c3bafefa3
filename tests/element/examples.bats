#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# The examples of docs, on a healthy clip and on a damaged one.

bats_require_minimum_version 1.5.0

setup() {
  export LC_ALL=C.UTF-8
  cd "$BATS_TEST_TMPDIR" || return 1
  healthy=$CVI_MEDIA/h264-opus.mkv
  damaged=$BATS_TEST_TMPDIR/damaged.mkv
  "$CVI_DAMAGE" zero-32k 1 "$healthy" "$damaged" >/dev/null
}

# text NUMBER FILE: the example of that number in docs/element.md that begins
# with gst-launch-1.0, for the file.
text() {
  awk -v number="$1" '/^## Examples/ { on = 1 }
    on && /^gst-launch-1.0/ { n++; told = n == number }
    told && /^(```|echo)/ { exit }
    told { print }' "$CVI_SOURCE/docs/element.md" |
    sed -E "s|#.*||; s|location=clip[.a-z0-9]*|location=$2|
      s|file:///[a-z/.]*|file://$2|"
}

# line NUMBER FILE: runs it.
line() {
  local text
  text=$(text "$@")
  [ -n "$text" ] || return 2
  run timeout 300 bash -c "$text"
}

@test "gst-launch: fail a script if a file is damaged" {
  line 1 "$healthy"
  [ "$status" -eq 0 ]
  line 1 "$damaged"
  [ "$status" -eq 1 ]
  [[ $output == *"The stream is corrupt"* ]]
}

@test "gst-launch: video and audio of a file" {
  line 2 "$healthy"
  [ "$(grep -c 'cvicheck-summary, verdict=(string)healthy' <<<"$output")" -eq 2 ]
  line 2 "$damaged"
  [[ $output == *"cvicheck-finding, rule=(string)decode::"* ]]
}

@test "gst-launch: while a file is being played" {
  line 3 "$healthy video-sink=fakesink audio-sink=fakesink"
  [ "$status" -eq 0 ]
  [[ $output == *"cvicheck-summary, verdict=(string)healthy"* ]]
}

@test "gst-launch: timestamps of a recording" {
  line 4 "$healthy"
  [ "$status" -eq 0 ]
  [[ $output == *"cvicheck-summary, verdict=(string)healthy"* ]]
}

@test "gst-launch: a transcode that stops where its source is damaged" {
  line 5 "$healthy"
  [ "$status" -eq 0 ]
  [ -s new.mkv ]
  line 5 "$damaged"
  [ "$status" -eq 1 ]
  [[ $output == *"The stream is corrupt"* ]]
}

# wait_for TEXT FILE PROCESS: until it is there, or the process is not.
wait_for() {
  until grep -q "$1" "$2"; do
    kill -0 "$3"
    sleep 0.05
  done
}

@test "gst-launch: a stream of RTP" {
  local port receiver text
  port=$(python3 -c 'import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
  text=$(text 6 | sed "s/port=5004/address=127.0.0.1 port=$port/")
  [[ $text == *"port=$port"* ]]
  timeout 300 bash -c "exec $text" >output 2>/dev/null &
  receiver=$!
  wait_for 'Setting pipeline to PLAYING' output $receiver
  timeout 300 gst-launch-1.0 -q filesrc location="$healthy" ! matroskademux ! \
    h264parse ! rtph264pay pt=96 config-interval=-1 ! \
    identity drop-probability=0.1 ! udpsink host=127.0.0.1 port="$port"
  wait_for 'cvicheck-finding, rule=(string)' output $receiver
  kill -INT $receiver || true
  wait $receiver || true
}

@test "the C program" {
  run timeout 300 "$CVI_CHECK_STREAMS" "$healthy"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  run timeout 300 "$CVI_CHECK_STREAMS" "$damaged"
  [ "$status" -eq 1 ]
  [[ $output == *"decode::concealed: "* ]]
  run timeout 300 "$CVI_CHECK_STREAMS" missing.mkv
  [ "$status" -eq 1 ]
}

@test "the Python program" {
  local program=$CVI_SOURCE/docs/examples/check-streams.py
  run timeout 300 "$program" "$healthy"
  [ "$status" -eq 0 ]
  run timeout 300 "$program" "$damaged"
  [ "$status" -eq 1 ]
  [[ $output == *"decode::concealed: "* ]]
}

@test "the recorder begins anew at damage" {
  local program=$CVI_SOURCE/docs/examples/record.sh
  # Damage so late that the queue before it, which takes a second, has let a
  # part through to the file, however fast the demuxer is.
  cp "$healthy" "$damaged"
  dd if=/dev/zero of="$damaged" bs=4096 count=8 conv=notrunc status=none \
    seek=$(($(stat -c %s "$healthy") * 3 / 4 / 4096))
  run timeout 300 "$program" good filesrc location="$healthy" ! matroskademux
  [ "$status" -eq 0 ]
  [ -s good-1.mkv ] && [ ! -e good-2.mkv ]
  RETRIES=2 run timeout 300 "$program" bad filesrc location="$damaged" ! \
    matroskademux
  [ "$status" -eq 1 ]
  [ "$(grep -c 'The stream is corrupt: ' <<<"$output")" -eq 2 ]
  [ -s bad-1.mkv ] && [ -s bad-2.mkv ]
}

@test "the player shows what is found while it plays" {
  local program=$CVI_SOURCE/docs/examples/player.py
  run timeout 300 "$program" --sink fakesink "$healthy"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  run timeout 300 "$program" --sink fakesink "file://$damaged"
  [ "$status" -eq 1 ]
  [[ $output =~ [0-9.]+\ s:\ decode::concealed:\  ]]
  run timeout 300 "$program" --sink fakesink missing.mkv
  [ "$status" -eq 1 ]
}

# shown FILE: what the player shows in the picture, a line each. Where textoverlay
# is not installed (Debian's gstreamer1.0-x), an element with its name and
# properties takes its place.
shown() {
  run --separate-stderr timeout 60 /usr/bin/python3 -B - \
    "$CVI_SOURCE/docs/examples/player.py" "$1" <<'END'
import contextlib
import importlib.util
import os
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstBase", "1.0")
from gi.repository import GObject, Gst, GstBase


Gst.init(None)


class Overlay(GstBase.BaseTransform):
    text = GObject.Property(type=str, default="")
    valignment = GObject.Property(type=str)
    halignment = GObject.Property(type=str)
    shaded_background = GObject.Property(type=bool, default=False)


if not Gst.ElementFactory.find("textoverlay"):
    Overlay.set_metadata("Text", "Filter", "Stands in for textoverlay", "cvi")
    for name, direction in (("sink", Gst.PadDirection.SINK),
                            ("src", Gst.PadDirection.SRC)):
        Overlay.add_pad_template(Gst.PadTemplate.new(
            name, direction, Gst.PadPresence.ALWAYS,
            Gst.Caps.from_string("video/x-raw")))
    Gst.Element.register(None, "textoverlay", Gst.Rank.NONE, Overlay)
Gst.debug_remove_log_function(None)
spec = importlib.util.spec_from_file_location("player", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
player = module.Player(Gst.filename_to_uri(sys.argv[2]), "fakesink")
texts = []
player.text.connect("notify::text", lambda o, _: texts.append(o.props.text))
with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
    corrupt = player.play()
for text in texts:
    print(text)
if texts:
    assert player.text.props.text == texts[-1]
    player.hide()
    assert player.text.props.text == ""
sys.exit(1 if corrupt else 0)
END
}

@test "the player shows it in the picture, too" {
  shown "$healthy"
  echo "$output" "$stderr"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  shown "$damaged"
  echo "$output" "$stderr"
  [ "$status" -eq 1 ]
  [[ $output =~ [0-9.]+\ s:\ decode::concealed:\  ]]
}
