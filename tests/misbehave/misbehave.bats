# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Decoders that crash, hang, eat memory and try what they must not: the scan goes
# on, and tells of each file what is right.

bats_require_minimum_version 1.5.0
load ../cli/helpers

# One registry for all tests of this file: looking at every plugin takes long.
setup_file() {
  export CVI_CACHE=$BATS_FILE_TMPDIR/cache GST_PLUGIN_PATH=$CVI_PLUGINS
  export CVI_MISBEHAVE_DIR=$BATS_FILE_TMPDIR/outside
  mkdir -p "$CVI_CACHE" "$CVI_MISBEHAVE_DIR"
  echo 'nobody reads this' >"$CVI_MISBEHAVE_DIR/secret"
}

# scan_rows ROW...: scans the clips of rows "MARK VERDICT RULE MESSAGE", each
# followed by a healthy file, so that no streak of them is one of the machine.
# Then checks each row: RULE must be found (-: nothing above info), with a
# message that matches MESSAGE (an extended regular expression).
scan_rows() {
  local row mark i=0 token=cvi-test-$$-$RANDOM$RANDOM
  local marks=()
  export XDG_CACHE_HOME=$CVI_CACHE
  for row in "$@"; do
    marks+=("${row%% *}")
  done
  "$CVI_MAKE_CLIPS" "$videos" "${marks[@]}"
  for mark in "${marks[@]}"; do
    cp "$CVI_MEDIA/vp8-vorbis.webm" "$videos/sound$((++i)).webm"
    echo "$videos/${mark/:/-}.avi"
    echo "$videos/sound$i.webm"
  done >list
  CVI_TEST_TOKEN=$token cvi scan -m deep -j 2 --no-db --stats --format jsonl \
    --stall-timeout 5 --memory-limit 400 --files-from list "${options[@]}"
  echo "$output" >out
  echo "$stderr" >err
  nothing_is_left "$token"
  [ "$(wc -l <out)" -eq $((2 * $#)) ]
  [ "$(grep -c '/sound[0-9]*.webm","verdict":"healthy"' out)" -eq $# ]
  for row in "$@"; do
    check_row $row
  done
}

# check_row MARK VERDICT RULE [MESSAGE...]
check_row() {
  local name=${1/:/-}.avi verdict=$2 rule=$3 found
  shift 3
  found=$(jq -r --arg name "$name" 'select(.path | endswith("/" + $name)) |
    .verdict, (.findings[] | "\(.severity) \(.rule) \(.message)")' out)
  echo "# $name: $found"
  [ "$(head -n 1 <<<"$found")" = "$verdict" ]
  if [ "$rule" = - ]; then
    ! tail -n +2 <<<"$found" | grep -qv '^info '
  else
    grep -qE "^[a-z]+ ($rule) .*${*:-}" <<<"$found"
  fi
}

# No process of the scan that was marked with the token $1, no file written, and
# a supervisor that has not grown with what it was told.
nothing_is_left() {
  wait_for none_has "$1"
  [ ! -e "$CVI_MISBEHAVE_DIR/written" ]
  [ "$(sed -n 's/^supervisor peak memory: \([0-9]*\).*/\1/p' err)" -lt 64 ]
}

options=()

@test "sound clips, whatever decodes them" {
  scan_rows ": healthy -"
  [ "$status" -eq 0 ]
  [[ $output == *'"decoder":"misbehavea"'* ]]
}

@test "decoders that die" {
  scan_rows \
    "both:segv incomplete process::crashed attempt 3: .*SIGSEGV.*misbehaveb" \
    "a:segv healthy process::crashed attempt 2: .*other decoders" \
    "both:abort incomplete process::crashed SIGABRT while .*misbehavea" \
    "a:exit healthy process::crashed status 3" \
    "a:garbage healthy process::crashed broke the protocol" \
    "a:close healthy process::crashed closed its connection|status 1"
  [ "$status" -eq 4 ]
}

@test "decoders that hang" {
  scan_rows \
    "both:loop incomplete process::stalled attempt 3: .*no progress" \
    "a:sleep healthy process::stalled attempt 2: .*other decoders" \
    "a:hang-eos healthy process::stalled no progress" \
    "a:hang-state healthy process::stalled no progress"
  [ "$status" -eq 4 ]
}

@test "decoders that take all they can get" {
  scan_rows \
    "both:alloc incomplete process::(out-of-memory|stalled|crashed) attempt 3" \
    "a:flood-log healthy -" \
    "a:flood-bus healthy -" \
    "a:leak-threads healthy -"
  [ "$status" -eq 4 ]
}

@test "decoders that post what they like" {
  scan_rows "a:malformed healthy -"
  [ "$status" -eq 0 ]
  [[ $output != *forged* ]]
}

@test "without a sandbox a decoder's child ends with its worker" {
  options=(--sandbox off)
  scan_rows "a:fork healthy process::crashed status 42"
}

@test "decoders that want out" {
  "$CVI_GST" doctor --format json >doctor.json || true
  [ "$(jq -r .sandbox.complete doctor.json)" = true ] ||
    skip "this kernel does not provide $(jq -r .sandbox.missing doctor.json)"
  options=(--sandbox require)
  # What no decoder needs is told, what some try in vain is only refused.
  scan_rows \
    "a:fork healthy -" \
    "a:exec incomplete process::sandbox execve" \
    "a:write healthy -" \
    "a:read healthy -" \
    "a:socket incomplete process::sandbox socket"
  ! grep -q 'status 42' out
}
