# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# URIs and standard input, with the real worker.

bats_require_minimum_version 1.5.0
load helpers

# What is spooled goes to a folder that nobody else uses.
setup_file() {
  export TMPDIR=$BATS_FILE_TMPDIR/spool clip=$CVI_MEDIA/one-second.mp4
  mkdir "$TMPDIR"
}

# paths: those of the records in $output.
paths() {
  jq -r '.path + " " + .verdict' <<<"$output" | sort
}

@test "a URI of a file, and that it is known the next time" {
  cp "$clip" "$videos/a b.mp4"
  uri=file://${videos}/a%20b.mp4
  cvi scan --format jsonl "$uri"
  [ "$status" -eq 0 ]
  [ "$(paths)" = "$uri healthy" ]
  cvi scan --format jsonl "$uri"
  [ "$(paths)" = "$uri skipped" ]
  cvi report --format jsonl
  [ "$(paths)" = "$uri healthy" ]
}

@test "a file of which only the local host knows" {
  cp "$clip" "$videos/a.mp4"
  cvi scan --no-db --format jsonl "FILE://localhost$videos/a.mp4"
  [ "$status" -eq 0 ]
  [[ $(paths) == *"://localhost$videos/a.mp4 healthy" ]]
}

@test "a URI of a folder" {
  cp "$clip" "$videos/a.mp4"
  cvi scan --no-db --format jsonl "file://$videos"
  [ "$status" -eq 0 ]
  [ "$(paths)" = "$videos/a.mp4 healthy" ]
}

@test "URIs that cannot be read" {
  for uri in gopher://name:secret@example.org/a.mp4 rtmp://example.org/live \
    file://example.org/a.mp4 file:///a%00b 'smb://name:se%zzcret@host/a'; do
    cvi scan "$uri"
    [ "$status" -eq 2 ] || {
      echo "$uri: $status"
      false
    }
    [[ $stderr == "cvi-gst: scan: "* ]]
    [[ $stderr != *cret* ]]
  done
}

@test "a file whose name looks like a URI" {
  mkdir -p "$videos/http:"
  cp "$clip" "$videos/http:/a"
  cd "$videos"
  cvi scan --no-db --format jsonl ./http://a
  [ "$status" -eq 0 ]
}

@test "URIs in a list, among paths" {
  cp "$clip" "$videos/a.mp4"
  cp "$clip" "$videos/b.mp4"
  printf '%s\n' "file://$videos/a.mp4" videos/b.mp4 "file://$videos/none.mp4" \
    gopher://name:secret@example.org/a.mp4 "file://$videos" >list
  cvi scan --format jsonl --files-from list
  [ "$status" -eq 4 ]
  [ "$(paths)" = "$videos/b.mp4 healthy
file://$videos unreadable
file://$videos/a.mp4 healthy
file://$videos/none.mp4 unreadable
gopher://example.org/a.mp4 unreadable" ]
  cvi scan --format jsonl --files-from list
  [ "$(paths | grep -c skipped)" -eq 2 ]
  cvi list --files-from list
  [ "$status" -eq 4 ]
  [ "$output" = "$videos/a.mp4
$videos/b.mp4" ]
}

@test "standard input" {
  run --separate-stderr bash -c 'cat "$1" | "$0" scan --format jsonl -' \
    "$CVI_GST" "$clip"
  [ "$status" -eq 0 ]
  [ "$(paths)" = "- healthy" ]
  [ -z "$(ls "$TMPDIR")" ]
  "$CVI_DAMAGE" cut-30 1 "$clip" "$videos/cut.mp4"
  run --separate-stderr bash -c '"$0" scan --format jsonl - <"$1"' \
    "$CVI_GST" "$videos/cut.mp4"
  [ "$status" -eq 1 ]
  [ "$(paths)" = "- corrupt" ]
  [ -z "$(ls "$TMPDIR")" ]
}

@test "standard input that is empty, closed or too long" {
  cvi scan --no-db --format jsonl - </dev/null
  [ "$status" -eq 1 ]
  [ "$(paths)" = "- corrupt" ]
  run --separate-stderr bash -c '"$0" scan --no-db - <&-' "$CVI_GST"
  [ "$status" -eq 4 ]
  [[ $stderr == *"standard input: cannot be read"* ]]
  run --separate-stderr bash -c \
    'head -c 1048577 /dev/zero | "$0" scan --no-db --spool-limit 1 -' "$CVI_GST"
  [ "$status" -eq 4 ]
  [[ $stderr == *"--spool-limit"* ]]
  run --separate-stderr bash -c \
    'head -c 1048576 /dev/zero | "$0" scan --no-db --spool-limit 1 -' "$CVI_GST"
  [ "$status" -eq 1 ]
  [ -z "$(ls "$TMPDIR")" ]
}

@test "standard input is read once" {
  cvi scan - - <"$clip"
  [ "$status" -eq 2 ]
  cvi scan --files-from - - <"$clip"
  [ "$status" -eq 2 ]
  [[ $stderr == *"standard input"* ]]
  [ -z "$(ls "$TMPDIR")" ]
}

@test "a stop while standard input is read" {
  mkfifo pipe
  "$CVI_GST" scan --no-db - <pipe &
  pid=$!
  exec 5>pipe
  wait_for spooling
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  exec 5>&-
  [ "$status" -eq 143 ]
  [ -z "$(ls "$TMPDIR")" ]
}

spooling() {
  [ -n "$(ls "$TMPDIR")" ]
}
