# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# URIs of the network, with the real worker and fetcher. serve.py is the other
# end: the first step of a path is how it answers.

bats_require_minimum_version 1.5.0
load helpers

setup_file() {
  export TMPDIR=$BATS_FILE_TMPDIR/spool clip=$CVI_MEDIA/one-second.mp4
  export web=$BATS_FILE_TMPDIR/web log=$BATS_FILE_TMPDIR/log
  mkdir "$TMPDIR" "$web"
  : >"$log"
  cp "$clip" "$web/a.mp4"
  "$CVI_DAMAGE" zero-32k 1 "$CVI_MEDIA/h264-aac.mp4" "$web/bad.mp4" >/dev/null
  "$CVI_SOURCE/tests/cli/serve.py" "$web" "$BATS_FILE_TMPDIR/port" "$log" \
    3>&- &
  echo $! >"$BATS_FILE_TMPDIR/pid"
  load helpers
  wait_for test -e "$BATS_FILE_TMPDIR/port"
  host=127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
  export host at=http://$host
}

teardown_file() {
  kill "$(cat "$BATS_FILE_TMPDIR/pid")" || true
}

# Whatever a test did, nothing is left of what was fetched.
teardown() {
  [ -z "$(ls -A "$TMPDIR")" ]
}

# paths: those of the records in $output.
paths() {
  jq -r '.path + " " + .verdict' <<<"$output" | sort
}

# findings: rules and messages of the records in $output.
findings() {
  jq -r '.findings[] | .rule + ": " + .message' <<<"$output"
}

# asked PATH: how often the server was asked for it.
asked() {
  grep -c "^/$1 " "$log"
}

# fails VERDICT RULE TEXT URI: is that what a scan says of it? Where $stall is
# set no data may come for so many seconds.
fails() {
  cvi scan --no-db --format jsonl --stall-timeout "${stall:-60}" "${@:4}"
  [ "$status" -eq 4 ]
  [ "$(jq -r .verdict <<<"$output")" = "$1" ]
  [[ $(findings) == "$2: "*"$3"* ]] || {
    findings
    false
  }
}

@test "the same is found as in the file" {
  for name in a.mp4 bad.mp4; do
    cvi scan --no-db --format jsonl "$web/$name"
    here=$(jq -S 'del(.path, .mtime_ns, .elapsed_s, .cpu_s, .peak_rss_bytes,
      .scanned_at)' <<<"$output")
    for how in plain etag none chunked cut cut-once redirect/10; do
      cvi scan --no-db --format jsonl "$at/$how/$name"
      there=$(jq -S 'del(.path, .mtime_ns, .elapsed_s, .cpu_s, .peak_rss_bytes,
        .scanned_at)' <<<"$output")
      [ "$here" = "$there" ] || {
        diff <(echo "$here") <(echo "$there")
        false
      }
    done
  done
  [[ $here == *'"corrupt"'* ]]
}

@test "many of them, more than are fetched ahead, among local files" {
  cp "$clip" "$videos/local.mp4"
  for i in 1 2 3 4 5 6 7; do
    ln -sf a.mp4 "$web/$i.mp4"
    echo "$at/slow/$i.mp4"
  done >list
  echo "$videos/local.mp4" >>list
  echo "$at/status/404" >>list
  cvi scan -j 2 --format jsonl --files-from list "$at/slow/a.mp4"
  [ "$status" -eq 4 ]
  [ "$(paths | grep -c healthy)" -eq 9 ]
  [ "$(paths | wc -l)" -eq 10 ]
  cvi scan -j 2 --format jsonl --files-from list "$at/slow/a.mp4"
  [ "$(paths | grep -c skipped)" -eq 9 ]
  run --separate-stderr bash -c '{ cat list; sleep 0; } |
    "$0" scan -j 1 --no-db --format jsonl --files-from -' "$CVI_GST"
  [ "$(paths | grep -c healthy)" -eq 8 ]
}

@test "what has not changed is not fetched again" {
  cp "$clip" "$web/tagged.mp4"
  for how in plain etag date; do
    cvi scan --format jsonl "$at/$how/tagged.mp4"
    [ "$(paths)" = "$at/$how/tagged.mp4 healthy" ]
    cvi scan --format jsonl "$at/$how/tagged.mp4"
    [ "$(paths)" = "$at/$how/tagged.mp4 skipped" ]
    [ "$(n_stored)" -eq 1 ]
    # Of the same size, but not the same thing.
    time=$(stat -c %Y "$web/tagged.mp4")
    { tail -c 1000 "$clip" && head -c -1000 "$clip"; } >"$web/tagged.mp4"
    touch -d "@$((time + 2))" "$web/tagged.mp4"
    cvi scan --format jsonl "$at/$how/tagged.mp4"
    [ "$(paths)" = "$at/$how/tagged.mp4 corrupt" ]
    cp "$clip" "$web/tagged.mp4"
    rm -r "$XDG_DATA_HOME"
  done
  cvi scan --format jsonl "$at/none/tagged.mp4"
  cvi scan --format jsonl "$at/none/tagged.mp4"
  [ "$(paths)" = "$at/none/tagged.mp4 healthy" ]
}

@test "results are found by the URI" {
  cvi scan "$at/plain/bad.mp4" "$at/etag/a.mp4"
  for command in report query; do
    cvi $command --format jsonl "http://name:secret@$host/plain/bad.mp4"
    [ "$(paths)" = "$at/plain/bad.mp4 corrupt" ]
  done
  cvi query --format jsonl "$at/etag"
  [ "$(paths)" = "$at/etag/a.mp4 healthy" ]
  # There is nothing to move, nor to call gone.
  cvi quarantine --to kept
  [ "$status" -eq 0 ]
  cvi cleanup --missing
  [ "$(n_stored)" -eq 2 ]
}

@test "nobody calls a changed resource rotten" {
  cp "$clip" "$web/other.mp4"
  cvi scan "$at/none/other.mp4"
  "$CVI_DAMAGE" cut-95 1 "$clip" cut
  { cat cut && head -c $(($(stat -c %s "$clip") - $(stat -c %s cut))) \
    /dev/zero; } >"$web/other.mp4"
  cvi scan --format jsonl "$at/none/other.mp4"
  [[ $(findings) != *fixity* ]]
  cvi verify
  [ "$status" -eq 0 ]
}

@test "answers that are no file" {
  fails unreadable io::vanished 404 "$at/status/404"
  fails unreadable io::vanished 410 "$at/status/410"
  fails unreadable io::permission 401 "$at/status/401"
  fails unreadable io::permission 403 "$at/status/403"
  fails unreadable io::error 500 "$at/status/500"
  fails unreadable io::error 204 "$at/status/204"
  fails unreadable io::error gzip "$at/gzip/a.mp4"
  fails unreadable io::error "no end" "$at/headers/1"
  fails unreadable io::error "a web page (text/html)" "$at/page/a.mp4"
  fails unsupported stream::unsupported "a playlist" "$at/playlist/a.mp4"
  cvi scan --no-db "$at/plain-text/a.mp4"
  [ "$status" -eq 0 ]
}

@test "redirects have an end, and lead to no file" {
  fails unreadable io::error "10 redirects" "$at/redirect/11/a.mp4"
  fails unreadable io::error "than http or https" "$at/to-file/a.mp4"
}

@test "transfers that break off" {
  fails unreadable io::error "of $(stat -c %s "$clip") bytes, twice" \
    "$at/cut-always/a.mp4"
  [ "$(asked cut-always/a.mp4)" -eq 2 ]
  fails unreadable io::error "another part" "$at/cut-other/a.mp4"
  fails unreadable io::error "outstanding" "$at/cut-chunk/a.mp4"
  stall=4 fails unreadable io::error "4 seconds" "$at/hang/a.mp4"
  cvi scan --no-db --format jsonl "$at/cut/a.mp4"
  [ "$status" -eq 0 ]
  half=$(($(stat -c %s "$clip") / 2))
  grep -q "^/cut/a.mp4 bytes=$half-\$" "$log"
}

@test "what changes while it is fetched is fetched once more" {
  for how in swap swap-silent swap-anew; do
    cvi scan --format jsonl "$at/$how/a.mp4"
    [ "$(paths)" = "$at/$how/a.mp4 healthy" ]
    [ -z "$(findings)" ]
    [ "$(asked $how/a.mp4)" -eq 3 ]
  done
  # What is kept is the state of what was checked.
  cvi scan --format jsonl "$at/swap-anew/a.mp4"
  [ "$(paths)" = "$at/swap-anew/a.mp4 skipped" ]
  cvi scan --no-db --format jsonl "$at/swap-always/a.mp4"
  [ "$status" -eq 4 ]
  [ "$(paths)" = "$at/swap-always/a.mp4 incomplete" ]
  [[ $(findings) == "io::changed: it changed while it was fetched"* ]]
  [ "$(asked swap-always/a.mp4)" -eq 4 ]
}

@test "no length is told of, and changes no verdict" {
  cvi scan --no-db --format jsonl "$at/close/a.mp4"
  [ "$status" -eq 0 ]
  [[ $(findings) == "io::partial: the server tells no length"* ]]
}

@test "what has no end" {
  cvi scan --no-db --format jsonl --spool-limit 1 "$at/endless/1"
  [ "$status" -eq 4 ]
  [ "$(paths)" = "$at/endless/1 incomplete" ]
  [[ $(findings) == *"more than 1048576 bytes (--spool-limit)" ]]
  cvi scan --no-db --format jsonl --file-timeout 0.1 --spool-limit 0 \
    "$at/endless/1"
  [ "$status" -eq 4 ]
  [ "$(paths)" = "$at/endless/1 incomplete" ]
  [[ $(findings) == *"still being sent"* ]]
}

@test "a disk that is too small for it" {
  # A limit on files is the disk that can be had everywhere.
  for how in plain chunked; do
    run --separate-stderr bash -c 'ulimit -f 64
      "$0" scan --no-db --format jsonl "$1"' "$CVI_GST" "$at/$how/a.mp4"
    [ "$status" -eq 4 ]
    [ "$(paths)" = "$at/$how/a.mp4 incomplete" ]
    [[ $(findings) == "io::partial: "*"TMPDIR"*"File too large" ]]
  done
}

@test "users and passwords are used, and told to nobody" {
  uri=http://name:secret@$host/auth/a.mp4
  cvi scan --format jsonl "$uri" "$at/auth/a.mp4"
  [ "$(paths)" = "$at/auth/a.mp4 healthy
$at/auth/a.mp4 unreadable" ]
  echo "$uri" >list
  cvi scan --rescan --format jsonl --files-from list
  [ "$status" -eq 0 ]
  [ "$(paths)" = "$at/auth/a.mp4 healthy" ]
  [[ $output$stderr != *secret* ]]
  cvi list "$uri"
  [ "$output" = "$at/auth/a.mp4" ]
  cvi scan --no-db "http://name:secret@$host/status/500"
  [[ $output$stderr != *secret* ]]
  ! grep -rqa -e secret -e name: "$XDG_DATA_HOME"
}

@test "a server's certificate" {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout key -out cert 2>/dev/null
  cat key cert >both
  "$CVI_SOURCE/tests/cli/serve.py" "$web" port "$log" both 3>&- &
  pid=$!
  wait_for test -e port
  uri=https://localhost:$(cat port)/plain/a.mp4
  cvi scan --no-db --format jsonl "$uri"
  distrusted=$status,$(findings)
  SSL_CERT_FILE=$PWD/cert cvi scan --no-db --format jsonl "$uri"
  kill $pid || true
  [[ $distrusted == "4,io::error: "*"certificate is not trusted"* ]]
  [ "$status" -eq 0 ]
  [ "$(paths)" = "$uri healthy" ]
}

@test "servers that are not there" {
  fails unreadable io::error "connect" http://127.0.0.1:1/a.mp4
  fails unreadable io::error "resolve" http://host.invalid/a.mp4
}

@test "schemes that are not known, or not here" {
  cvi scan gopher://example.org/a.mp4
  [ "$status" -eq 2 ]
  [[ $stderr == *"scheme"*"https"* ]]
  cvi verify "$at/plain/a.mp4"
  [ "$status" -ne 0 ]
  cvi plan --run run "$at/plain/a.mp4"
  [ "$status" -eq 2 ]
  [[ $stderr == *"only scan reads"* ]]
  DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere fails unreadable io::error \
    gvfs-backends smb://example.org/share/a.mp4
}

@test "a stop while something is fetched" {
  cp "$clip" "$web/stop.mp4"
  "$CVI_GST" scan --no-db "$at/hang/stop.mp4" "$at/plain/a.mp4" 3>&- &
  pid=$!
  wait_for eval '[ "$(asked hang/stop.mp4)" -gt 0 ]'
  children=$(children_of $pid)
  [ -n "$children" ]
  kill -INT $pid
  status=0
  wait $pid || status=$?
  [ "$status" -eq 130 ]
  for child in $children; do
    wait_for has_ended "$child"
  done
}

@test "what a killed scan has left goes with the next, what a living one has does not" {
  cp "$clip" "$web/kill.mp4"
  mkdir "$TMPDIR/cvi-gst-other"
  "$CVI_GST" scan --no-db "$at/hang/kill.mp4" &
  killed=$!
  "$CVI_GST" scan --no-db "$at/hang/kill.mp4" &
  living=$!
  wait_for eval '[ "$(asked hang/kill.mp4)" -eq 2 ]'
  kill -KILL $killed
  wait $killed || true
  before=$(ls "$TMPDIR")
  cvi scan --no-db "$at/plain/a.mp4"
  after=$(ls "$TMPDIR")
  files=$(find "$TMPDIR" -type f)
  kill -INT $living
  wait $living || true
  rmdir "$TMPDIR/cvi-gst-other"
  [ "$status" -eq 0 ]
  [ "$(wc -l <<<"$before") $(wc -l <<<"$after")" = "3 2" ]
  [ "$(wc -l <<<"$files")" -eq 1 ]
}

@test "the fetcher is shut in, or nothing is fetched" {
  "$CVI_GST" doctor --format json >doctor.json
  jq -e .sandbox.complete doctor.json >/dev/null || skip "no sandbox here"
  cvi scan --no-db --sandbox require "$at/plain/a.mp4"
  [ "$status" -eq 0 ]
  cp "$clip" "$web/shut.mp4"
  "$CVI_GST" scan --no-db "$at/hang/shut.mp4" 3>&- &
  pid=$!
  wait_for eval '[ "$(asked hang/shut.mp4)" -gt 0 ]'
  fetcher=$(pgrep -P $pid -f cvi-gst-fetch)
  grep -E '^(NoNewPrivs|Seccomp|CapEff|CapPrm):' "/proc/$fetcher/status" >state
  tr '\0' ' ' <"/proc/$fetcher/cmdline" >line
  kill -INT $pid
  wait $pid || true
  [ "$(tr -s '\t ' ' ' <state)" = "CapPrm: 0000000000000000
CapEff: 0000000000000000
NoNewPrivs: 1
Seccomp: 2" ]
  [[ $(cat line) != *http* ]]
}

@test "the fetcher needs no GStreamer" {
  fetcher=$(dirname "$CVI_GST")/cvi-gst-fetch
  ldd "$fetcher" | grep -q libcurl-gnutls
  ! ldd "$fetcher" | grep -q libgst
  ! ldd "$CVI_GST" | grep -q -e libcurl -e libgst
  run "$fetcher"
  [ "$status" -eq 2 ]
}
