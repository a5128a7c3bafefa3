# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Asking the store: query, stats, backup.

bats_require_minimum_version 1.5.0
load helpers

# Five files in two folders; one of 3000 bytes.
scan_some() {
  use_fake_worker
  export CVI_FAKE_CODEC=H.264
  mkdir "$videos/sub"
  files fine.mp4 corrupt.mp4 gap.mp4 sub/corrupt.mkv sub/big.mkv
  head -c 3000 /dev/zero >"$videos/sub/big.mkv"
  run "$CVI_GST" scan -j1 "$videos"
}

# found ARGUMENT...: names that a query finds, in its order, in one line.
found() {
  "$CVI_GST" query --format jsonl "$@" |
    jq -rj '.path | split("/") | last | . + " "'
}

@test "query by each filter" {
  scan_some
  [ "$(found)" = "corrupt.mp4 fine.mp4 gap.mp4 big.mkv corrupt.mkv " ]
  [ "$(found --verdict corrupt)" = "corrupt.mp4 corrupt.mkv " ]
  [ "$(found --folder "$videos/sub")" = "big.mkv corrupt.mkv " ]
  [ "$(found "$videos/sub" --verdict healthy)" = "big.mkv " ]
  [ "$(found --folder videos/sub videos/gap.mp4)" = \
    "gap.mp4 big.mkv corrupt.mkv " ]
  [ "$(found --rule time::gap)" = "gap.mp4 " ]
  [ "$(found --codec h264 --limit 1)" = "corrupt.mp4 " ]
  [ -z "$(found --codec vp9)" ]
  [ -z "$(found --container matroska)" ]
  [ "$(found --min-size 3k)" = "big.mkv " ]
  [ "$(found --min-size 2.9KiB --max-size 3000)" = "big.mkv " ]
  [ -z "$(found --min-size 3KiB)" ]
  [ "$(found --max-size 1kB --verdict healthy)" = "fine.mp4 " ]
  [ "$(found --min-confidence 0.8)" = "corrupt.mp4 corrupt.mkv " ]
  [ -z "$(found --min-damage 0.99)" ]
}

@test "query by date" {
  # A zone in which it is noon: "today" ends in the middle of no test.
  hour=$(date -u +%-H)
  export TZ=N$((hour - 12))
  scan_some
  for since in yesterday today "7 days ago" "2 weeks" 1h 2020-01-01 \
    2020-01-01T12:00:00Z "2020-01-01 12:00:00+02:00" "1 month ago"; do
    [ "$(found --since "$since" --limit 1)" = "corrupt.mp4 " ]
    [ -z "$(found --until "$since" --limit 1)" ] || [ "$since" = today ]
  done
  [ -z "$(found --since 2100-01-01)" ]
  [ "$(found --until today --limit 1)" = "corrupt.mp4 " ]
  [ -z "$(found --until "2 weeks ago")" ]
}

@test "query sorts and ends at the limit" {
  scan_some
  [ "$(found --sort size:desc --limit 1)" = "big.mkv " ]
  [ "$(found --sort path:desc --limit 2)" = "corrupt.mkv big.mkv " ]
  [[ "$(found --sort confidence:desc --limit 2)" == *corrupt*corrupt* ]]
  [[ "$(found --sort verdict:asc --limit 1)" != *corrupt* ]]
  cvi query --sort date --limit 3
  [[ $output == *"3 files:"* ]]
}

@test "query of one scan" {
  scan_some
  rm "$videos/corrupt.mp4"
  touch -d '2001-02-03' "$videos/gap.mp4"
  run "$CVI_GST" scan "$videos"
  [ "$(found --scan latest)" = "gap.mp4 " ]
  [ "$(found --scan previous --verdict corrupt --sort size)" = \
    "corrupt.mp4 corrupt.mkv " ]
  cvi query --scan 99
  [ "$status" -eq 2 ]
  [[ $stderr == *'no scan "99"'* ]]
}

@test "query refuses what makes no sense, with a next step" {
  scan_some
  while IFS='|' read -r option value text; do
    cvi query "$option" "$value"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ $stderr == *"$option"*"$text"* ]]
  done <<'END'
--sort|colour|path, verdict
--sort|size:up|:desc
--rule|no::such|cvi-gst rules
--min-size|big|700M
--min-size|1.5.5G|700M
--min-size|1X|700M
--max-size|-1|700M
--min-confidence|1.5|0 to 1
--min-damage|nan|0 to 1
--since|someday|7 days ago
--until|2026-13-01|7 days ago
--verdict|bad|verdicts
--limit|-1|whole number
END
}

@test "query without a store" {
  cvi query
  [ "$status" -eq 2 ]
  [[ $stderr == *"a scan makes one"* ]]
}

@test "stats as text and as JSON" {
  scan_some
  cvi stats
  [ "$status" -eq 0 ]
  [[ $output == "5 files, "*"1 scans"* ]]
  [[ $output == *"2  corrupt"* ]]
  [[ $output == *"H.264"* ]]
  [[ $output == *"$videos/sub/"* ]]
  [[ $output == *"less than a day"* ]]
  cvi stats --format json --level 2
  [ "$(jq -r '.all.files, .all.verdicts.corrupt, .scans,
    (.folders | map (.files) | add), .ages["less than a day"],
    .codecs[0].name' <<<"$output" | xargs)" = "5 2 1 5 5 H.264" ]
}

@test "a backup is a whole store, and replaces nothing" {
  scan_some
  cvi backup copy.db
  [ "$status" -eq 0 ]
  [ "$(stat -c %a copy.db)" = 600 ]
  [ "$(ls copy.db*)" = copy.db ]
  [ "$(found --db copy.db)" = "$(found)" ]
  cp copy.db before.db
  cvi backup copy.db
  [ "$status" -eq 2 ]
  [[ $stderr == *copy.db*--force* ]]
  cmp copy.db before.db
  run "$CVI_GST" scan --rescan "$videos"
  cvi backup --force copy.db
  [ "$status" -eq 0 ]
  [ "$("$CVI_GST" stats --db copy.db --format json | jq .scans)" -eq 2 ]
  cvi backup none/copy.db
  [ "$status" -eq 2 ]
  cvi backup --force "$XDG_DATA_HOME/cvi-gst/results.db"
  [ "$status" -eq 2 ]
  [[ $stderr == *"store itself"* ]]
  cvi backup
  [ "$status" -eq 2 ]
  [[ $stderr == *FILE* ]]
  [ "$(ls -d copy.db*)" = copy.db ]
}

@test "hostile names in stats and query" {
  use_fake_worker
  mkdir "$videos/"$'a\e[31m\n'
  files $'a\e[31m\n/x.mp4' $'\xff.mp4'
  run "$CVI_GST" scan "$videos"
  cvi stats
  [ "$status" -eq 0 ]
  [[ $output != *$'\e'* ]]
  cvi stats --format json
  jq -e . <<<"$output" >/dev/null
  cvi query "$videos/"$'a\e[31m\n'
  [[ $output == *"1 file:"* ]]
}
