# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Full disks, killed scans, two scans at once, names that no one should make.

bats_require_minimum_version 1.5.0
load helpers

many() {
  local i
  for ((i = 0; i < $1; i++)); do
    echo "$i" >"$videos/$i-corrupt.mp4"
  done
}

# fake NAME...: small files, and the worker that goes by their names.
fake() {
  use_fake_worker
  files "$@"
}

# integrity STORE: what SQLite says of the file.
integrity() {
  python3 -c '
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check")
      .fetchone()[0])' "$1"
}

# is_error MESSAGE...: the last command failed with exit status 2 and said all
# of these on one line.
is_error() {
  local line part
  [ "$status" -eq 2 ] || return 1
  line=$(grep '^cvi-gst: ' <<<"$stderr" | tail -n 1)
  for part in "$@"; do
    [[ $line == *"$part"* ]] || { echo "no \"$part\" in: $stderr"; return 1; }
  done
}

@test "a full disk under the store" {
  use_fake_worker
  many 3000
  mkdir small
  unshare --mount true 2>/dev/null || skip "no mount namespace here"
  # shellcheck disable=SC2016 # the variables are the inner shell's
  run --separate-stderr unshare --mount bash -c '
    mount -t tmpfs -o size=768k none small || exit 77
    CVI_FAKE_DELAY_MS=2 "$CVI_GST" scan -j 2 --db small/results.db --format jsonl \
      "$1" >reported
    status=$?
    cp small/results.db* .
    exit $status' bash "$videos"
  [ "$status" -ne 77 ] || skip "no tmpfs here"
  is_error small/results.db "full" "free some space" "not stored"
  [ "$(integrity results.db)" = ok ]
  # What had been stored before is still there, and the scan goes on from it.
  stored=$(n_stored --db results.db)
  [ "$stored" -gt 0 ]
  [ "$stored" -lt 3000 ]
  cvi scan --db results.db "$videos"
  [ "$status" -eq 1 ]
  [[ $stderr == *"continuing scan"* ]]
  [ "$(n_stored --db results.db)" -eq 3000 ]
}

@test "a store that grows beyond the limit of a file's size" {
  use_fake_worker
  many 1000
  # In blocks of 1 KiB; without the tool's own doing SIGXFSZ would end it.
  run --separate-stderr bash -c '
    ulimit -f 300
    exec "$CVI_GST" scan -j 2 --db results.db -o /dev/null "$1"' bash "$videos"
  is_error results.db "File too large" "not stored"
  [ "$(integrity results.db)" = ok ]
  stored=$(n_stored --db results.db)
  cvi scan --db results.db "$videos"
  [ "$status" -eq 1 ]
  [ "$(n_stored --db results.db)" -eq 1000 ]
  [ "$stored" -lt 1000 ]
}

@test "a full disk under the report" {
  fake corrupt.mp4
  cvi scan -o /dev/full "$videos"
  is_error /dev/full "No space left on device"
  # What was found is stored nevertheless.
  [ "$(n_stored)" -eq 1 ]
  for format in text jsonl json csv; do
    cvi report --format "$format" -o /dev/full
    is_error /dev/full "No space left on device"
  done
  # shellcheck disable=SC2016
  run --separate-stderr bash -c '"$CVI_GST" report >/dev/full'
  is_error "standard output" "No space left on device"
  # shellcheck disable=SC2016
  run --separate-stderr bash -c '"$CVI_GST" list "$1" >/dev/full' bash "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *"standard output: No space left on device"* ]]
}

@test "a store that cannot be used says why and what to do" {
  fake corrupt.mp4
  cvi scan "$videos"
  store=$XDG_DATA_HOME/cvi-gst/results.db
  cp "$store" newer.db
  python3 -c 'import sqlite3
sqlite3.connect("newer.db").execute("PRAGMA user_version = 99")'
  head -c 5000 "$store" >cut.db
  echo 'not a database, but long enough to be looked at as one' >text.db
  for command in "scan $videos" report; do
    # shellcheck disable=SC2086 # words
    cvi $command --db newer.db
    is_error newer.db "newer cvi-gst" "another store"
    for bad in cut.db text.db; do
      # shellcheck disable=SC2086
      cvi $command --db "$bad"
      is_error "$bad" "move the file away" "scan again"
    done
  done
  # Neither was touched.
  [ "$(stat -c %s cut.db)" -eq 5000 ]
  grep -q 'not a database' text.db
}

@test "two scans of one store at once" {
  use_fake_worker
  many 300
  mkdir "$videos/more"
  for ((i = 0; i < 300; i++)); do
    echo x >"$videos/more/$i.mp4"
  done
  "$CVI_GST" scan -j 1 -o first --no-recursive "$videos" &
  first=$!
  "$CVI_GST" scan -j 1 -o second "$videos/more" &
  second=$!
  status=0
  wait "$first" || status=$?
  [ "$status" -eq 1 ]
  wait "$second"
  [ "$(n_stored)" -eq 600 ]
  [ "$(n_stored --scan 1)" -eq 300 ]
  [ "$(n_stored --scan 2)" -eq 300 ]
  [ "$(integrity "$XDG_DATA_HOME/cvi-gst/results.db")" = ok ]
}

@test "kill -9 at any moment leaves a whole store" {
  use_fake_worker
  many 400
  export CVI_FAKE_DELAY_MS=5
  store=$XDG_DATA_HOME/cvi-gst/results.db
  # Each goes on where the one before was killed.
  for at in 1 7 40 90 160 300; do
    "$CVI_GST" scan -j 2 --rescan "$videos" >/dev/null 2>&1 &
    pid=$!
    wait_for has_checked "$at"
    # Unless it was faster.
    kill -9 "$pid" || true
    wait "$pid" || true
    [ "$(integrity "$store")" = ok ]
    # Each stored result can be read.
    n_stored >/dev/null
  done
  unset CVI_FAKE_DELAY_MS
  cvi scan --rescan "$videos"
  [ "$status" -eq 1 ]
  [ "$(n_stored --scan latest)" -eq 400 ]
}

# Names with everything that a terminal, a shell, a spreadsheet or SQL would
# take for more than a name. All are corrupt, so that each is printed.
hostile_names() {
  printf '%s\n' $'esc\e[2J\e]0;title\a' $'bell\a' 'quote"s' "it's" \
    "'; DROP TABLE files; --" '=cmd|calc!A0' '@SUM(A1)' '+1' $'latin1-\xe9' \
    $'bidi-\u202eright' $'mark-\u200f' $'c1-\xc2\x9b31m' 'back\slash' '%s%n' \
    '$(touch ran)' ' leading' '<b>&amp;' $'separator-\u2028'
  # and one with a line end
}

# harmless TEXT: no control characters but line ends, no marks of direction.
harmless() {
  python3 -c '
import sys, unicodedata
text = sys.stdin.buffer.read().decode("utf-8")
bad = [c for c in text if c not in "\n\r\t" and unicodedata.category(c) in
       ("Cc", "Cs", "Zl", "Zp") or c in "\u061c\u200e\u200f\u202a\u202b\u202c"
       "\u202d\u202e\u2066\u2067\u2068\u2069"]
sys.exit(repr(bad) if bad else 0)' <<<"$1"
}

@test "hostile names in every format and in messages" {
  use_fake_worker
  mapfile -t names < <(hostile_names)
  names+=($'new\nline')
  for name in "${names[@]}"; do
    echo x >"$videos/$name-corrupt.mp4"
  done
  cvi scan --progress json "$videos"
  [ "$status" -eq 1 ]
  harmless "$output"
  harmless "$stderr"
  [ "$(grep -c ^corrupt <<<"$output")" -eq "${#names[@]}" ]
  for format in text jsonl json csv; do
    cvi report --format "$format"
    [ "$status" -eq 0 ]
    harmless "$output"
  done
  "$CVI_GST" report --format csv >names.csv
  python3 -c '
import base64, csv, sys
rows = list(csv.DictReader(open("names.csv", newline="")))
assert len(rows) == int(sys.argv[1]), rows
for row in rows:
    assert row["path"][0] not in "=+-@\t\r", row["path"]
    assert row["path_bytes"] or row["path"].endswith("-corrupt.mp4")' \
    "${#names[@]}"
  "$CVI_GST" report --format json | jq -e "length == ${#names[@]}"
  [ ! -e ran ]
  # The same on standard error: files that are gone, arguments that are wrong.
  cd "$videos"
  said=
  for name in "${names[@]}"; do
    cvi list "./$name-none.mp4"
    [ "$status" -eq 4 ]
    said+=$stderr
    cvi scan --no-db -m "$name" .
    [ "$status" -eq 2 ]
    said+=$stderr
    cvi report --db "$name/none.db"
    [ "$status" -eq 2 ]
    said+=$stderr
  done
  harmless "$said"
  [ "$(grep -c none.db <<<"$said")" -ge 10 ]
}

@test "the progress bar and list show hostile names as escapes on a terminal" {
  use_fake_worker
  many 20
  touch "$videos"/$'a\e[2J.mp4'
  export CVI_FAKE_DELAY_MS=20
  cvi scan --no-db -j 1 --progress bar "$videos"
  # Its own control sequences aside.
  harmless "$(sed $'s/\e\\[K//g; s/\r/\\n/g' <<<"$stderr")"
  command -v script >/dev/null || skip "no script(1) to make a terminal"
  run script -qec "$(printf '%q list %q' "$CVI_GST" "$videos")" /dev/null
  [[ $output == *'a\x1b[2J.mp4'* ]]
  harmless "$output"
}
