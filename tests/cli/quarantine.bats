# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# quarantine: what goes there, and how it comes back.

bats_require_minimum_version 1.5.0
load helpers

# All that must be as before: content, permissions, owner, times.
state_of() {
  (cd "$1" && find . -type f -printf '%P %m %U %G %s %T@ ' -exec sha256sum {} \; | sort)
}

scan_some() {
  use_fake_worker
  mkdir -p "$videos/sub"
  files fine.mp4 corrupt.mp4 gap.mp4 encrypted.mp4 unreadable.mp4 \
    sub/corrupt2.mp4 $'sub/corrupt\n\xff.mp4'
  chmod 640 "$videos/corrupt.mp4"
  touch -d '2001-02-03 04:05:06.123456789' "$videos/corrupt.mp4"
  "$CVI_GST" scan "$videos" >/dev/null || [ $? -eq 1 ]
  state_of "$videos" >before
}

@test "only what is corrupt is moved, and comes back as it was" {
  scan_some
  folder_time=$(stat -c %y "$videos/sub")
  cvi quarantine --to bad
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 3 ]
  [[ $stderr == *"3 files moved"* ]]
  [ "$(find bad -name '*.mp4' -printf x)" = xxx ]
  cmp "bad$videos/corrupt.mp4" <(echo corrupt.mp4)
  for name in fine gap encrypted unreadable; do
    [ -f "$videos/$name.mp4" ]
  done
  # Again: there is nothing to do.
  cvi quarantine --to bad
  [ "$status" -eq 0 ]
  [[ $stderr == *"0 files moved"*"3 not there"* ]]
  cvi quarantine --to bad --undo
  [ "$status" -eq 0 ]
  state_of "$videos" | cmp - before
  [ "$(stat -c %y "$videos/sub")" = "$folder_time" ]
  [ "$(find bad | wc -l)" -eq 2 ]
}

@test "across file systems" {
  other=$(mktemp -d /dev/shm/cvi-XXXXXX) || skip "no second file system"
  if [ "$(stat -c %d "$other")" = "$(stat -c %d .)" ]; then
    rmdir "$other"
    skip "no second file system"
  fi
  scan_some
  cvi quarantine --to "$other/bad"
  first=$status
  kept=$(find "$other" -name '*.mp4' -printf x)
  times=$(stat -c %y "$other/bad$videos/corrupt.mp4")
  sums=$(grep -c '"sha256"' "$other/bad/cvi-quarantine.jsonl")
  cvi quarantine --to "$other/bad" --undo
  rm -r "$other"
  [ "$first" -eq 0 ]
  [ "$status" -eq 0 ]
  [ "$kept" = xxx ]
  [ "$sums" -eq 3 ]
  [[ $times == '2001-02-03 04:05:06.123456789'* ]]
  state_of "$videos" | cmp - before
}

@test "--dry-run changes nothing" {
  scan_some
  cvi quarantine --to bad --dry-run
  [ "$status" -eq 0 ]
  [ "$(grep -c '^would move ' <<<"$output")" -eq 3 ]
  [ ! -e bad ]
  state_of "$videos" | cmp - before
  "$CVI_GST" quarantine --to bad
  cp bad/cvi-quarantine.jsonl manifest
  cvi quarantine --to bad --undo --dry-run
  [ "$status" -eq 0 ]
  [ "$(grep -c '^would move back ' <<<"$output")" -eq 3 ]
  cmp bad/cvi-quarantine.jsonl manifest
  [ -f "bad$videos/corrupt.mp4" ]
}

@test "only below the paths that are named" {
  scan_some
  cvi quarantine --to bad "$videos/sub" videos/sub/corrupt2.mp4
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 2 ]
  [ -f "$videos/corrupt.mp4" ]
  cvi quarantine --to bad --undo "$videos/sub/corrupt2.mp4"
  [ "${#lines[@]}" -eq 1 ]
  [ -f "$videos/sub/corrupt2.mp4" ]
  [ "$(find bad -name '*.mp4' -printf x)" = x ]
}

@test "a file that has changed stays" {
  scan_some
  echo more >>"$videos/corrupt.mp4"
  touch "$videos/sub/corrupt2.mp4"
  cvi quarantine --to bad
  [ "$status" -eq 4 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $stderr == *corrupt.mp4*"has changed"* ]]
  [[ $stderr == *corrupt2.mp4*"has changed"* ]]
  [ -f "$videos/corrupt.mp4" ]
}

@test "the newest verdict counts, whatever an older scan said" {
  use_fake_worker
  files corrupt.mp4
  cvi scan "$videos"
  # Found unreadable since.
  mv "$videos/corrupt.mp4" away
  "$CVI_GST" scan "$videos/corrupt.mp4" || true
  mv away "$videos/corrupt.mp4"
  cvi quarantine --to bad --scan 1
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  cvi quarantine --to bad
  [ -z "$output" ]
  cvi scan --rescan "$videos"
  cvi quarantine --to bad --scan latest
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 1 ]
}

@test "what is marked stays" {
  scan_some
  "$CVI_GST" mark healthy "$videos/corrupt.mp4" --reason 'looks fine'
  "$CVI_GST" mark ignore "$videos/sub/corrupt2.mp4" --reason 'not mine'
  cvi quarantine --to bad
  [ "${#lines[@]}" -eq 1 ]
  [ -f "$videos/corrupt.mp4" ]
  [ -f "$videos/sub/corrupt2.mp4" ]
}

@test "nothing is replaced, there or on the way back" {
  scan_some
  mkdir -p "bad$videos"
  echo precious >"bad$videos/corrupt.mp4"
  cvi quarantine --to bad
  [ "$status" -eq 4 ]
  [[ $stderr == *"not replaced"* ]]
  [ "$(cat "bad$videos/corrupt.mp4")" = precious ]
  echo precious >"$videos/sub/corrupt2.mp4"
  cvi quarantine --to bad --undo
  [ "$status" -eq 4 ]
  [ "$(cat "$videos/sub/corrupt2.mp4")" = precious ]
  [ -f "bad$videos/sub/corrupt2.mp4" ]
  # What is in the quarantine is not moved into it again.
  "$CVI_GST" scan bad >/dev/null || true
  cvi quarantine --to bad "$PWD/bad"
  [[ $stderr == *"in the quarantine already"* ]]
}

@test "wrong use" {
  scan_some
  cvi quarantine
  [ "$status" -eq 2 ]
  [[ $stderr == *"--to DIR"* ]]
  cvi quarantine --to bad --undo
  [ "$status" -eq 2 ]
  [[ $stderr == *bad/cvi-quarantine.jsonl* ]]
  [ ! -e bad ]
  cvi quarantine --to bad --db none.db
  [ "$status" -eq 2 ]
  [[ $stderr == *none.db* ]]
  echo nonsense >file
  cvi quarantine --to file
  [ "$status" -eq 2 ]
  state_of "$videos" | cmp - before
}

@test "a killed run is finished by the next one" {
  scan_some
  "$CVI_GST" quarantine --to bad >/dev/null
  # As if it had been killed after the last move, before saying so.
  sed -i '$d' bad/cvi-quarantine.jsonl
  printf '{"id":3,"st' >>bad/cvi-quarantine.jsonl
  cvi quarantine --to bad --undo
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 3 ]
  state_of "$videos" | cmp - before
}
