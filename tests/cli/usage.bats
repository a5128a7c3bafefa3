# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Commands, options, and where settings come from.

bats_require_minimum_version 1.5.0
load helpers

# mode_of ARGUMENT...: the mode that a scan with them would use.
mode_of() {
  cvi scan --no-db --format jsonl "$@" "$videos"
  [ "$status" -eq 0 ]
  sed -n 's/.*"mode":"\([a-z]*\)".*/\1/p' <<<"$output"
}

@test "--help and --version" {
  cvi --help
  [ "$status" -eq 0 ]
  [[ $output == *"Usage: cvi-gst COMMAND"* ]]
  cvi --version
  [ "$status" -eq 0 ]
  [[ $output =~ ^cvi-gst\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "every command in the help has help of its own" {
  cvi --help
  commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$output")
  [ "$(wc -w <<<"$commands")" -ge 5 ]
  for command in $commands; do
    cvi "$command" --help
    [ "$status" -eq 0 ]
    [[ $output == *"cvi-gst $command [OPTION"* ]]
    [ -z "$stderr" ]
  done
}

@test "help works beside a broken configuration file" {
  configure 'nonsense'
  cvi scan --help
  [ "$status" -eq 0 ]
}

@test "no command, an unknown command, an unknown option" {
  cvi
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  cvi frobnicate
  [ "$status" -eq 2 ]
  [[ $stderr == *'"frobnicate"'* ]]
  cvi --frobnicate
  [ "$status" -eq 2 ]
  [[ $stderr == *'"--frobnicate"'* ]]
  for command in scan list report query stats trend cleanup backup rules \
    doctor; do
    cvi "$command" --frobnicate
    [ "$status" -eq 2 ]
    [[ $stderr == *"$command: "*--frobnicate* ]]
  done
}

@test "commands that take no arguments refuse them" {
  for command in rules doctor stats trend cleanup; do
    cvi "$command" something
    [ "$status" -eq 2 ]
    [[ $stderr == *'"something"'* ]]
  done
}

@test "scan and list without a path" {
  for command in scan list; do
    cvi "$command"
    [ "$status" -eq 2 ]
    [[ $stderr == *"no PATH"* ]]
  done
}

@test "bad values are refused with the option's name" {
  for option in --mode=fast -mfast --jobs=-1 --jobs=1025 --jobs=2x --hw=maybe \
    --sandbox=maybe \
    --stall-timeout=-1 --stall-timeout=nan --file-timeout=1e3 --max-age=3y \
    --max-age= --memory-limit=1.5 --format=pdf --progress=loud \
    --fail-on=corrupt,sad --fail-on= --ext=, --db=; do
    cvi scan "$option" "$videos"
    [ "$status" -eq 2 ] || {
      echo "$option: $status"
      false
    }
    [[ $stderr == *"${option:0:2}"* ]]
  done
}

@test "options that exclude each other" {
  cvi scan --rescan --max-age 1d "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *--rescan*--max-age* ]]
  cvi scan --no-db --db x.db "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *--no-db*--db* ]]
}

@test "command line before environment before configuration before default" {
  use_fake_worker
  files a.mp4
  [ "$(mode_of)" = hybrid ]
  configure '[scan]' 'mode = quick'
  [ "$(mode_of)" = quick ]
  export CVI_MODE=deep
  [ "$(mode_of)" = deep ]
  [ "$(mode_of --mode full)" = full ]
  export CVI_MODE=
  [ "$(mode_of)" = quick ]
}

@test "a store that the command line forbids and the configuration names" {
  use_fake_worker
  files a.mp4
  configure '[scan]' "db = $BATS_TEST_TMPDIR/configured.db"
  cvi scan --no-db "$videos"
  [ "$status" -eq 0 ]
  [ ! -e configured.db ]
  CVI_NO_DB=true cvi scan --db named.db "$videos"
  [ "$status" -eq 0 ]
  [ -e named.db ]
  [ ! -e configured.db ]
  cvi scan "$videos"
  [ -e configured.db ]
}

@test "lists in the environment" {
  files a.mp4 b.mkv c.dat d.dat
  CVI_EXT=' dat, mkv' CVI_EXCLUDE='c.*; x' cvi list "$videos"
  [ "$status" -eq 0 ]
  [ "$(sort <<<"$output")" = "$videos/b.mkv
$videos/d.dat" ]
  CVI_EXCLUDE='c.*' cvi list --ext dat --exclude 'd*' --exclude 'x*' "$videos"
  [ "$output" = "$videos/c.dat" ]
}

@test "bad values name their source" {
  CVI_JOBS=many cvi scan "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *CVI_JOBS=many* ]]
  configure '[scan]' 'jobs = many'
  cvi scan "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *cvi-gst.conf*'"jobs"'* ]]
  # Even where another source goes before it.
  cvi scan --jobs 1 "$videos"
  [ "$status" -eq 2 ]
}

@test "the value may be attached to a short option" {
  cvi scan -mquick -j2 --no-db "$BATS_TEST_TMPDIR"
  [ "$status" -eq 0 ]
  cvi scan -j2x "$BATS_TEST_TMPDIR"
  [ "$status" -eq 2 ]
  [[ $stderr == *2x* ]]
}

@test "unknown keys and groups in the configuration" {
  configure '[scan]' 'modus = quick'
  cvi scan "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *cvi-gst.conf*'"modus"'* ]]
  configure '[scam]' 'mode = quick'
  cvi scan "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *cvi-gst.conf*'[scam]'* ]]
  # What makes sense for one run alone is no key.
  configure '[scan]' 'output = x'
  cvi scan "$videos"
  [ "$status" -eq 2 ]
  configure 'no key file'
  cvi scan "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *cvi-gst.conf* ]]
}

@test "cvi-gst is not linked with GStreamer" {
  run ldd "$CVI_GST"
  [ "$status" -eq 0 ]
  [[ $output == *libglib* ]]
  [[ $output != *libgst* ]]
}

@test "rules in all formats, and docs/rules.md is up to date" {
  cvi rules
  [ "$status" -eq 0 ]
  [[ $output == *"decode::error"* ]]
  n=$(grep -c '^[a-z]*::' <<<"$output")
  cvi rules --format json
  [ "$status" -eq 0 ]
  [ "$(grep -c '"id"' <<<"$output")" -eq "$n" ]
  "$CVI_GST" rules --format markdown >rules.md
  diff "$CVI_SOURCE/docs/rules.md" rules.md
}

@test "an output that cannot be written" {
  for command in rules "list $videos" "report" "scan --no-db $videos"; do
    files a.mp4
    use_fake_worker
    "$CVI_GST" scan "$videos" >/dev/null 2>&1
    # shellcheck disable=SC2086
    run "$CVI_GST" $command >/dev/full
    status=0
    # shellcheck disable=SC2086
    "$CVI_GST" $command >/dev/full 2>messages || status=$?
    [ "$status" -eq 2 ] || {
      echo "$command: $status"
      false
    }
    grep -q 'No space left' messages
  done
}

@test "doctor" {
  use_fake_worker
  cvi doctor
  [ "$status" -eq 0 ]
  [[ $output == *9.8.7* ]]
  [[ $output == *H.264*fakedec\** ]]
  [[ $output == *VP8*none* ]]
  [[ $output == *"install some-package"* ]]
  [[ $output == *"/dev/fake (plugin fake)"*fakedec*"video/x-h264, up to 4096x2304"* ]]
  [[ $output == *"NVDEC "*"there is no /dev/nvidia"* ]]
  [[ $output != *"VA  "* ]]
  [[ $output == *"$CVI_WORKER"* ]]
  cvi doctor --format json
  [ "$status" -eq 0 ]
  [ "$output" = "$("$CVI_WORKER" --doctor)" ]
}

# As a driver that hangs when it is looked for.
@test "a worker that does not answer is not waited for" {
  local token=$BATS_TEST_NAME.$$
  use_fake_worker
  export CVI_FAKE_HANG=1 CVI_ANSWER_TIMEOUT=0.3 CVI_FAKE_HW=hw
  files a.mp4
  CVI_TEST_TOKEN=$token cvi doctor
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  # With the child of the worker, which no answer is read from.
  wait_for none_has "$token"
  [[ $stderr == "cvi-gst: doctor: $CVI_WORKER --doctor has not answered in 0.3 s and was killed"* ]]
  cvi doctor --hw-device fake
  [ "$status" -eq 2 ]
  [[ $stderr == *"$CVI_WORKER --find-hw has not answered"* ]]
  cvi scan --no-db --hw-device fake --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [ "$(verdict_of a.mp4)" = healthy ]
  [[ $stderr == "cvi-gst: warning: $CVI_WORKER --find-hw has not answered "*"; software decodes" ]]
  [ "$(cat hw)" = off ]
  : >hw
  cvi scan --no-db --hw require --hw-device fake --format jsonl "$videos"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [[ $stderr == "cvi-gst: scan: $CVI_WORKER --find-hw has not answered "* ]]
  [ ! -s hw ]
  # Without the option nobody asks, and hardware decodes.
  cvi scan --no-db --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ "$(cat hw)" = auto ]
}

@test "doctor without a worker, and with something else in its place" {
  CVI_WORKER=/nonexistent/worker cvi doctor
  [ "$status" -eq 2 ]
  [[ $stderr == *"/nonexistent/worker"* ]]
  CVI_WORKER=/bin/false cvi doctor
  [ "$status" -eq 2 ]
  CVI_WORKER=/bin/echo cvi doctor
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  # Answers that look like one at first.
  printf '#!/bin/sh\ncat answer\n' >other
  chmod +x other
  for answer in '[]' '{}' '{"decoders":[5],"missing":[],"sandbox":{}}' \
    '{"decoders":[{}],"missing":[],"sandbox":{}}' \
    '{"decoders":[{"elements":[null]}],"missing":[],"sandbox":{}}' \
    '{"decoders":[],"missing":["x"],"sandbox":{}}' \
    '{"decoders":[],"missing":[],"sandbox":[]}' \
    '{"decoders":[],"missing":[],"sandbox":{},"hardware":[]}' \
    '{"decoders":[],"missing":[],"sandbox":{},"hardware":{"decoders":[{}],
      "support":[]}}' \
    "$(head -c 5000000 /dev/zero | tr '\0' '[')"; do
    printf '%s' "$answer" >answer
    CVI_WORKER=$PWD/other cvi doctor
    [ "$status" -eq 2 ]
    [ -z "$output" ]
  done
  echo '{"decoders":[{"codec":1,"elements":[{"name":2}]}],"missing":[{}],
    "hardware":{"decoders":[{"types":[4]}],"support":[{}]},
    "sandbox":{"missing":3,"landlock_abi":"x"}}' >answer
  CVI_WORKER=$PWD/other cvi doctor
  [ "$status" -eq 0 ]
}
