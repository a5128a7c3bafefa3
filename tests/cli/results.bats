# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# What looks at files and at stored results without checking anything.

bats_require_minimum_version 1.5.0
load helpers

@test "list shows what a scan would look at" {
  files a.mp4 b.txt c.MKV
  mkdir "$videos/sub"
  files sub/d.avi
  cvi list "$videos"
  [ "$status" -eq 0 ]
  [ "$(sort <<<"$output")" = "$videos/a.mp4
$videos/c.MKV
$videos/sub/d.avi" ]
  [[ $stderr == *"3 files"* ]]
  cvi list --no-recursive "$videos" "$videos/b.txt"
  [ "$(sort <<<"$output")" = "$videos/a.mp4
$videos/b.txt
$videos/c.MKV" ]
  [ ! -e "$XDG_DATA_HOME/cvi-gst" ]
}

@test "list takes relative paths and makes them absolute" {
  files a.mp4
  cd videos
  cvi list a.mp4 ./a.mp4 ../videos/a.mp4
  [ "$status" -eq 0 ]
  [ "$(sort -u <<<"$output")" = "$videos/a.mp4" ]
}

@test "a parent folder behind a symbolic link is that of the link's target" {
  mkdir -p deep/inner
  echo x >deep/x.mp4
  ln -s deep/inner link
  cvi list link/../x.mp4
  [ "$status" -eq 0 ]
  [ "$output" -ef deep/x.mp4 ]
}

@test "list tells what it cannot look at" {
  cvi list "$videos/none.mp4"
  [ "$status" -eq 4 ]
  [[ $stderr == *none.mp4*"No such file"* ]]
  [ -z "$output" ]
}

@test "list -0 and --files-from are each other's reverse" {
  files a.mp4 $'new\nline.mp4' $'latin1-\xe9.mp4'
  "$CVI_GST" list -0 "$videos" >first
  [ "$(tr -dc '\0' <first | wc -c)" -eq 3 ]
  "$CVI_GST" list -0 --files-from first >second
  cmp first second
  "$CVI_GST" list -0 --files-from - <first >third
  cmp first third
}

@test "a list that is not there" {
  cvi list --files-from none.txt
  [ "$status" -eq 2 ]
  [[ $stderr == *none.txt* ]]
}

@test "report without a store" {
  cvi report
  [ "$status" -eq 2 ]
  [[ $stderr == *results.db* ]]
  [ ! -e "$XDG_DATA_HOME/cvi-gst/results.db" ]
}

@test "report shows each file's newest result" {
  use_fake_worker
  files fine.mp4 corrupt.mp4 gap.mp4
  cvi scan "$videos"
  cvi scan --rescan "$videos"
  cvi report --format jsonl
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 3 ]
  [ "$(verdict_of fine.mp4)" = healthy ]
  [ "$(verdict_of corrupt.mp4)" = corrupt ]
  [ "$(verdict_of gap.mp4)" = suspicious ]
  cvi report
  [ "$status" -eq 0 ]
  [[ $output == *"3 files: 1 healthy, 1 suspicious, 1 corrupt"* ]]
}

@test "report by verdict, path and scan" {
  use_fake_worker
  mkdir "$videos/sub" "$videos/subway"
  files fine.mp4 corrupt.mp4 sub/gap.mp4 subway/fine.mp4
  cvi scan "$videos"
  rm "$videos/corrupt.mp4"
  touch -d '2001-02-03' "$videos/fine.mp4"
  cvi scan "$videos"
  [ "$(n_stored --verdict corrupt,suspicious)" -eq 2 ]
  [ "$(n_stored "$videos/sub")" -eq 1 ]
  [ "$(n_stored "$videos/sub/" "$videos/sub/gap.mp4" "$videos")" -eq 4 ]
  cd videos
  [ "$(n_stored sub subway)" -eq 2 ]
  [ "$(n_stored --scan previous)" -eq 4 ]
  [ "$(n_stored --scan latest)" -eq 1 ]
  [ "$(n_stored --scan 1)" -eq 4 ]
  cvi report --verdict healthy sub subway
  [[ $output == healthy*subway/fine.mp4* ]]
  cvi report --scan 99
  [ "$status" -eq 2 ]
  cvi report --scan lately
  [ "$status" -eq 2 ]
}

@test "report into a file" {
  use_fake_worker
  files corrupt.mp4
  cvi scan "$videos"
  cvi report --format csv -o out.csv
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [ "$(wc -l <out.csv)" -eq 2 ]
  cvi report -o none/out.csv
  [ "$status" -eq 2 ]
  [[ $stderr == *none/out.csv* ]]
}

@test "a wrong command leaves an older report alone" {
  use_fake_worker
  files corrupt.mp4
  cvi scan "$videos"
  echo precious >out
  cvi scan --rescan --max-age 1d -o out "$videos"
  [ "$status" -eq 2 ]
  cvi report --scan 99 -o out
  [ "$status" -eq 2 ]
  cvi report --db none.db -o out
  [ "$status" -eq 2 ]
  [ "$(cat out)" = precious ]
}
