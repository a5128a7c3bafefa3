# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Content hashes: what has changed since files were last known whole?

bats_require_minimum_version 1.5.0
load helpers

# rot FILE OFFSET: flips a bit and puts size and time back.
rot() {
  touch -r "$1" "$BATS_TEST_TMPDIR/time"
  python3 -B - "$1" "$2" <<'EOF'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0] ^ 0x10
    f.seek(int(sys.argv[2]))
    f.write(bytes([byte]))
EOF
  touch -r "$BATS_TEST_TMPDIR/time" "$1"
}

# scanned NAME...: makes files and scans them with the fake worker.
scanned() {
  use_fake_worker
  files "$@"
  "$CVI_GST" scan --fail-on none "$videos" 3>&- >/dev/null
}

# rules_of NAME: rules of its findings, out of jsonl records in $output.
rules_of() {
  jq -r --arg name "/$1" \
    'select(.path | endswith($name)) | .findings[].rule' <<<"$output"
}

sql() {
  python3 -B -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print(*row)' "$XDG_DATA_HOME/cvi-gst/results.db" "$1"
}

@test "files that nobody has touched are the same, with and without a PATH" {
  scanned {1..500}.mp4
  for path in "$videos" ""; do
    cvi verify --format jsonl ${path:+"$path"}
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [[ $stderr == *"500 unchanged, 0 rotten, 0 edited, 0 moved, 0 new"* ]]
  done
  [ "$(n_checked)" -eq 500 ]
}

@test "one flipped bit in each of 300 files is found, with its block" {
  use_fake_worker
  python3 -B - "$videos" <<'EOF'
import os, random, sys
random.seed(1)
for i in range(300):
    with open(f"{sys.argv[1]}/{i}.mp4", "wb") as f:
        f.write(random.randbytes(150000 + i))
EOF
  cvi scan --hash-block 64 "$videos"
  [ "$status" -eq 0 ]
  python3 -B - "$videos" >expected <<'EOF'
import os, random, sys
random.seed(2)
for i in range(300):
    path = f"{sys.argv[1]}/{i}.mp4"
    st = os.stat(path)
    offset = random.randrange(st.st_size)
    with open(path, "r+b") as f:
        f.seek(offset)
        byte = f.read(1)[0] ^ (1 << i % 8)
        f.seek(offset)
        f.write(bytes([byte]))
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
    print(path, offset // 65536 * 65536)
EOF
  cvi verify --no-deep --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [[ $stderr == *"0 unchanged, 300 rotten"* ]]
  jq -r '"\(.path) \(.findings[].offset)"' <<<"$output" | sort >found
  sort expected | diff - found
  [ "$(jq -r .verdict <<<"$output" | sort -u)" = corrupt ]
  [ "$(n_stored --verdict corrupt)" -eq 300 ]
}

@test "rot is scanned deep, told again, and over when the file is restored" {
  scanned a.mp4 b.mp4
  cp -p "$videos/a.mp4" saved
  rot "$videos/a.mp4" 2
  cvi verify --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ "$(verdict_of a.mp4)" = corrupt ]
  [ "$(rules_of a.mp4)" = fixity::changed ]
  [ "$(jq -r .mode <<<"$output")" = deep ]
  [ "$(n_checked)" -eq 3 ]
  cvi report --verdict corrupt
  [[ $output == *a.mp4*fixity::changed* ]]
  # Known already: nothing is decoded again, and the status is the same.
  cvi verify --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ "$(verdict_of a.mp4)" = corrupt ]
  [ "$(n_checked)" -eq 3 ]
  # A scan does not take the rotten content for good.
  cvi scan --rescan "$videos"
  [ "$status" -eq 1 ]
  cp -p saved "$videos/a.mp4"
  cvi verify --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [ "$(verdict_of a.mp4)" = healthy ]
  cvi report --verdict corrupt
  [[ $output == *"0 files"* ]]
}

@test "a scan that reads rotten content says so" {
  scanned a.mp4
  rot "$videos/a.mp4" 0
  cvi scan --rescan --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ "$(rules_of a.mp4)" = fixity::changed ]
}

@test "edited and touched files are not rotten" {
  scanned longer.mp4 same-size.mp4 touched.mp4
  echo more >>"$videos/longer.mp4"
  echo same-sizE.mp4 >"$videos/same-size.mp4"
  touch -d 2001-01-01 "$videos/touched.mp4" "$videos/same-size.mp4"
  cvi verify --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"1 unchanged, 0 rotten, 2 edited"* ]]
  [ "$(rules_of longer.mp4)" = fixity::edited ]
  [ "$(rules_of same-size.mp4)" = fixity::edited ]
  cvi verify --scan-changed --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [ "$(verdict_of longer.mp4)" = healthy ]
  cvi verify "$videos"
  [[ $stderr == *"3 unchanged, 0 rotten, 0 edited"* ]]
}

@test "a file that was moved or renamed keeps its history" {
  scanned a.mp4 b-corrupt.mp4 c.mp4
  mkdir "$videos/sub"
  mv "$videos/b-corrupt.mp4" "$videos/sub/renamed.mp4"
  cp -p "$videos/a.mp4" "$videos/copy.mp4"
  cvi verify --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"2 unchanged, 0 rotten, 0 edited, 1 moved, 1 new, 0 vanished"* ]]
  [ "$(rules_of renamed.mp4)" = fixity::moved ]
  [ "$(rules_of copy.mp4)" = fixity::new ]
  cvi report --format jsonl
  [ "$(verdict_of sub/renamed.mp4)" = corrupt ]
  [ "$(verdict_of b-corrupt.mp4)" = "" ]
  # Not checked again, since nothing but its name has changed.
  n=$(n_checked)
  cvi scan "$videos/sub"
  [ "$(n_checked)" -eq "$n" ]
}

@test "vanished files are told of once, and new ones scanned if asked for" {
  scanned a.mp4 b.mp4
  rm "$videos/a.mp4"
  files new.mp4
  cvi verify --format jsonl "$videos"
  [ "$status" -eq 4 ]
  [ "$(rules_of a.mp4)" = io::vanished ]
  [ "$(rules_of new.mp4)" = fixity::new ]
  cvi verify --scan-new --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"1 files had vanished before"* ]]
  [ "$(verdict_of new.mp4)" = healthy ]
  cvi verify "$videos"
  [[ $stderr == *"2 unchanged"* ]]
}

@test "a folder that is not there says nothing of its files" {
  scanned a.mp4 b.mp4
  mv "$videos" away
  cvi verify "$videos"
  [ "$status" -eq 4 ]
  [[ $stderr == *"0 vanished"* ]]
  mv away "$videos"
  cvi verify "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"2 unchanged"* ]]
}

@test "a file that may not be read" {
  [ "$(id -u)" -ne 0 ] || skip "root may read all"
  scanned a.mp4
  chmod 000 "$videos/a.mp4"
  cvi verify --format jsonl "$videos"
  [ "$status" -eq 4 ]
  [ "$(verdict_of a.mp4)" = unreadable ]
}

@test "a sample is a share of the files" {
  scanned {1..40}.mp4
  cvi verify --sample 25% "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"10 unchanged"* ]]
  for bad in 0% 101% 5 x%; do
    cvi verify --sample "$bad" "$videos"
    [ "$status" -eq 2 ]
  done
}

@test "a sample takes other files each time until all had their turn" {
  scanned {1..4}.mp4
  python3 -B -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE hashes SET verified_at = file_id")
db.commit()' "$XDG_DATA_HOME/cvi-gst/results.db"
  for round in {0..3}; do
    [ "$(sql "SELECT count (*) FROM hashes WHERE verified_at > 100")" -eq "$round" ]
    cvi verify --sample 25% "$videos"
  done
  [ "$(sql "SELECT count (*) FROM hashes WHERE verified_at > 100")" -eq 4 ]
}

@test "no time to verify anything" {
  scanned a.mp4
  cvi verify --max-time 0 "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"0 unchanged"*"ended by --max-time"* ]]
  [[ $output == *interrupted* ]]
}

@test "kill -9 loses no hash, and what was verified stays so" {
  # At its rate the large one alone takes minutes: each kill meets a reader.
  truncate -s 200M "$videos/9.mkv"
  scanned {1..300}.mp4
  before=$(sql "SELECT f.path, hex (whole), hex (blocks) FROM hashes
    JOIN files AS f ON f.id = file_id ORDER BY 1")
  for round in {0..4}; do
    "$CVI_GST" verify --read-rate 1 "$videos" >/dev/null 2>&1 3>&- &
    pid=$!
    wait_for test -d "/proc/$pid"
    for ((k = 0; k < 30 * round; k++)); do :; done
    kill -9 "$pid"
    wait "$pid" || true
    [ "$(sql "PRAGMA integrity_check")" = ok ]
    [ "$(sql "SELECT f.path, hex (whole), hex (blocks) FROM hashes
      JOIN files AS f ON f.id = file_id ORDER BY 1")" = "$before" ]
  done
  cvi verify "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"301 unchanged"* ]]
}

@test "files that were scanned without a hash get one" {
  use_fake_worker
  files a.mp4
  cvi scan --hash none "$videos"
  [ "$(sql "SELECT count (*) FROM hashes")" -eq 0 ]
  cvi verify "$videos"
  [ "$status" -eq 0 ]
  [[ $stderr == *"1 files that were scanned without a hash"* ]]
  [ "$(n_checked)" -eq 1 ]
  rot "$videos/a.mp4" 1
  cvi verify "$videos"
  [ "$status" -eq 1 ]
}

@test "lists of sha256sum, exported and imported" {
  use_fake_worker
  files a.mp4 'b \ c.mp4' $'d\ne.mp4'
  cvi scan --hash sha256 "$videos"
  cvi fixity export --format sha256sum --base "$videos"
  [ "$status" -eq 0 ]
  (cd "$videos" && sha256sum -c) <<<"$output"
  [ "$(wc -l <<<"$output")" -eq 3 ]
  export CVI_DB=other.db
  (cd "$videos" && sha256sum ./* >../SHA256SUMS)
  cvi fixity import --base "$videos" SHA256SUMS
  [ "$status" -eq 0 ]
  [[ $stderr == *"3 hashes; 0 lines are none"* ]]
  cvi verify
  [ "$status" -eq 0 ]
  [[ $stderr == *"3 unchanged"* ]]
  # From here on it is blocks that are compared.
  rot "$videos/a.mp4" 1
  cvi verify --no-deep --format jsonl
  [ "$status" -eq 1 ]
  [ "$(rules_of a.mp4)" = fixity::changed ]
}

@test "a list of md5sum finds what has changed since it was made" {
  use_fake_worker
  files a.mp4 b.mp4
  (cd "$videos" && md5sum ./*.mp4 >MD5SUMS)
  rot "$videos/a.mp4" 1
  cvi fixity import "$videos/MD5SUMS"
  [ "$status" -eq 0 ]
  cvi verify --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ "$(verdict_of a.mp4)" = corrupt ]
  [[ $stderr == *"1 unchanged, 1 rotten"* ]]
  echo nonsense >list
  cvi fixity import list
  [ "$status" -eq 4 ]
  [[ $stderr == *"list:1: no hash"* ]]
}

@test "BagIt manifests and xxhsum" {
  use_fake_worker
  mkdir -p bag/data
  echo 1 >bag/data/a.mp4
  echo 2 >$'bag/data/b%\n.mp4'
  sum() { sha512sum <"$1" | cut -d' ' -f1; }
  printf '%s  %s\n' "$(sum bag/data/a.mp4)" data/a.mp4 \
    "$(sum $'bag/data/b%\n.mp4')" 'data/b%25%0A.mp4' >bag/manifest-sha512.txt
  cvi fixity import bag/manifest-sha512.txt
  [ "$status" -eq 0 ]
  cvi verify bag
  [ "$status" -eq 0 ]
  [[ $stderr == *"2 unchanged"* ]]
  cvi fixity export --format xxhsum bag
  [ "$(wc -l <<<"$output")" -eq 2 ]
  echo "$output" >list.xxh
  export CVI_DB=other.db
  cvi fixity import list.xxh
  cvi verify
  [ "$status" -eq 0 ]
  [[ $stderr == *"2 unchanged"* ]]
}

@test "lists that are none" {
  scanned a.mp4
  # No memory is given to what has no lines. A sanitizer needs more addresses.
  limit=1000000
  [ "${CVI_SANITIZE:-none}" = none ] || limit=unlimited
  # shellcheck disable=SC2016 # the variables are the inner shell's
  run --separate-stderr bash -c '
    ulimit -v "$1"
    head -c 1500000000 /dev/zero | "$CVI_GST" fixity import -' bash "$limit"
  [ "$status" -eq 4 ]
  [[ $stderr == *"0 hashes; 1 lines are none"* ]]
  printf '%s  %s\r\n' "$(sha256sum <"$videos/a.mp4" | cut -d' ' -f1)" \
    "$videos/a.mp4" >list
  head -c 100000 /dev/zero | tr '\0' a >>list
  cvi fixity import list
  [ "$status" -eq 4 ]
  [[ $stderr == *"list:2: no hash"*"1 hashes; 1 lines are none"* ]]
  cvi verify
  [ "$status" -eq 0 ]
  cvi fixity import nowhere
  [ "$status" -eq 2 ]
  [[ $stderr == *"nowhere: No such file"* ]]
  cvi fixity import "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *"cannot read all"* ]]
}

@test "duplicates" {
  scanned a.mp4 b.mp4
  cp "$videos/a.mp4" "$videos/c.mp4"
  cvi scan "$videos"
  cvi fixity duplicates
  [ "$status" -eq 0 ]
  [[ $output == *"6 bytes"*a.mp4*c.mp4* ]]
  [[ $output != *b.mp4* ]]
  same=$output
  cvi fixity frobnicate
  [ "$status" -eq 2 ]
  cvi query --duplicates
  [ "$status" -eq 0 ]
  [ "$output" = "$same" ]
  cvi query --duplicates --verdict corrupt
  [ "$status" -eq 2 ]
  [[ $stderr == *"--verdict exclude each other"* ]]
}

@test "rot in true files: streams, times, and what a viewer would notice" {
  for name in h264-aac.mp4 two-audio.mkv h264-aac.ts; do
    cp "$CVI_MEDIA/$name" "$videos"
  done
  cvi scan -m quick "$videos"
  [ "$status" -eq 0 ]
  for name in h264-aac.mp4 two-audio.mkv h264-aac.ts; do
    rot "$videos/$name" 250007
  done
  cvi verify --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ "$(jq -r .verdict <<<"$output" | sort | uniq -c | xargs)" = "3 corrupt" ]
  for name in h264-aac.mp4 two-audio.mkv h264-aac.ts; do
    [ "$(jq --arg name "$name" 'select(.path | endswith($name)) | [
      .findings[] | select(.rule == "fixity::changed" and .stream == "video/0"
        and .start_ns != null and .end_ns > .start_ns)] | length' \
      <<<"$output")" -ge 1 ]
  done
  # The decoder's own words are there too.
  [ "$(jq '[.findings[] | select(.rule | startswith("decode::"))] | length' \
    <<<"$output" | jq -s add)" -ge 1 ]
}
