# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# The supervisor's side of a scan, with a worker that goes by file names.

bats_require_minimum_version 1.5.0
load helpers


fake() {
  use_fake_worker
  files "$@"
}

# many N: makes N files.
many() {
  local i
  for ((i = 0; i < $1; i++)); do
    echo x >"$videos/file$i.mp4"
  done
}

@test "exit status 0: all healthy" {
  fake a.mp4 b.mp4
  cvi scan "$videos"
  [ "$status" -eq 0 ]
  [[ $output == "2 files: 2 healthy"* ]]
}

@test "exit status 1: one corrupt" {
  fake a.mp4 gap.mp4 encrypted.mp4 corrupt.mp4
  cvi scan "$videos"
  [ "$status" -eq 1 ]
  [[ $output == *"corrupt     $videos/corrupt.mp4  decode::error (video/0)"* ]]
}

@test "exit status 3: one suspicious, none corrupt" {
  fake a.mp4 gap.mp4 encrypted.mp4
  cvi scan "$videos"
  [ "$status" -eq 3 ]
}

@test "exit status 4: one that could not be checked" {
  fake a.mp4 encrypted.mp4
  cvi scan "$videos"
  [ "$status" -eq 4 ]
  [[ $output == *"unsupported "*encrypted.mp4* ]]
  cvi scan --no-db "$videos/a.mp4" "$videos/crash.mp4"
  [ "$status" -eq 4 ]
}

@test "--fail-on narrows what counts" {
  fake a.mp4 gap.mp4 encrypted.mp4 corrupt.mp4
  for row in corrupt:1 suspicious:3 unsupported:4 none:0 healthy:0 \
    suspicious,unsupported:3 incomplete:0; do
    cvi scan --no-db --fail-on "${row%:*}" "$videos"
    [ "$status" -eq "${row#*:}" ] || {
      echo "$row: $status"
      false
    }
  done
}

@test "an empty folder" {
  use_fake_worker
  cvi scan --stats "$videos"
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "0 files" ]
  [[ $stderr == *"workers started: 0"* ]]
}

@test "a missing path is unreadable, and the others are checked" {
  fake a.mp4
  cvi scan --format jsonl "$videos/none.mp4" "$videos"
  [ "$status" -eq 4 ]
  [ "$(verdict_of none.mp4)" = unreadable ]
  [ "$(verdict_of a.mp4)" = healthy ]
  [[ $output == *io::vanished* ]]
}

@test "a file that may not be read" {
  [ "$(id -u)" -ne 0 ] || skip "root may read everything"
  fake a.mp4
  mkdir "$videos/locked"
  chmod 0 "$videos/locked"
  cvi scan --format jsonl "$videos"
  [ "$status" -eq 4 ]
  [ "$(verdict_of locked)" = unreadable ]
}

@test "a worker that dies: its file is incomplete, the others are right" {
  fake a.mp4 b.mp4 c.mp4 corrupt.mp4 crash.mp4
  cvi scan --format jsonl -j 2 "$videos"
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 5 ]
  [ "$(verdict_of crash.mp4)" = incomplete ]
  [ "$(verdict_of corrupt.mp4)" = corrupt ]
  for name in a b c; do
    [ "$(verdict_of $name.mp4)" = healthy ]
  done
}

@test "a worker that hangs" {
  fake a.mp4 hang.mp4
  cvi scan --format jsonl -j 1 --stall-timeout 3 "$videos"
  [ "$status" -eq 4 ]
  [ "$(verdict_of hang.mp4)" = incomplete ]
  [ "$(verdict_of a.mp4)" = healthy ]
  [[ $output == *process::stalled* ]]
}

@test "a worker that cannot be started" {
  files a.mp4
  CVI_WORKER=/nonexistent/worker cvi scan "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *"/nonexistent/worker"* ]]
  CVI_WORKER=/bin/true cvi scan "$videos"
  [ "$status" -eq 2 ]
  [ "$(n_stored)" -eq 0 ]
}

@test "unchanged files are skipped without a worker" {
  fake a.mp4 corrupt.mp4
  cvi scan "$videos"
  cvi scan --stats --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [ "$(n_checked)" -eq 2 ]
  [[ $stderr == *"workers started: 0"* ]]
  [ "$(verdict_of a.mp4)" = skipped ]
  [[ $output == *'"verdict":"skipped","previous_verdict":"corrupt"'* ]]
  cvi scan "$videos"
  [[ $output == corrupt*"[unchanged]"*"2 files: 2 skipped"* ]]
}

@test "a thousand unchanged files" {
  use_fake_worker
  many 1000
  cvi scan "$videos"
  [ "$status" -eq 0 ]
  [ "$(n_stored)" -eq 1000 ]
  cvi scan --stats "$videos"
  [ "$status" -eq 0 ]
  [[ $output == "1000 files: 1000 skipped"* ]]
  [[ $stderr == *"workers started: 0"* ]]
  [ "$(n_checked)" -eq 1000 ]
}

@test "changed files are checked again" {
  fake a.mp4 b.mp4 c.mp4
  cvi scan "$videos"
  echo longer >>"$videos/a.mp4"
  touch -d '2001-02-03' "$videos/b.mp4"
  cvi scan "$videos"
  [[ $output == "3 files: 2 healthy, 1 skipped"* ]]
  [ "$(n_checked)" -eq 5 ]
}

@test "--rescan checks everything again" {
  fake a.mp4 b.mp4
  cvi scan "$videos"
  cvi scan --rescan "$videos"
  [[ $output == "2 files: 2 healthy"* ]]
  [ "$(n_checked)" -eq 4 ]
}

@test "--max-age" {
  fake a.mp4
  cvi scan "$videos"
  cvi scan --max-age 1h "$videos"
  [[ $output == *"1 skipped"* ]]
  sleep 2
  cvi scan --max-age 1s "$videos"
  [[ $output == *"1 healthy"* ]]
  [ "$(n_checked)" -eq 2 ]
}

@test "a stronger mode's results serve a weaker one, not the reverse" {
  fake a.mp4
  cvi scan --mode deep "$videos"
  cvi scan --mode quick "$videos"
  [[ $output == *"1 skipped"* ]]
  cvi scan --mode full "$videos"
  [[ $output == *"1 healthy"* ]]
}

@test "incomplete and unreadable files are tried again" {
  fake a.mp4 crash.mp4
  cvi scan "$videos" "$videos/none.mp4"
  before=$(n_checked)
  cvi scan "$videos" "$videos/none.mp4"
  [ "$status" -eq 4 ]
  [[ $output == *"1 incomplete, 1 unreadable, 1 skipped"* ]]
  [ "$(n_checked)" -gt "$before" ]
}

@test "--no-db neither reads nor writes results" {
  fake a.mp4
  cvi scan --no-db "$videos"
  cvi scan --no-db "$videos"
  [ "$(n_checked)" -eq 2 ]
  [ ! -e "$XDG_DATA_HOME/cvi-gst" ]
}

@test "after kill -9 the scan goes on where its results end" {
  use_fake_worker
  many 200
  hold 20
  "$CVI_GST" scan -j 2 "$videos" >/dev/null 2>&1 3>&- &
  pid=$!
  has_some_results() {
    [ "$(n_stored 2>/dev/null)" -ge 10 ]
  }
  wait_for has_some_results
  workers=$(children_of "$pid")
  kill -9 "$pid"
  status=0
  wait "$pid" 2>/dev/null || status=$?
  [ "$status" -eq 137 ]
  stored=$(n_stored)
  [ "$stored" -lt 200 ]
  # The workers die with it: nothing is checked after this.
  for worker in $workers; do
    wait_for has_ended "$worker"
  done
  release
  checked=$(n_checked)
  [ "$checked" -lt 200 ]

  cvi scan -j 2 --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"continuing scan"* ]]
  # Results found before the kill are results of this scan, not skipped.
  [ "$(grep -c '"verdict":"healthy"' <<<"$output")" -eq 200 ]
  [ "$(n_stored)" -eq 200 ]
  [ "$(n_stored --scan latest)" -eq 200 ]
  [ "$(n_checked)" -eq $((checked + 200 - stored)) ]
}

@test "a result is stored while other files are still being checked" {
  fake a.mp4 hang.mp4
  "$CVI_GST" scan -j 2 "$videos" >/dev/null 2>&1 3>&- &
  pid=$!
  is_stored() {
    [ "$(n_stored 2>/dev/null)" -eq 1 ]
  }
  wait_for is_stored
  kill -9 "$pid"
  wait "$pid" || true
}

@test "an interrupted --rescan goes on and does not begin again" {
  use_fake_worker
  many 60
  "$CVI_GST" scan "$videos" >/dev/null
  : >"$CVI_FAKE_LOG"
  hold 5
  "$CVI_GST" scan -j 1 --rescan "$videos" >/dev/null 2>&1 3>&- &
  pid=$!
  wait_for has_checked 6
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 143 ]
  stored=$(n_stored --scan latest)
  [ "$stored" -ge 4 ]
  [ "$stored" -lt 60 ]
  release
  : >"$CVI_FAKE_LOG"
  cvi scan -j 1 --rescan "$videos"
  [ "$status" -eq 0 ]
  [[ $output == "60 files: 60 healthy"* ]]
  [ "$(n_checked)" -eq $((60 - stored)) ]
}

@test "SIGINT: what was found is reported and stored" {
  use_fake_worker
  many 100
  hold 10
  "$CVI_GST" scan -j 2 --format json "$videos" >out 2>messages 3>&- &
  pid=$!
  wait_for has_checked 11
  kill -INT "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 130 ]
  grep -q interrupted messages
  # The array is whole, and the store knows the same files.
  [ "$(head -c 1 out)" = '[' ]
  [ "$(tail -n 1 out)" = ']' ]
  [ "$(grep -c '"path"' out)" -eq "$(n_stored)" ]
}

@test "SIGINT in the text report" {
  use_fake_worker
  many 100
  hold 5
  "$CVI_GST" scan -j 2 "$videos" >out 2>/dev/null 3>&- &
  pid=$!
  wait_for has_checked 6
  kill -INT "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 130 ]
  grep -q '^interrupted' out
}

@test "SIGINT while names are awaited from a pipe" {
  fake a.mp4
  mkfifo names
  "$CVI_GST" scan -j 1 --files-from names >out 2>/dev/null 3>&- &
  pid=$!
  exec 9>names
  echo "$videos/a.mp4" >&9
  wait_for has_checked 1
  kill -INT "$pid"
  status=0
  wait "$pid" || status=$?
  exec 9>&-
  [ "$status" -eq 130 ]
  grep -q '^interrupted' out
}

@test "SIGUSR1 asks for a line of status" {
  use_fake_worker
  many 100
  hold 5
  "$CVI_GST" scan -j 2 "$videos" >/dev/null 2>messages 3>&- &
  pid=$!
  wait_for has_checked 6
  kill -USR1 "$pid"
  wait_for grep -q 'files/s' messages
  release
  wait "$pid"
}

@test "a reader that goes away ends the scan" {
  use_fake_worker
  many 100
  # It has gone when the second file is done.
  hold 1
  status=0
  (
    s=0
    "$CVI_GST" scan --format jsonl "$videos" 2>messages || s=$?
    echo "$s" >status
  ) | {
    head -n 1 >first
    exec <&-
    release
  }
  [ "$(wc -l <first)" -eq 1 ]
  [ "$(cat status)" -eq 2 ]
  grep -q 'Broken pipe' messages
  [ "$(n_checked)" -lt 100 ]
}

@test "a store that is no store" {
  fake a.mp4
  echo 'not a database, but long enough to be looked at as one' >bad.db
  cvi scan --db bad.db "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *bad.db* ]]
  [ "$(n_checked)" -eq 0 ]
  grep -q 'not a database' bad.db
}

@test "paths from a list" {
  fake a.mp4 corrupt.mp4 odd.name
  printf '%s\n' "$videos/corrupt.mp4" videos/odd.name >list
  cvi scan --format jsonl --files-from list
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 2 ]
  [ "$(verdict_of odd.name)" = healthy ]
  [[ $output == *"\"path\":\"$videos/odd.name\""* ]]
  cvi scan --no-db --format jsonl --files-from - <list
  [ "${#lines[@]}" -eq 2 ]
}

@test "--output takes the report as it comes" {
  fake corrupt.mp4
  cvi scan -o report.jsonl --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  grep -q '"verdict":"corrupt"' report.jsonl
  cvi scan -o none/report "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *none/report* ]]
}

@test "names that are not UTF-8" {
  fake $'corrupt-\xe9.mp4'
  cvi scan --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [[ $output == *'"path_bytes":"'* ]]
  cvi scan "$videos"
  [[ $output == *'corrupt-\xe9.mp4'*"1 skipped"* ]]
}

@test "--progress json" {
  use_fake_worker
  many 30
  hold 10
  "$CVI_GST" scan -j 1 --progress json "$videos" >out 2>told 3>&- &
  pid=$!
  wait_for test -s told
  release
  wait "$pid"
  [[ $(head -n 1 told) == '{"done":'*'"verdicts":{'*'}' ]]
}

@test "--progress bar leaves nothing behind, and none by default in a pipe" {
  use_fake_worker
  many 30
  hold 10
  "$CVI_GST" scan --no-db -j 1 --progress bar "$videos" >out 2>told 3>&- &
  pid=$!
  wait_for grep -q 'files/s' told
  release
  wait "$pid"
  [[ $(cat told) == *$'\r\033[K' ]]
  cvi scan --no-db "$videos"
  [ -z "$stderr" ]
}

@test "--jobs-per-device 1: never two files of one device at once" {
  fake
  many 12
  export CVI_FAKE_ALONE=$BATS_TEST_TMPDIR/alone CVI_FAKE_DELAY_MS=10
  cvi scan -j 4 --jobs-per-device 1 "$videos"
  [ "$status" -eq 0 ]
  [[ $output == "12 files: 12 healthy"* ]]
  unset CVI_FAKE_ALONE
  CVI_JOBS_PER_DEVICE=auto cvi scan -j 4 --rescan "$videos"
  [ "$status" -eq 0 ]
  cvi scan --jobs-per-device some "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *"auto or a whole number from 0 to 1024"* ]]
}

@test "--stats" {
  fake a.mp4 b.mp4
  CVI_FAKE_CODEC=H.264 cvi scan -j 1 --stats "$videos"
  [[ $stderr == *"video H.264: 2 files, 100 frames, 4.0 s in 2.00 s of CPU: 2.0 times real time, 50 frames/s"* ]]
  [[ $stderr == *"read from storage: "* ]]
  [ "$status" -eq 0 ]
  [[ $stderr == *"checked now: 2"* ]]
  [[ $stderr == *"workers started: 1"* ]]
  [[ $stderr == *"supervisor peak memory: "* ]]
  [[ $stderr == *"worker CPU: "* ]]
}

@test "of the last files the largest goes first" {
  use_fake_worker
  export CVI_FAKE_DELAY_MS=300
  for i in {1..9}; do
    head -c $((i * 1000)) /dev/zero >"$videos/$i.mp4"
    echo "$videos/$i.mp4"
  done >list
  cvi scan -j 2 --no-db --files-from list
  [ "$status" -eq 0 ]
  [ "$(wc -l <"$CVI_FAKE_LOG")" -eq 9 ]
  [[ $(tail -n 1 "$CVI_FAKE_LOG") != *9.mp4* ]]
  # One worker takes them as they come.
  : >"$CVI_FAKE_LOG"
  CVI_FAKE_DELAY_MS=0 cvi scan -j 1 --no-db --files-from list
  diff list "$CVI_FAKE_LOG"
}
