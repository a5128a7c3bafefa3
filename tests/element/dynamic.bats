#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# Pipelines that change while they play, 100 times: nothing is found that is
# not there, and nothing is left behind.

bats_require_minimum_version 1.5.0

setup() {
  export LC_ALL=C.UTF-8
  log=$BATS_TEST_TMPDIR/leaks.log
  report=$BATS_TEST_TMPDIR/report.jsonl
}

# changed TRACERS ENCODER ELEMENTS: no finding, no leak.
changed() {
  GST_TRACERS="leaks(check-refs=true)$1" GST_DEBUG=GST_TRACER:7 \
    GST_DEBUG_FILE="$log" run --separate-stderr timeout 300 "$CVI_RELINK" \
    "$2" "$3" 100
  echo "$output" "$stderr"
  [ "$status" -eq 0 ]
  [ "$output" = "changed 100 times" ]
  # The tracer was there; the line that describes its format has %s there.
  grep -q 'object-alive, type-name=(string)%s' "$log"
  ! grep -E 'object-alive, type-name=\(string\)[^%]' "$log"
}

@test "cvicheck exchanged and relinked" {
  changed "" identity cvicheck
}

@test "cvicheck that watches the log exchanged and relinked" {
  changed "" identity "cvicheck watch-log=true fail-on=suspicious"
}

@test "decoders with their cvicheck exchanged" {
  changed "" jpegenc "jpegdec ! cvicheck watch-log=true gap-threshold=1000000000"
}

@test "decoders exchanged and relinked under the tracer" {
  changed ";cvi(report=$report)" jpegenc jpegdec
  [ "$(jq -rs 'map(select(.type == "stream")) | length' "$report")" -ge 50 ]
  [ "$(jq -rs 'map(select(.type == "finding")) | length' "$report")" -eq 0 ]
  [ "$(jq -rs 'last | .verdict' "$report")" = healthy ]
}

@test "both at once" {
  changed ";cvi(report=$report)" jpegenc \
    "jpegdec ! cvicheck watch-log=true gap-threshold=1000000000"
}
