# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# When not the files are at fault but what they are on, or what checks them.

bats_require_minimum_version 1.5.0
load helpers

# in_order NAME...: makes the files, and a list of them.
in_order() {
  use_fake_worker
  files "$@"
  printf "$videos/%s\n" "$@" >list
}

@test "a folder that goes away stops the scan, which goes on when it is back" {
  use_fake_worker
  for i in {1..200}; do
    echo x >"$videos/$i.mp4"
  done
  hold 10
  "$CVI_GST" scan -j 2 --format jsonl "$videos" >out 2>err 3>&- &
  pid=$!
  wait_for has_checked 11
  mv "$videos" away
  release
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 4 ]
  grep -q "the storage has gone" err
  grep -q "$videos: No such file" err
  [ "$(grep -vc '"verdict":"healthy"' out)" -eq 0 ]
  stored=$(n_stored)
  [ "$stored" -eq "$(wc -l <out)" ]
  [ "$stored" -lt 200 ]

  mv away "$videos"
  cvi scan -j 2 "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"continuing scan"* ]]
  [ "$(n_stored)" -eq 200 ]
}

@test "a mount that vanishes in the middle stops the scan" {
  use_fake_worker
  mkdir disk
  hold 10
  unshare --mount true 2>/dev/null || skip "no mount namespace here"
  # shellcheck disable=SC2016 # the variables are the inner shell's
  run unshare --mount bash -c '
    mount -t tmpfs none disk || exit 77
    mkdir disk/films
    for i in {1..200}; do echo x >disk/films/$i.mp4; done
    "$CVI_GST" scan -j 2 --db results.db --format jsonl "$1" >out 2>err 3>&- &
    pid=$!
    while [ "$(wc -l <checked)" -lt 11 ] && kill -0 "$pid"; do
      sleep 0.05
    done
    umount --lazy disk
    rm hold
    wait "$pid"' bash "$PWD/disk/films"
  [ "$status" -ne 77 ] || skip "no tmpfs here"
  [ "$status" -eq 4 ]
  grep -q "the storage has gone" err
  # What could not be read has no result, least of all that it is gone.
  [ "$(grep -vc '"verdict":"healthy"' out)" -eq 0 ]
  stored=$(n_stored --db results.db)
  [ "$stored" -eq "$(wc -l <out)" ]
  # Of the ten that had begun when it went, at least those before the last two.
  [ "$stored" -ge 5 ]
  [ "$stored" -lt 200 ]
}

@test "files that are removed one by one are unreadable" {
  in_order {1..9}.mp4 none{1..20}.mp4
  rm "$videos"/none*
  cvi scan --format jsonl --files-from list
  [ "$status" -eq 4 ]
  [ "$(grep -c '"verdict":"unreadable"' <<<"$output")" -eq 20 ]
  [ "$(grep -c '"verdict":"healthy"' <<<"$output")" -eq 9 ]
}

@test "some files that cannot be read are no lost storage" {
  in_order {1..7}-unreadable.mp4 a.mp4 1{1..7}-unreadable.mp4
  cvi scan -j 1 --format jsonl --files-from list
  [ "$status" -eq 4 ]
  [ "$(grep -c '"verdict":"unreadable"' <<<"$output")" -eq 14 ]
  [ "$(n_stored)" -eq 15 ]
  [[ $stderr != *"storage has gone"* ]]
}

@test "many in a row are, where others could be read" {
  in_order a.mp4 corrupt.mp4 {1..8}-unreadable.mp4 b.mp4
  cvi scan -j 1 --format jsonl --files-from list
  [ "$status" -eq 4 ]
  [[ $stderr == *"storage has gone"*"8 files in a row"* ]]
  [ "$(verdict_of corrupt.mp4)" = corrupt ]
  [ "${#lines[@]}" -eq 2 ]
  [ "$(n_stored)" -eq 2 ]
}

@test "workers that die on file after file are the machine's fault" {
  in_order a.mp4 corrupt.mp4 {1..8}-crash.mp4 b.mp4
  cvi scan -j 1 --format jsonl --files-from list
  [ "$status" -eq 2 ]
  [[ $stderr == *"workers died on 8 files in a row"* ]]
  [ "$(verdict_of corrupt.mp4)" = corrupt ]
  [ "$(n_stored)" -eq 2 ]

  # One file in between that is checked to its end clears them.
  in_order {1..7}-crash.mp4 a.mp4 1{1..7}-crash.mp4
  cvi scan -j 1 --no-db --format jsonl --files-from list
  [ "$status" -eq 4 ]
  [ "$(grep -c '"verdict":"incomplete"' <<<"$output")" -eq 14 ]
}

@test "a file that is being written is checked once more" {
  in_order a-once-written.mp4 b-always-written.mp4 c.mp4
  cvi scan -j 1 --format jsonl --files-from list
  [ "$status" -eq 4 ]
  [ "$(verdict_of a-once-written.mp4)" = healthy ]
  [ "$(verdict_of b-always-written.mp4)" = incomplete ]
  [ "$(verdict_of c.mp4)" = healthy ]
  [ "$(n_checked)" -eq 5 ]
}

@test "a time limit by default, and one that is asked for" {
  in_order hang.mp4
  cvi scan --no-db --format jsonl --file-timeout 2 -m full "$videos"
  [ "$status" -eq 4 ]
  [[ $output == *process::deadline*"attempt 1: worker took too long"* ]]
  [ "$(n_checked)" -eq 1 ]
}
