#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# A camera of RTSP: nothing is found in what arrives whole, and what does not is
# told of.

bats_require_minimum_version 1.5.0

setup() {
  export LC_ALL=C.UTF-8
  cd "$BATS_TEST_TMPDIR" || return 1
  /usr/bin/python3 -c 'import gi
gi.require_version("GstRtspServer", "1.0")' || skip "no RTSP server"
}

teardown() {
  [ -z "${server:-}" ] || kill "$server" || true
}

# serve ELEMENTS: $url is where; they go between payloader and network.
serve() {
  GST_PLUGIN_PATH="" GST_REGISTRY="$PWD/registry" timeout 600 \
    "$CVI_SOURCE/tests/media/serve-rtsp.py" port \
    "filesrc location=$CVI_MEDIA/h264-opus.mkv ! matroskademux ! h264parse !
     rtph264pay pt=96 config-interval=-1 $1 name=pay0" &
  server=$!
  until [ -s port ]; do
    kill -0 $server
    sleep 0.05
  done
  url=rtsp://127.0.0.1:$(<port)/test
}

# receive PROTOCOL: to the end of the stream, for which gst-launch waits in vain
# now and then (1 of 30 runs, without cvicheck). Times are the stream's own
# (buffer-mode=none): a machine that is busy takes packets late.
receive() {
  for limit in 20 30 40 60 90; do
    run --separate-stderr timeout $limit gst-launch-1.0 -m rtspsrc \
      location="$url" protocols="$1" latency=200 buffer-mode=none \
      do-rtcp=true ! \
      rtph264depay ! h264parse ! avdec_h264 ! cvicheck watch-log=true ! fakesink
    [ "$status" -eq 124 ] || break
  done
  echo "$status $output" | grep -E '^[0-9]|cvicheck' || true
}

@test "what arrives whole" {
  serve ""
  receive tcp
  [ "$status" -eq 0 ]
  [[ $output == *"cvicheck-summary, verdict=(string)healthy"* ]]
  [[ $output != *cvicheck-finding* ]]
}

@test "over UDP" {
  local attempt
  serve ""
  # A receiver that is held up loses packets; not every time.
  for attempt in 1 2 3 4; do
    receive udp
    [ "$status" -eq 0 ]
    [[ $output == *cvicheck-finding* ]] || break
  done
  [[ $output == *"cvicheck-summary, verdict=(string)healthy"* ]]
  [[ $output != *cvicheck-finding* ]]
}

@test "what is lost on the way" {
  serve "! identity drop-probability=0.1"
  receive tcp
  [ "$status" -eq 0 ]
  [[ $output == *"cvicheck-finding, rule=(string)"*start-ns=* ]]
}
