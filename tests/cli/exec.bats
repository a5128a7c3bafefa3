# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# --exec-corrupt and --exec-done.

bats_require_minimum_version 1.5.0
load helpers

# script NAME: a program out of standard input.
script() {
  { echo '#!/bin/sh'; cat; } >"$BATS_TEST_TMPDIR/$1"
  chmod +x "$BATS_TEST_TMPDIR/$1"
}

@test "a command for each corrupt file, and for no other" {
  use_fake_worker
  files fine.mp4 corrupt1.mp4 corrupt2.mp4 gap.mp4 encrypted.mp4 unreadable.mp4
  script note <<'END'
printf '%s|' "$@" "$CVI_PATH" "$CVI_VERDICT" "$CVI_RULE" "$CVI_CONFIDENCE" \
  "$CVI_DAMAGE" >>noted
echo >>noted
END
  cvi scan --exec-corrupt "$BATS_TEST_TMPDIR/note 'a  b' {} x{}y \$HOME ;" "$videos"
  [ "$status" -eq 1 ]
  [ -z "$stderr" ]
  [ "$(wc -l <noted)" -eq 2 ]
  p=$videos/corrupt1.mp4
  grep -qxF "a  b|$p|x${p}y|\$HOME|;|$p|corrupt|decode::error|0.95|0|" noted
  # Not again for what is known.
  cvi scan --exec-corrupt "$BATS_TEST_TMPDIR/note {}" "$videos"
  [ "$status" -eq 4 ]
  [ "$(wc -l <noted)" -eq 2 ]
}

@test "names of every kind reach the command as they are" {
  use_fake_worker
  names=($'corrupt\nline.mp4' $'corrupt\xff.mp4' 'corrupt {} "$(x)".mp4' "corrupt'.mp4")
  files "${names[@]}"
  script note <<'END'
[ "$1" = "$CVI_PATH" ] && [ -f "$1" ] && printf '%s\0' "$1" >>noted
END
  cvi scan --exec-corrupt "$BATS_TEST_TMPDIR/note {}" "$videos"
  [ "$status" -eq 1 ]
  [ -z "$stderr" ]
  for name in "${names[@]}"; do
    printf '%s\0' "$videos/$name"
  done | sort -z >wanted
  sort -z noted | cmp - wanted
}

@test "a failure is told of with the file's name and the output" {
  use_fake_worker
  files corrupt1.mp4 corrupt2.mp4
  script fail <<'END'
case $1 in *1.mp4) exit 0 ;; esac
echo to stdout; echo to stderr >&2
printf '\033[2J'
exit 7
END
  cvi scan --exec-corrupt "$BATS_TEST_TMPDIR/fail {}" "$videos"
  [ "$status" -eq 1 ]
  [[ $stderr == *"--exec-corrupt: $videos/corrupt2.mp4: exited with status 7"* ]]
  [[ $stderr == *"to stdout"*"to stderr"* ]]
  [[ $stderr != *$'\033'* ]]
  [[ $stderr != *corrupt1.mp4* ]]
  [[ $stderr == *"of 2 commands 1 failed"* ]]
}

@test "a program that is not there, and commands that are none" {
  use_fake_worker
  files corrupt.mp4
  cvi scan --exec-corrupt '/nonexistent/program {}' "$videos"
  [ "$status" -eq 1 ]
  [[ $stderr == *corrupt.mp4*/nonexistent/program* ]]
  cvi scan --rescan --exec-corrupt "un'balanced" "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *--exec-corrupt* ]]
  cvi scan --rescan --exec-corrupt '{}' "$videos"
  [ "$status" -eq 2 ]
  cvi scan --rescan --exec-done '  ' "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *--exec-done* ]]
  # None of these has scanned.
  [ "$(n_checked)" -eq 1 ]
}

@test "the scan does not wait for a command" {
  use_fake_worker
  mkdir "$videos/a" "$videos/b"
  files a/corrupt.mp4 b/x1.mp4 b/x2.mp4 b/x3.mp4
  # Ends only when the files after its own have been checked.
  script wait <<'END'
n=0
while [ "$(wc -l <"$CVI_FAKE_LOG")" -lt 4 ]; do
  sleep 0.05
  n=$((n + 1))
  [ $n -lt 6000 ] || exit 1
done
END
  cvi scan -j 1 --exec-corrupt "$BATS_TEST_TMPDIR/wait" "$videos/a" "$videos/b"
  [ "$status" -eq 1 ]
  [ -z "$stderr" ]
}

@test "no more than four commands at once, and all of them" {
  use_fake_worker
  for i in {1..20}; do files "corrupt$i.mp4"; done
  script count <<'END'
echo begin >>events
sleep 0.05
echo end >>events
END
  cvi scan --exec-corrupt "$BATS_TEST_TMPDIR/count" "$videos"
  [ "$status" -eq 1 ]
  [ "$(grep -c end events)" -eq 20 ]
  [ "$(awk '/begin/ { n++ } /end/ { n-- } n > most { most = n }
    END { print most }' events)" -le 4 ]
}

@test "a command that hangs is ended, with its children" {
  use_fake_worker
  files corrupt.mp4
  script hang <<'END'
sleep 10000 &
echo $! >child
echo here I hang
wait
END
  # A machine that is too busy to begin it within the time gets more.
  for limit in 0.3 3 30; do
    cvi scan --rescan --exec-timeout $limit \
      --exec-corrupt "$BATS_TEST_TMPDIR/hang" "$videos"
    [[ $stderr != *"here I hang"* ]] || break
  done
  [ "$status" -eq 1 ]
  [[ $stderr == *corrupt.mp4*"longer than $limit s"*"here I hang"* ]]
  wait_for has_ended "$(cat child)"
}

@test "a command inherits no descriptors, and ignores no signals" {
  use_fake_worker
  files corrupt.mp4
  cvi scan --exec-corrupt "sh -c 'ls -l /proc/self/fd; grep SigIgn /proc/self/status; exit 1'" \
    "$videos"
  [ "$status" -eq 1 ]
  # 0 to 2, and the folder that ls reads.
  [ "$(grep -c ' -> ' <<<"$stderr")" -eq 4 ]
  [[ $stderr == *"0 -> /dev/null"* ]]
  [[ $stderr != *results.db* ]]
  [[ $stderr != *socket:* ]]
  [[ $stderr == *SigIgn*0000000000000000* ]]
}

@test "what a command leaves behind does not keep the scan" {
  use_fake_worker
  files corrupt.mp4
  script leave <<'END'
sleep 10000 &
echo $! >child
END
  cvi scan --exec-timeout 0 --exec-corrupt "$BATS_TEST_TMPDIR/leave" "$videos"
  [ "$status" -eq 1 ]
  ! has_ended "$(cat child)" || false
  kill "$(cat child)"
}

@test "an interrupted scan ends its commands and names what was not run" {
  use_fake_worker
  for i in {1..7}; do files "corrupt$i.mp4"; done
  script hang <<'END'
echo $$ >>started
exec sleep 10000
END
  # When the one worker has been given the seventh, six are known to be corrupt.
  hold 6
  "$CVI_GST" scan -j 1 --exec-timeout 0 --exec-corrupt "$BATS_TEST_TMPDIR/hang" \
    "$videos" >out 2>err &
  pid=$!
  has_started() { [ "$(cat started 2>/dev/null | wc -l)" -ge 4 ] && has_checked 7; }
  wait_for has_started
  kill -INT $pid
  status=0
  wait $pid || status=$?
  [ "$status" -eq 130 ]
  [ "$(grep -c 'not run' err)" -eq 3 ]
  while read -r child; do
    wait_for has_ended "$child"
  done <started
}

@test "--exec-done tells counts and the exit status" {
  use_fake_worker
  files corrupt.mp4 fine.mp4 gap.mp4
  script note <<'END'
echo "$CVI_COUNT_CORRUPT $CVI_COUNT_HEALTHY $CVI_COUNT_SUSPICIOUS" \
  "$CVI_COUNT_SKIPPED $CVI_EXIT_STATUS $1" >>noted
END
  cvi scan --exec-done "$BATS_TEST_TMPDIR/note {}" "$videos"
  [ "$status" -eq 1 ]
  CVI_EXEC_DONE="$BATS_TEST_TMPDIR/note" cvi scan "$videos"
  [ "$status" -eq 0 ]
  [ "$(cat noted)" = '1 1 1 0 1 {}
0 0 0 3 0 ' ]
  cvi scan --exec-done 'sh -c "echo alas; exit 1"' "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"--exec-done: exited with status 1"*alas* ]]
}
