# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whole scans with the real worker and real clips.

bats_require_minimum_version 1.5.0
load helpers

clips() {
  local name
  for name in "$@"; do
    cp "$CVI_MEDIA/$name" "$videos/"
  done
}

# worker_of PID: a worker process that PID has started, if there is one now.
worker_of() {
  local child
  for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
    if tr '\0' ' ' <"/proc/$child/cmdline" 2>/dev/null |
      grep -q -e ' --fd '; then
      echo "$child"
      return
    fi
  done
  return 1
}

@test "healthy clips" {
  clips h264-aac.mp4 h264-opus.mkv vp8-vorbis.webm mpeg2-mp2.mpg
  cvi scan --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 4 ]
  [[ $output != *'"verdict":"corrupt"'* ]]
  for name in h264-aac.mp4 h264-opus.mkv vp8-vorbis.webm mpeg2-mp2.mpg; do
    [ "$(verdict_of $name)" = healthy ]
  done
  [[ $output == *'"kind":"video","codec":"H.264"'* ]]
}

@test "damaged clips, among healthy ones" {
  clips h264-aac.mp4 h264-opus.mkv
  "$CVI_DAMAGE" cut-30 1 "$CVI_MEDIA/h264-aac.mp4" "$videos/cut.mp4"
  "$CVI_DAMAGE" zero-32k 1 "$CVI_MEDIA/vp8-vorbis.webm" "$videos/zero.webm"
  cvi scan --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ "$(verdict_of h264-aac.mp4)" = healthy ]
  [ "$(verdict_of h264-opus.mkv)" = healthy ]
  [ "$(verdict_of cut.mp4)" = corrupt ]
  [ "$(verdict_of zero.webm)" = corrupt ]
}

@test "zeros that were never written" {
  clips h264-opus.mkv
  cp "$videos/h264-opus.mkv" "$videos/zeros.mkv"
  dd if=/dev/zero of="$videos/zeros.mkv" bs=4096 seek=30 count=16 conv=notrunc \
    status=none
  fallocate -p -o 122880 -l 65536 "$videos/h264-opus.mkv" ||
    skip "no holes on this file system"
  cvi scan --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [[ $(grep /h264-opus.mkv <<<"$output") == *"a hole, never written"* ]]
  [[ $(grep /zeros.mkv <<<"$output") == *container::zero-filled* ]]
  [[ $(grep /zeros.mkv <<<"$output") != *"never written"* ]]
}

# unfinished HOW CLIP: its first half, and room for the rest.
unfinished() {
  local size half to=$videos/$1-$2
  size=$(stat -c %s "$CVI_MEDIA/$2")
  half=$((size / 8192 * 4096))
  head -c "$half" "$CVI_MEDIA/$2" >"$to"
  case $1 in
    sparse) truncate -s "$size" "$to" ;;
    reserved) fallocate -l "$size" "$to" ;;
    zeros) head -c $((size - half)) /dev/zero >>"$to" ;;
  esac
}

@test "downloads that were not finished" {
  # Containers in which the zeros have names of their own: foreign bytes, an
  # early end.
  for clip in mpeg4-mp3.avi h264-aac.flv theora-vorbis.ogv vp8.ivf \
    h264-opus.mkv h264-aac.mp4; do
    for how in sparse reserved zeros; do
      unfinished "$how" "$clip" || skip "no space is reserved here"
    done
  done
  truncate -s 1M "$videos/sparse-all.mp4"
  # What was never written is no damage where nothing should be.
  clips h264-aac.mp4
  printf '\0\1\0\10free' >>"$videos/h264-aac.mp4"
  truncate -s +64K "$videos/h264-aac.mp4"

  holes=$(python3 -c 'import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
print(os.lseek(fd, 0, os.SEEK_HOLE) < os.fstat(fd).st_size)' \
    "$videos/sparse-all.mp4")
  [ "$holes" = True ] || skip "no holes on this file system"
  cvi scan -m deep --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ "$(verdict_of h264-aac.mp4)" = healthy ]
  # By the file system's word, whatever else is said of the damage.
  run jq -r '"\(.verdict) \(.path | split("/") | last | split("-")[0]) " +
    ([.findings[] | select(.rule == "io::sparse") | .severity] | join(" "))' \
    <<<"$output"
  [ "$(grep -cx "corrupt sparse info" <<<"$output")" -eq 7 ]
  [ "$(grep -cx "corrupt reserved info" <<<"$output")" -eq 6 ]
  [ "$(grep -cx "corrupt zeros " <<<"$output")" -eq 6 ]
}

@test "files that are no videos" {
  : >"$videos/empty.mp4"
  echo 'This is a text.' >"$videos/text.mp4"
  cvi scan --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ "$(verdict_of empty.mp4)" = corrupt ]
  [ "$(verdict_of text.mp4)" = corrupt ]
  [[ $output == *container::unrecognised* ]]
}

@test "every mode" {
  clips h264-aac.mp4
  for mode in quick deep hybrid full; do
    cvi scan --no-db --format jsonl -m $mode "$videos"
    [ "$status" -eq 0 ]
    [[ $output == *"\"mode\":\"$mode\""* ]]
  done
}

@test "a worker that is killed costs no file" {
  for i in {1..10}; do
    cp "$CVI_MEDIA/h264-aac.mp4" "$videos/$i.mp4"
  done
  # Names come from a pipe, so that it has not ended before.
  mkfifo names
  "$CVI_GST" scan -j 1 -m deep --format jsonl --stats --files-from names \
    >out 2>messages 3>&- &
  pid=$!
  exec 9>names
  echo "$videos/1.mp4" >&9
  wait_for worker_of "$pid" >worker
  kill -9 "$(tail -n 1 worker)"
  printf "$videos/%s.mp4\n" {2..10} >&9
  exec 9>&-
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 0 ]
  [ "$(grep -c '"verdict":"healthy"' out)" -eq 10 ]
  grep -q '^workers started: 2' messages
}

@test "the worker beside cvi-gst is found without being named" {
  clips h264-aac.mp4
  unset CVI_WORKER
  cvi scan "$videos"
  [ "$status" -eq 0 ]
}

@test "doctor with the real worker" {
  cvi doctor
  [ "$status" -eq 0 ]
  [[ $output == *GStreamer*1.* ]]
  [[ $output == *H.264*avdec_h264* ]]
  cvi doctor --format json
  [ "$status" -eq 0 ]
  [[ $output == *'"landlock_abi"'* ]]
}

# warmings: how often the plugin registry was brought up to date so far.
warmings() {
  grep -c -e '--warm-registry' "$BATS_TEST_TMPDIR/started" || true
}

@test "plugins are looked through where one has changed" {
  clips h264-aac.mp4
  mkdir "$HOME/plugins"
  export GST_PLUGIN_PATH=$HOME/plugins REAL_WORKER=${CVI_GST}-worker
  cat >"$HOME/worker" <<'END'
#!/bin/sh
echo "$@" >>"$BATS_TEST_TMPDIR/started"
exec "$REAL_WORKER" "$@"
END
  chmod +x "$HOME/worker"
  export CVI_WORKER=$HOME/worker
  for _ in 1 2; do
    cvi scan --no-db "$videos"
    [ "$status" -eq 0 ]
    [ "$(warmings)" -eq 1 ]
  done
  touch "$HOME/plugins/new"
  for _ in 1 2; do
    cvi scan --no-db "$videos"
    [ "$status" -eq 0 ]
    [ "$(warmings)" -eq 2 ]
  done
  : >"$XDG_CACHE_HOME/cvi-gst/registry.bin"
  cvi scan --no-db "$videos"
  [ "$status" -eq 0 ]
  [ "$(warmings)" -eq 3 ]
}
