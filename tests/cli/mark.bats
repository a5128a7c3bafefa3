# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# mark: what users say of files and rules.

bats_require_minimum_version 1.5.0
load helpers

scan_some() {
  use_fake_worker
  files corrupt.mp4 gap.mp4 fine.mp4
  "$CVI_GST" scan "$videos" >/dev/null || [ $? -eq 1 ]
}

@test "a marked file counts as healthy, and its verdict stays" {
  scan_some
  cvi mark healthy "$videos/corrupt.mp4" --reason 'looks fine'
  [ "$status" -eq 0 ]
  [ -z "$output$stderr" ]
  cvi scan --rescan "$videos"
  [ "$status" -eq 3 ]
  [[ $output != *corrupt.mp4* ]]
  [[ $output == *"3 files: 2 healthy, 1 suspicious"* ]]
  [[ $output == *"1 file counted otherwise"* ]]
  cvi report --format jsonl --verdict corrupt
  [ "$(jq -r '.verdict, .counts_as, .mark.as, .mark.reason, .mark.rule' \
    <<<"$output" | paste -sd,)" = 'corrupt,healthy,healthy,looks fine,null' ]
  cvi report --verdict corrupt
  [[ $output == healthy*corrupt.mp4*"[corrupt; marked healthy: looks fine]"* ]]
  # Files without a mark have no such fields.
  cvi report --format jsonl --verdict suspicious
  [ "$(jq -r 'has("mark") or has("counts_as")' <<<"$output")" = false ]
}

@test "an ignored file does not count, not even as healthy" {
  scan_some
  cvi mark ignore "$videos/corrupt.mp4" "$videos/gap.mp4" --reason 'not mine'
  [ "$status" -eq 0 ]
  cvi scan --rescan "$videos"
  [ "$status" -eq 0 ]
  [[ $output == *"3 files: 1 healthy, 2 skipped"* ]]
}

@test "a mark expires when the file changes" {
  scan_some
  "$CVI_GST" mark healthy "$videos/corrupt.mp4" --reason 'looks fine'
  touch -d '2001-02-03' "$videos/corrupt.mp4"
  cvi mark --list
  [[ $output == healthy*corrupt.mp4*"looks fine"*expired* ]]
  cvi scan "$videos"
  [ "$status" -eq 1 ]
  [[ $output == *corrupt.mp4* ]]
  # Marked anew.
  "$CVI_GST" mark healthy "$videos/corrupt.mp4" --reason 'still fine'
  cvi mark --list
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"still fine"* && $output != *expired* ]]
  rm "$videos/corrupt.mp4"
  cvi mark --list
  [[ $output == *"not there"* ]]
}

@test "a mark of a rule: its findings do not count" {
  scan_some
  cvi mark ignore time::gap --reason 'old camera'
  [ "$status" -eq 0 ]
  cvi scan --rescan "$videos"
  [ "$status" -eq 1 ]
  [[ $output != *gap.mp4* ]]
  cvi scan --rescan --fail-on suspicious "$videos"
  [ "$status" -eq 0 ]
  cvi report --format jsonl --verdict suspicious
  [ "$(jq -r '.verdict, .counts_as, .mark.rule' <<<"$output" | paste -sd,)" \
    = suspicious,healthy,time::gap ]
  cvi mark --remove time::gap
  [ "$status" -eq 0 ]
  cvi scan --rescan --fail-on suspicious "$videos"
  [ "$status" -eq 3 ]
  cvi mark --list
  [ -z "$output" ]
}

@test "a marked file has no command run" {
  scan_some
  "$CVI_GST" mark healthy "$videos/corrupt.mp4" --reason x
  cvi scan --rescan --exec-corrupt 'touch ran' "$videos"
  [ ! -e ran ]
}

@test "without a store there are no marks" {
  scan_some
  "$CVI_GST" mark healthy "$videos/corrupt.mp4" --reason x
  cvi scan --no-db "$videos"
  [ "$status" -eq 1 ]
}

@test "wrong use is told of, with what to do" {
  scan_some
  cvi mark
  [ "$status" -eq 2 ]
  [[ $stderr == *"healthy or ignore"* ]]
  cvi mark healthy
  [ "$status" -eq 2 ]
  cvi mark healthy "$videos/corrupt.mp4"
  [ "$status" -eq 2 ]
  [[ $stderr == *--reason* ]]
  cvi mark fine "$videos/corrupt.mp4" --reason x
  [ "$status" -eq 2 ]
  cvi mark healthy "$videos/none.mp4" --reason x
  [ "$status" -eq 2 ]
  [[ $stderr == *none.mp4*"No such file"* ]]
  cvi mark healthy "$videos" --reason x
  [ "$status" -eq 2 ]
  cvi mark ignore time::gpa --reason x
  [ "$status" -eq 2 ]
  [[ $stderr == *"did you mean time::gap?"* ]]
  cvi mark ignore io::error --reason x
  [ "$status" -eq 2 ]
  [[ $stderr == *--fail-on* ]]
  cvi mark --remove "$videos/corrupt.mp4"
  [ "$status" -eq 2 ]
  [[ $stderr == *"no mark"* ]]
  cvi mark --list --remove
  [ "$status" -eq 2 ]
  cvi mark --list
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}
