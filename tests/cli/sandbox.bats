# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# The sandbox as users meet it: --sandbox, roots, lists, doctor.

bats_require_minimum_version 1.5.0
load helpers

clips() {
  local name
  for name in "$@"; do
    cp "$CVI_MEDIA/$name" "$videos/"
  done
}

# Is all of it there on this system?
need_sandbox() {
  "$CVI_GST" doctor --format json >doctor.json
  jq -e .sandbox.complete doctor.json >/dev/null ||
    skip "this kernel does not provide $(jq -r .sandbox.missing doctor.json)"
}

# records FILE: without what differs from run to run.
records() {
  jq -S -c 'del(.elapsed_s, .cpu_s, .peak_rss_bytes, .scanned_at)' "$1" | sort
}

@test "the same findings with the sandbox as without" {
  need_sandbox
  clips h264-aac.mp4 h265-ac3.mkv vp8-vorbis.webm mpeg2-mp2.ts
  "$CVI_DAMAGE" zero-32k 1 "$CVI_MEDIA/h264-opus.mkv" "$videos/zero.mkv"
  "$CVI_DAMAGE" random-4k 1 "$CVI_MEDIA/mpeg4-mp3.avi" "$videos/random.avi"
  for when in off auto require; do
    status=0
    "$CVI_GST" scan --no-db -j 1 -m full --sandbox $when --format jsonl "$videos" \
      >$when.jsonl || status=$?
    [ "$status" -eq 1 ]
    records $when.jsonl >$when
  done
  cmp off auto
  cmp off require
}

@test "a worker has nothing to complain about" {
  need_sandbox
  clips h264-aac.mp4 vp9-opus.webm
  CVI_WORKER_STDERR=1 cvi scan --sandbox require "$videos"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
}

@test "require: no scan without all of it" {
  use_fake_worker
  files a.mp4
  CVI_FAKE_MISSING=Landlock cvi scan --sandbox require "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *"sandbox is required"*Landlock* ]]
  [ "$(n_checked)" -eq 0 ]
  CVI_FAKE_MISSING=Landlock CVI_SANDBOX=require cvi scan "$videos"
  [ "$status" -eq 2 ]
  CVI_FAKE_MISSING=Landlock cvi scan "$videos"
  [ "$status" -eq 0 ]
  configure '[scan]' 'sandbox = require'
  CVI_FAKE_MISSING=Landlock cvi scan --rescan "$videos"
  [ "$status" -eq 2 ]
  cvi scan --rescan --sandbox require "$videos"
  [ "$status" -eq 0 ]
}

@test "a link that leads out of a folder is left out, one that is named is not" {
  need_sandbox
  mkdir elsewhere
  cp "$CVI_MEDIA/h264-aac.mp4" elsewhere/film.mp4
  ln -s ../elsewhere/film.mp4 "$videos/link.mp4"
  cvi scan --sandbox require --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  cvi scan --sandbox require --format jsonl "$videos/link.mp4"
  [ "$status" -eq 0 ]
  [ "$(verdict_of link.mp4)" = healthy ]
}

@test "a list that names files anywhere" {
  need_sandbox
  mkdir -p x y/z
  cp "$CVI_MEDIA/h264-aac.mp4" x/1.mp4
  cp "$CVI_MEDIA/vp8-vorbis.webm" x/2.webm
  cp "$CVI_MEDIA/h264-opus.mkv" y/z/3.mkv
  cp "$CVI_MEDIA/mpeg2-mp2.ts" y/4.ts
  ln -s ../y/4.ts x/link.ts
  printf '%s\n' x/1.mp4 y/z/3.mkv "$PWD/x/2.webm" x/link.ts x/none.mp4 y \
    >list
  cvi scan --no-db -j 1 --sandbox require --stats --format jsonl \
    --files-from list \
    "$CVI_MEDIA/one-second.mp4"
  [ "$status" -eq 4 ]
  [ "${#lines[@]}" -eq 8 ]
  [ "$(grep -c '"verdict":"healthy"' <<<"$output")" -eq 7 ]
  [ "$(verdict_of none.mp4)" = unreadable ]
  # one for the clip, one for all that the list says
  [[ $stderr == *"workers started: 2"* ]]
}

@test "a folder that is replaced while the scan goes on" {
  need_sandbox
  mkdir x
  cp "$CVI_MEDIA/vp8.ivf" x/1.ivf
  mkfifo names
  "$CVI_GST" scan --no-db -j 1 --sandbox require --stats --format jsonl \
    --files-from names >out 2>messages 3>&- &
  pid=$!
  exec 9>names
  echo x/1.ivf >&9
  wait_for grep -q healthy out
  mv x old
  mkdir x
  cp old/1.ivf x/2.ivf
  echo x/2.ivf >&9
  exec 9>&-
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 0 ]
  [ "$(grep -c '"verdict":"healthy"' out)" -eq 2 ]
  grep -q '^workers started: 2' messages
}

@test "plugins of the user's own" {
  need_sandbox
  local plugins=$BATS_TEST_TMPDIR/plugins system
  clips vp8-vorbis.webm
  system=$(pkg-config --variable=pluginsdir gstreamer-1.0)
  mkdir "$plugins"
  for name in coreelements typefindfunctions matroska vpx vorbis app; do
    cp "$system/libgst$name.so" "$plugins/" ||
      skip "no GStreamer plugins where they are expected"
  done
  GST_PLUGIN_SYSTEM_PATH_1_0='' GST_PLUGIN_PATH=$plugins \
    cvi scan --sandbox require --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [[ $output == *'"decoder":"vp8dec"'* ]]
}

@test "a cache folder that cannot be written" {
  need_sandbox
  clips h264-aac.mp4
  : >nowhere
  mkdir tmp
  XDG_CACHE_HOME=$PWD/nowhere TMPDIR=$PWD/tmp cvi scan --sandbox require \
    "$videos"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ -z "$(ls tmp)" ]
}

@test "an ordinary user" {
  [ "$(id -u)" -eq 0 ] || skip "this is one"
  need_sandbox
  clips h264-aac.mp4 vp8-vorbis.webm
  cp "$CVI_MEDIA/h264-opus.mkv" "$videos/locked.mkv"
  # The folder of the tests is root's alone.
  place=$(mktemp -d)
  mv "$videos" "$HOME" "$place/"
  chown -R 65534:65534 "$place"
  chown 0:0 "$place/videos/locked.mkv"
  chmod 0 "$place/videos/locked.mkv"
  cd /
  as_nobody=(env HOME="$place/home" XDG_CACHE_HOME="$place/home/cache"
    XDG_DATA_HOME="$place/home/data" XDG_CONFIG_HOME="$place/home/config"
    setpriv --reuid=65534 --regid=65534 --clear-groups)
  "${as_nobody[@]}" test -x "$CVI_GST" ||
    skip "the build folder is not open to others"
  run --separate-stderr "${as_nobody[@]}" "$CVI_GST" scan --sandbox require \
    --format jsonl "$place/videos"
  rm -r "$place"
  [ "$status" -eq 4 ]
  [ "$(verdict_of h264-aac.mp4)" = healthy ]
  [ "$(verdict_of vp8-vorbis.webm)" = healthy ]
  [ "$(verdict_of locked.mkv)" = unreadable ]
  [[ $output == *io::permission*"Permission denied"* ]]
}

@test "doctor tells whether all of it is there" {
  need_sandbox
  cvi doctor
  [[ $output == *Landlock*"yes (ABI "* ]]
  [[ $output =~ complete\ +yes ]]
  use_fake_worker
  cvi doctor
  [[ $output =~ complete\ +no:\ seccomp ]]
}
