#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# HLS and DASH: where segments meet is no fault; one that is missing or damaged
# is told of with its time. The player is docs/examples/check-streams.c.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  mkdir dash hls hls-mp4
  ffmpeg -nostdin -v error -i "$CVI_MEDIA/h264-aac.mp4" -c copy -f dash \
    -seg_duration 1 dash/list
  ffmpeg -nostdin -v error -i "$CVI_MEDIA/h264-aac.mp4" -c copy -f hls \
    -hls_time 1 -hls_playlist_type vod -hls_segment_type fmp4 hls-mp4/list
  ffmpeg -nostdin -v error -i "$CVI_MEDIA/h264-aac.mp4" -c copy -f hls \
    -hls_time 1 -hls_playlist_type vod -hls_segment_filename hls/%d.ts hls/list
}

setup() {
  export LC_ALL=C.UTF-8
  cd "$BATS_TEST_TMPDIR" || return 1
  cp -r "$BATS_FILE_TMPDIR"/{dash,hls,hls-mp4} .
}

teardown() {
  [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
}

# play_over_http LIST: as a player does, which ends with the first error.
play_over_http() {
  : >log
  timeout 120 "$CVI_SOURCE/tests/cli/serve.py" . port log 3>&- &
  server=$!
  until [ -s port ]; do kill -0 $server; done
  run --separate-stderr timeout 300 gst-launch-1.0 -m \
    souphttpsrc location="http://127.0.0.1:$(<port)/plain/$1" ! \
    decodebin name=d \
    d. ! video/x-raw ! cvicheck watch-log=true ! fakesink \
    d. ! audio/x-raw ! cvicheck ! fakesink
  echo "$status" "$(grep -e cvicheck <<<"$output")" "$stderr"
}

play() {
  run --separate-stderr timeout 300 "$CVI_CHECK_STREAMS" "$1"
  echo "$status" "$output"
}

# told RULE FROM TO: is there a finding between the seconds?
told() {
  awk -v rule="$1:" -v from="$2" -v to="$3" '$2 == rule {
    split($1, t, ":"); s = t[1] * 3600 + t[2] * 60 + t[3]
    if (s >= from && s <= to) found = 1 } END { exit !found }' <<<"$output"
}

@test "whole: no finding" {
  [ "$(find hls -name '*.ts' | wc -l)" -ge 4 ]
  for list in hls/list hls-mp4/list dash/list; do
    play $list
    [ "$status" -eq 0 ]
    [ -z "$output" ]
  done
}

@test "a discontinuity that the list tells of" {
  sed -i 's/^#EXT-X-ENDLIST/#EXT-X-DISCONTINUITY/' hls/list
  sed -n '/^#EXTINF/,$p' "$BATS_FILE_TMPDIR/hls/list" >>hls/list
  [ "$(grep -c EXTINF hls/list)" -ge 8 ]
  play hls/list
  [ "$status" -eq 0 ]
  # A packet of sound that both parts have is noted, and no fault.
  ! grep -v 'time::overlap: 0\.0[0-9]* s overlap (about 1 frames)' <<<"$output" |
    grep .
}

@test "a missing segment" {
  rm hls/2.ts
  play hls/list
  [ "$status" -eq 1 ]
  told container::missing-fragment 1.5 2.6
  rm dash/chunk-stream0-00003.m4s
  play dash/list
  [ "$status" -eq 1 ]
  told container::missing-fragment 1.5 2.6
}

@test "a damaged segment" {
  for seed in 1 2 3; do
    "$CVI_DAMAGE" zero-32k "$seed" "$BATS_FILE_TMPDIR/hls/1.ts" \
      hls/1.ts
    play hls/list
    [ "$status" -eq 1 ]
    told decode::error 0.9 2.9 || told time::gap 0.9 2.9
  done
  cp "$BATS_FILE_TMPDIR/hls/1.ts" hls/
  "$CVI_DAMAGE" random-4k 1 "$BATS_FILE_TMPDIR/dash/chunk-stream0-00002.m4s" \
    dash/chunk-stream0-00002.m4s
  play dash/list
  [ "$status" -eq 1 ]
  told decode::error 0.9 2.9 || told decode::concealed 0.9 2.9
}

@test "over HTTP, whole" {
  play_over_http hls/list
  [ "$status" -eq 0 ]
  [ "$(grep -c 'cvicheck-summary, verdict=(string)healthy' <<<"$output")" -eq 2 ]
  [[ $output != *cvicheck-finding* ]]
  grep -q '^/plain/hls/3.ts ' log
}

@test "over HTTP, a damaged segment" {
  "$CVI_DAMAGE" zero-32k 1 "$BATS_FILE_TMPDIR/hls/1.ts" hls/1.ts
  play_over_http hls/list
  [[ $output == *"cvicheck-finding, rule=(string)container::continuity"* ]]
  [ "$(grep -c 'cvicheck-summary, verdict=(string)corrupt' <<<"$output")" -eq 2 ]
}

@test "over HTTP, a segment that is not there" {
  rm hls/2.ts
  play_over_http hls/list
  [ "$status" -eq 1 ]
  [[ $stderr == *"hlsdemux"*"Not Found"* ]]
}
