# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# rtsp: URIs, with the real worker and a server of GStreamer's library. Most ask
# for TCP (rtspt), where nothing is lost but what the server leaves out.

bats_require_minimum_version 1.5.0
load helpers

setup_file() {
  export TMPDIR=$BATS_FILE_TMPDIR/spool
  mkdir "$TMPDIR"
  "$CVI_SOURCE/tests/media/serve-rtsp.py" "$BATS_FILE_TMPDIR/port" 3>&- &
  echo $! >"$BATS_FILE_TMPDIR/pid"
  load helpers
  wait_for test -e "$BATS_FILE_TMPDIR/port"
  port=$(cat "$BATS_FILE_TMPDIR/port")
  export port
}

teardown_file() {
  kill "$(cat "$BATS_FILE_TMPDIR/pid")" || true
}

teardown() {
  [ -z "$(ls -A "$TMPDIR")" ]
}

# record URI OPTION...: $output is its record, in short.
record() {
  cvi scan --no-db --format json --live-time 2 "$@"
  records=$(jq -c '.[]' <<<"$output")
  # Shown where the test fails.
  jq -c '[.verdict, .streams, .findings]' <<<"$records"
}

# The order of the streams is that of their first packets.
n_frames() {
  jq '.streams[] | select(.id == "video/0") | .frames' <<<"$records"
}

@test "a live stream is recorded for a while, and checked" {
  record "rtspt://127.0.0.1:$port/live"
  [ "$status" -eq 0 ]
  [ "$(jq -c '[.verdict, .container, .mtime_ns, (.findings | length),
    ([.streams[] | .id + " " + .codec] | sort)]' <<<"$records")" = \
    '["healthy","matroska",0,0,["audio/0 Opus","video/0 H.264"]]' ]
  [ "$(n_frames)" -eq 50 ]
}

@test "one that ends by itself" {
  record --live-time 0 "rtspt://127.0.0.1:$port/short"
  [ "$status" -eq 0 ]
  [ "$(n_frames)" -eq 50 ]
}

@test "over UDP, in the sandbox" {
  "$CVI_GST" doctor --format json >doctor.json
  jq -e .sandbox.complete doctor.json >/dev/null || skip "no sandbox here"
  record --sandbox require "rtspu://name:secret@127.0.0.1:$port/live"
  [ "$(jq -c '[.streams[].id] | sort' <<<"$records")" = \
    '["audio/0","video/0"]' ]
  [ "$(jq -r .path <<<"$records")" = "rtspu://127.0.0.1:$port/live" ]
}

# Over UDP, a machine that is busy may lose packets.
@test "a camera's data beside the picture" {
  for scheme in rtspt rtspu; do
    record "$scheme://127.0.0.1:$port/data"
    [ "$(jq -c '[[.streams[].id],
      [.findings[].rule | select(startswith("io::") or
        startswith("stream::"))]]' <<<"$records")" = '[["video/0"],[]]' ]
  done
}

@test "packets that were lost are counted, with their times" {
  record --live-time 8 "rtspt://127.0.0.1:$port/lossy"
  [ "$status" -eq 1 ]
  [ "$(jq -c '.findings[] | select(.rule == "container::continuity") |
    [.stream, .message]' <<<"$records")" = \
    '["video/0","2 RTP packets were lost on the way"]
["video/0","1 RTP packet was lost on the way"]' ]
  jq -e '[.findings[] | select(.rule == "container::continuity") |
    .start_ns < .end_ns and .end_ns < 8000000000] | all' <<<"$records"
}

@test "streams that are not there, and servers" {
  record "rtsp://127.0.0.1:$port/nothing"
  [ "$status" -eq 4 ]
  [ "$(jq -r '.verdict + " " + .findings[0].rule' <<<"$records")" = \
    "unreadable io::vanished" ]
  record "rtsp://127.0.0.1:1/live"
  [ "$(jq -r '.verdict + " " + .findings[0].rule' <<<"$records")" = \
    "unreadable io::error" ]
}

@test "a transport stream is told of as not supported" {
  record "rtspt://127.0.0.1:$port/ts"
  [ "$status" -eq 4 ]
  [ "$(jq -r '.verdict + " " + .findings[0].rule' <<<"$records")" = \
    "unsupported stream::unsupported" ]
}

# stop_server SIGNAL SCHEME OPTION...: sends that to a server, while all that it
# sends is recorded, into the file "out".
stop_server() {
  local pid scan
  rm -f port
  "$CVI_SOURCE/tests/media/serve-rtsp.py" port 3>&- &
  pid=$!
  wait_for test -e port
  "$CVI_GST" scan --no-db --format json --live-time 600 "${@:3}" -o out \
    "$2://127.0.0.1:$(cat port)/live" &
  scan=$!
  wait_for spooled
  kill "-$1" $pid
  status=0
  wait $scan || status=$?
  kill -KILL $pid 2>/dev/null || true
  jq -c '.[].findings' out
}

@test "a server that falls silent" {
  stop_server STOP rtspt --stall-timeout 5
  [ "$status" -eq 4 ]
  [ "$(jq -r '.[] | .verdict + " " + .findings[0].message' out)" = \
    "unreadable no data came for 5 s" ]
}

@test "a server that is killed in the middle" {
  for scheme in rtspt rtspu; do
    stop_server KILL $scheme --stall-timeout 0
    [ "$status" -eq 4 ]
    [ "$(jq -r '.[] | .verdict + " " + .findings[0].rule' out)" = \
      "unreadable io::error" ]
  done
}

@test "more than --spool-limit" {
  for sandbox in off auto; do
    record --spool-limit 1 --live-time 600 --sandbox $sandbox \
      "rtspt://127.0.0.1:$port/large"
    [ "$status" -eq 4 ]
    [ "$(jq -c '[.verdict, .findings[].rule, .findings[].message]' \
      <<<"$records")" = '["incomplete","io::partial",'"$(
      )"'"more than 1048576 bytes (--spool-limit)"]' ]
  done
}

# Has some of the stream come?
spooled() {
  [ -n "$(find "$TMPDIR" -type f -size +0)" ]
}

@test "a stop while it is recorded" {
  "$CVI_GST" scan --no-db --live-time 600 "rtspt://127.0.0.1:$port/live" 3>&- &
  pid=$!
  wait_for spooled
  children=$(children_of $pid)
  kill -INT $pid
  status=0
  wait $pid || status=$?
  [ "$status" -eq 130 ]
  for child in $children; do
    wait_for has_ended "$child"
  done
}
