# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# What changes from scan to scan: report --diff, trend, cleanup.

bats_require_minimum_version 1.5.0
load helpers

# scan_bad: a scan that finds its first file corrupt, whatever it is called.
scan_bad() {
  touch "$BATS_TEST_TMPDIR/mark"
  CVI_FAKE_ALONE=$BATS_TEST_TMPDIR/mark run "$CVI_GST" scan -j1 "$@" "$videos"
}

# Scan 1: a and b healthy. 2: a corrupt, b gone, c new. 3: a healthy again.
three_scans() {
  use_fake_worker
  files a.mp4 b.mp4
  run "$CVI_GST" scan -j1 "$videos"
  rm "$videos/b.mp4"
  touch -d '2001-02-03' "$videos/a.mp4"
  scan_bad
  files c.mp4
  run "$CVI_GST" scan -j1 "$videos"
  touch -d '2002-02-03' "$videos/a.mp4"
  run "$CVI_GST" scan -j1 "$videos"
}

# differences ARGUMENT...: "NAME change before after" of each, one a line.
differences() {
  "$CVI_GST" report --format jsonl "$@" |
    jq -r '[(.path | split("/") | last), .change, .before, .after] | join(" ")'
}

@test "report --diff tells new, fixed, changed and vanished files" {
  three_scans
  [ "$(differences --diff=1..2)" = "a.mp4 changed healthy corrupt
b.mp4 vanished healthy " ]
  [ "$(differences --diff=2..3 | grep -v b.mp4)" = "c.mp4 new  healthy" ]
  [ "$(differences --diff "$videos/a.mp4")" = \
    "a.mp4 fixed corrupt healthy" ]
  [ "$(differences --diff --scan 2 "$videos/a.mp4")" = \
    "a.mp4 changed healthy corrupt" ]
  [ "$(differences --diff=1 "$videos/c.mp4")" = "c.mp4 new  healthy" ]
  cvi report --diff=1..latest
  [ "$status" -eq 0 ]
  [[ $output == *"new       $videos/c.mp4  healthy"* ]]
  [[ $output == *"scan 1 to scan 4: 1 new, 0 fixed, 0 changed, 1 vanished"* ]]
  cvi report --diff=1..2 --format json
  [ "$(jq -r '.[0].change' <<<"$output")" = changed ]
  cvi report --diff=1..2 --format csv
  [ "${lines[1]}" = "\"$videos/a.mp4\",changed,healthy,corrupt"$'\r' ]
}

@test "nothing has vanished where the whole folder is not there" {
  three_scans
  mv "$videos" elsewhere
  [ -z "$(differences --diff=1..2 | grep vanished)" ]
  mkdir "$videos"
  [ -z "$(differences --diff=1..2 | grep vanished)" ]
}

@test "report --diff refuses what makes no sense" {
  use_fake_worker
  files a.mp4
  run "$CVI_GST" scan "$videos"
  cvi report --diff
  [ "$status" -eq 2 ]
  [[ $stderr == *"no scan before"*"scan again"* ]]
  run "$CVI_GST" scan "$videos"
  cvi report --diff=2..1
  [ "$status" -eq 2 ]
  [[ $stderr == *"older one first"* ]]
  cvi report --diff=1..9
  [ "$status" -eq 2 ]
  cvi report --diff=2..2
  [ "$status" -eq 2 ]
}

@test "trend as text, JSON, CSV and SVG" {
  three_scans
  cvi trend
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 5 ]
  cvi trend --format json
  [ "$(jq -c '[.scans[] | [.scan, .library.healthy, .library.corrupt,
    .became_corrupt]]' <<<"$output")" = \
    "[[1,2,0,0],[2,1,1,1],[3,2,1,0],[4,3,0,0]]" ]
  cvi trend --format csv --limit 1
  [ "${#lines[@]}" -eq 2 ]
  [[ ${lines[1]} == 4,*,hybrid,3,0,0,* ]]
  cvi trend --format svg -o trend.svg
  [ "$status" -eq 0 ]
  python3 - trend.svg <<'END'
import sys, xml.etree.ElementTree
root = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
assert root.tag.endswith("svg")
parts = [e for e in root if e.tag.endswith("rect") and len(e)]
assert len(parts) == 6, len(parts)
END
  ! grep -qE 'href|url\(|<script' trend.svg
}

@test "trend names what became corrupt in the last scan" {
  use_fake_worker
  files a.mp4
  run "$CVI_GST" scan "$videos"
  touch -d '2001-02-03' "$videos/a.mp4"
  scan_bad
  cvi trend
  [[ $output == *"became corrupt in the last scan:"*"$videos/a.mp4"* ]]
  cvi trend --format json
  [ "$(jq -r '.became_corrupt[0].path' <<<"$output")" = "$videos/a.mp4" ]
}

n_results() {
  "$CVI_GST" report --format jsonl --scan "$1" | wc -l
}

@test "cleanup keeps each file's newest result unless told otherwise" {
  three_scans
  cvi cleanup --older-than 0 --dry-run
  [ "$status" -eq 0 ]
  [[ $output == *"would remove 2 results"* ]]
  [[ $stderr == *"kept 3 results"*--all* ]]
  [ "$(n_results 1)" -eq 2 ]
  cvi cleanup --older-than 1d
  [[ $output == *"removed 0 results"* ]]
  cvi cleanup --older-than 0
  [[ $output == *"removed 2 results, 0 files"*"1 scans"* ]]
  [ "$(n_results 1)" -eq 1 ]
  cvi report --scan 2
  [ "$status" -eq 2 ]
  [ "$(n_stored)" -eq 3 ]
  cvi cleanup --older-than 0 --all
  # Hashes stay, and the files that have some.
  [[ $output == *"removed 3 results, 0 files with all their results, 3 scans"* ]]
  [ "$(n_stored)" -eq 0 ]
  [ "$("$CVI_GST" fixity export | wc -l)" -eq 3 ]
}

@test "cleanup --missing removes files that are gone" {
  three_scans
  cvi cleanup --missing --dry-run
  [[ $output == *"missing: $videos/b.mp4"*"would remove"*"1 files"* ]]
  [ "$(n_stored)" -eq 3 ]
  cvi cleanup --missing
  [ "$status" -eq 0 ]
  [[ $output == *"removed"*"1 files"* ]]
  [ "$(n_stored)" -eq 2 ]
  [ "$(n_stored "$videos/b.mp4")" -eq 0 ]
}

@test "cleanup --missing keeps all of a folder that is not there" {
  three_scans
  mv "$videos" elsewhere
  cvi cleanup --missing
  [ "$status" -eq 0 ]
  [[ $stderr == *"kept the results of 3 files below $videos"* ]]
  [ "$(n_stored)" -eq 3 ]
  # The folder of a disk that is not mounted is empty ...
  mkdir "$videos"
  cvi cleanup --missing
  [ "$(n_stored)" -eq 3 ]
  # ... or has something else in it.
  touch "$videos/readme"
  cvi cleanup --missing
  [ "$(n_stored)" -eq 3 ]
}

@test "cleanup without a word what to do, or without a store" {
  cvi cleanup
  [ "$status" -eq 2 ]
  [[ $stderr == *--older-than* ]]
  cvi cleanup --older-than 1d
  [ "$status" -eq 2 ]
  [[ $stderr == *"a scan makes one"* ]]
  [ ! -e "$XDG_DATA_HOME/cvi-gst/results.db" ]
}
