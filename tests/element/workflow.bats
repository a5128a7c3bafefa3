#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# What cvicheck is put into: transcoding, recording, sending on, playback. It
# changes nothing of what they make, and finds nothing in healthy clips.

bats_require_minimum_version 1.5.0

setup() {
  export LC_ALL=C.UTF-8
  cd "$BATS_TEST_TMPDIR" || return 1
  check="cvicheck watch-log=true fail-on=suspicious"
}

launch() {
  timeout 300 gst-launch-1.0 -q "$@" 2>log || { cat log; return 1; }
}

# transcode CHECK OUT: x264 with one thread makes the same of the same.
transcode() {
  launch filesrc location="$CVI_MEDIA/vp8-vorbis.webm" ! decodebin name=d \
    d. ! queue ! video/x-raw ! $1 ! x264enc threads=1 speed-preset=ultrafast ! \
    h264parse ! queue ! mpegtsmux name=m ! filesink location="$2" \
    d. ! queue ! audio/x-raw ! $1 ! audioconvert ! avenc_aac ! aacparse ! \
    queue ! m.
}

@test "transcoding: each stream is the same with and without it" {
  transcode identity without.ts
  transcode "$check" with.ts
  for stream in v a; do
    for file in without with; do
      ffmpeg -nostdin -v error -i $file.ts -map "0:$stream" -c copy \
        -f framehash $file.$stream
    done
    [ "$(grep -vc '^#' with.$stream)" -gt 80 ]
    cmp with.$stream without.$stream
  done
}

@test "remuxing of coded data: the same file" {
  for name in without:identity with:cvicheck; do
    launch filesrc location="$CVI_MEDIA/h264-aac.mp4" ! qtdemux ! h264parse ! \
      ${name#*:} ! mpegtsmux ! filesink location="${name%:*}.ts"
  done
  cmp with.ts without.ts
}

@test "recording behind a tee: the recording is the clip, damaged or not" {
  for clip in whole damaged; do
    cp "$CVI_MEDIA/h264-opus.mkv" $clip.mkv
    [ $clip = whole ] ||
      "$CVI_DAMAGE" zero-32k 1 "$CVI_MEDIA/h264-opus.mkv" $clip.mkv
    launch filesrc location=$clip.mkv ! matroskademux ! h264parse ! tee name=t \
      t. ! queue ! filesink location=$clip.264 \
      t. ! queue ! avdec_h264 ! cvicheck watch-log=true ! fakesink
    launch filesrc location=$clip.mkv ! matroskademux ! h264parse ! \
      filesink location=plain.264
    [ -s plain.264 ]
    cmp plain.264 $clip.264
  done
}

@test "sent on over the network: what arrives is what was sent" {
  local port=0 list
  # The receiver first; it tells which port it has got.
  python3 - >received <<'END' &
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
open("port", "w").write(str(server.getsockname()[1]) + "\n")
connection, _ = server.accept()
while data := connection.recv(65536):
    sys.stdout.buffer.write(data)
END
  list=$!
  until [ -s port ]; do
    kill -0 $list
    sleep 0.05
  done
  port=$(<port)
  launch filesrc location="$CVI_MEDIA/h264-aac.mp4" ! qtdemux ! h264parse ! \
    cvicheck fail-on=suspicious ! mpegtsmux ! tee name=t \
    t. ! queue ! filesink location=sent \
    t. ! queue ! tcpclientsink host=127.0.0.1 port="$port"
  wait $list
  [ -s sent ]
  cmp sent received
}

@test "playback: filters of playbin for pictures and sound" {
  run timeout 300 gst-launch-1.0 -m playbin \
    uri="file://$CVI_MEDIA/vp8-vorbis.webm" video-sink=fakesink \
    audio-sink=fakesink video-filter="$check" audio-filter="$check"
  [ "$status" -eq 0 ]
  [ "$(grep -c 'cvicheck-summary, verdict=(string)healthy' <<<"$output")" -eq 2 ]
  [[ $output != *cvicheck-finding* ]]
}

# Plays backwards, fast, key units only, and jumps to and fro. The last seek
# plays a piece to its end.
@test "seeks and trick modes with real decoders" {
  for clip in h264-aac.mp4 vp8-vorbis.webm b-frames.mp4 theora-vorbis.ogv; do
    run --separate-stderr timeout 300 /usr/bin/python3 - "$CVI_MEDIA/$clip" <<'END'
import sys
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst

Gst.init(None)
player = Gst.parse_launch(
    f"filesrc location={sys.argv[1]} ! decodebin ! video/x-raw ! "
    "cvicheck watch-log=true ! fakesink sync=false")
bus = player.get_bus()
found = 0


def wait(kind):
    global found
    while True:
        message = bus.timed_pop(Gst.CLOCK_TIME_NONE)
        if message.has_name("cvicheck-finding"):
            print(message.get_structure().to_string())
            found += 1
        if message.type == Gst.MessageType.ERROR:
            sys.exit(message.parse_error()[1])
        if message.type == kind:
            return


FLAGS = Gst.SeekFlags.FLUSH
TRICK = FLAGS | Gst.SeekFlags.TRICKMODE
player.set_state(Gst.State.PAUSED)
wait(Gst.MessageType.ASYNC_DONE)
for rate, flags, start, stop in (
        (1, FLAGS | Gst.SeekFlags.ACCURATE, 1, 3), (2, FLAGS, 0, -1),
        (2, TRICK, 1, -1), (4, TRICK | Gst.SeekFlags.TRICKMODE_KEY_UNITS, 0, -1),
        (-1, FLAGS, 0, 3), (-2, TRICK, 0, 2), (1, FLAGS, 2, -1),
        (1, FLAGS | Gst.SeekFlags.KEY_UNIT, 0, -1)):
    stop_type = Gst.SeekType.SET if stop >= 0 else Gst.SeekType.NONE
    if not player.seek(rate, Gst.Format.TIME, flags, Gst.SeekType.SET,
                       start * Gst.SECOND, stop_type,
                       max(stop, 0) * Gst.SECOND):
        print("no seek", rate)
        continue
    wait(Gst.MessageType.ASYNC_DONE)
    player.set_state(Gst.State.PLAYING)
    wait(Gst.MessageType.EOS)
    player.set_state(Gst.State.PAUSED)
player.set_state(Gst.State.NULL)
sys.exit(found)
END
    echo "$clip: $status $output"
    [ "$status" -eq 0 ]
    # not all demuxers play backwards
    [ "$(grep -c 'no seek' <<<"$output")" -le 2 ]
  done
}
