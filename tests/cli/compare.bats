# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# The gate behind a transcoder, with the real worker and real copies.

bats_require_minimum_version 1.5.0
load helpers

ENCODE_VIDEO="videoconvert ! x264enc speed-preset=ultrafast ! h264parse"
ENCODE_AUDIO="audioconvert ! audioresample ! avenc_aac ! aacparse"

# The functions of the recipe are its first block of code.
setup_file() {
  export GST_REGISTRY=$BATS_FILE_TMPDIR/registry
  export source=$CVI_MEDIA/h264-aac.mp4
  export good=$BATS_FILE_TMPDIR/good.mkv
  awk '/^```/ { if (inside) exit; inside = 1; next } inside' \
    "$CVI_SOURCE/docs/recipes.md" >"$BATS_FILE_TMPDIR/recipe.sh"
  PATH=$(dirname "$CVI_GST"):$PATH
  export PATH
  # shellcheck disable=SC1091
  source "$BATS_FILE_TMPDIR/recipe.sh"
  export -f transcode replace
  transcode "$source" "$good"
}

# copy VIDEO AUDIO: a copy of $source as $videos/copy.mkv, whose streams
# pass these elements before they are encoded.
copy() {
  # shellcheck disable=SC2086
  gst-launch-1.0 -q matroskamux name=m ! filesink location="$videos/copy.mkv" \
    filesrc location="$source" ! decodebin name=d \
    d. ! queue ! $1 ! $ENCODE_VIDEO ! queue ! m. \
    d. ! queue ! $2 ! $ENCODE_AUDIO ! queue ! m.
}

@test "a good copy" {
  cvi compare "$source" "$good"
  [ "$status" -eq 0 ]
  [ "${lines[2]}" = "B can replace A" ]
  [ "${#lines[@]}" -eq 3 ]
  [ -z "$stderr" ]
}

@test "a good copy, as JSON" {
  cvi compare --format json "$source" "$good"
  [ "$status" -eq 0 ]
  jq -e '.replaces and .differences == [] and .tolerance_s == 0.25
    and .sync_tolerance_s == 0.1 and .a.verdict == "healthy"
    and .b.container == "matroska" and .a.mode == "deep"
    and .b_times[0].frame_ns == 40000000' <<<"$output"
}

@test "a copy with twice the frames a second" {
  copy "videorate ! video/x-raw,framerate=50/1" identity
  cvi compare "$source" "$videos/copy.mkv"
  [ "$status" -eq 0 ]
  [[ $output == *"50.000 frames a second in B, 25.000 in A"* ]]
}

# one-second.mp4 is the beginning of the others.
@test "a copy whose transcoder has ended early" {
  transcode "$CVI_MEDIA/one-second.mp4" "$videos/copy.mkv"
  cvi compare "$source" "$videos/copy.mkv"
  [ "$status" -eq 1 ]
  [[ $output == *"lost       duration  video/0: 1.0"* ]]
  [[ $output == *"lost       duration  audio/0: "* ]]
  [[ $output == *"B cannot replace A" ]]
  cvi compare --tolerance 3 "$source" "$videos/copy.mkv"
  [ "$status" -eq 0 ]
}

@test "a copy that has been cut" {
  head -c $(($(stat -c %s "$good") * 7 / 10)) "$good" >"$videos/copy.mkv"
  cvi compare "$source" "$videos/copy.mkv"
  [ "$status" -eq 1 ]
  [[ $output == *"lost       damage    container::truncated"* ]]
}

@test "a copy without sound" {
  gst-launch-1.0 -q filesrc location="$source" ! qtdemux ! h264parse \
    ! matroskamux ! filesink location="$videos/copy.mkv"
  cvi compare "$source" "$videos/copy.mkv"
  [ "$status" -eq 1 ]
  [[ $output == *"lost       streams   audio/0: B has no such stream"* ]]
  cvi compare "$videos/copy.mkv" "$source"
  [ "$status" -eq 0 ]
  [[ $output == *"note       streams   audio/0: A has no such stream"* ]]
}

# shifted MS: sound as long as that of $source, so much later.
shifted() {
  gst-launch-1.0 -q matroskamux name=m ! filesink location="$videos/copy.mkv" \
    filesrc location="$source" ! qtdemux ! h264parse ! queue ! m. \
    audiotestsrc wave=saw num-buffers=88 samplesperbuffer=1920 \
    timestamp-offset="${1}000000" ! audio/x-raw,rate=48000,channels=2 \
    ! avenc_aac ! aacparse ! queue ! m.
}

@test "a copy with shifted sound" {
  shifted 50
  cvi compare "$source" "$videos/copy.mkv"
  [ "$status" -eq 0 ]
  cvi compare --sync-tolerance 0.01 "$source" "$videos/copy.mkv"
  [ "$status" -eq 1 ]
  shifted 300
  cvi compare --format json "$source" "$videos/copy.mkv"
  [ "$status" -eq 1 ]
  jq -e '.replaces == false and (.differences | length) == 1
    and .differences[0].kind == "lost" and .differences[0].what == "sync"
    and .differences[0].stream == "audio/0"' <<<"$output"
}

@test "late sound is late in the copy: edit list against timestamps" {
  cvi compare "$CVI_MEDIA/audio-late.mp4" "$CVI_MEDIA/audio-late.mkv"
  [ "$status" -eq 0 ]
  cvi compare "$CVI_MEDIA/audio-late.mkv" "$CVI_MEDIA/audio-late.mp4"
  [ "$status" -eq 0 ]
}

@test "a damaged copy" {
  "$CVI_DAMAGE" zero-32k 1 "$good" "$videos/copy.mkv"
  cvi compare "$source" "$videos/copy.mkv"
  [ "$status" -eq 1 ]
  [[ $output == *"lost       damage "* ]]
  cvi compare "$videos/copy.mkv" "$good"
  [ "$status" -eq 4 ]
  [[ $output == *"unchecked  check     A is corrupt"* ]]
}

@test "every mode" {
  for mode in quick hybrid full; do
    cvi compare -m $mode --format json "$source" "$good"
    [ "$status" -eq 0 ]
    jq -e --arg mode $mode '.a.mode == $mode and .b.mode == $mode' <<<"$output"
  done
  shifted 300
  for mode in quick hybrid full; do
    cvi compare -m $mode "$source" "$videos/copy.mkv"
    [ "$status" -eq 1 ]
  done
}

@test "the mode is not that of scans" {
  configure '[scan]' 'mode = quick' 'format = csv'
  CVI_MODE=hybrid cvi compare --format json "$source" "$source"
  [ "$status" -eq 0 ]
  jq -e '.a.mode == "deep"' <<<"$output"
}

@test "what cannot be checked" {
  cvi compare "$source" "$videos/none.mkv"
  [ "$status" -eq 4 ]
  [[ $output == *"unchecked  check     B is unreadable"* ]]
  cvi compare "$videos/none.mkv" "$good"
  [ "$status" -eq 4 ]
  echo 'This is a text.' >"$videos/text.mkv"
  cvi compare "$source" "$videos/text.mkv"
  [ "$status" -eq 1 ]
}

@test "wrong usage" {
  for arguments in "" "$source" "$source $good $good" "$source $videos" \
    "--tolerance=-1 $source $good" "--mode=fast $source $good" \
    "--format=csv $source $good" "--no-db $source $good"; do
    # shellcheck disable=SC2086
    cvi compare $arguments
    [ "$status" -eq 2 ] || {
      echo "$arguments: $status"
      false
    }
    [ -z "$output" ]
    [[ $stderr == "cvi-gst: compare: "* ]]
  done
}

@test "a worker that cannot be started" {
  CVI_WORKER=/nonexistent/worker cvi compare "$source" "$good"
  [ "$status" -eq 2 ]
}

@test "output that cannot be written" {
  run --separate-stderr bash -c '"$0" compare "$1" "$2" >/dev/full' \
    "$CVI_GST" "$source" "$good"
  [ "$status" -eq 2 ]
}

@test "the recipe replaces by a good copy, and by no other" {
  cp "$source" "$videos/film.mp4"
  cp "$good" "$videos/new.mkv"
  "$CVI_DAMAGE" zero-32k 1 "$good" "$videos/bad.mkv"
  run replace "$videos/film.mp4" "$videos/bad.mkv"
  [ "$status" -eq 1 ]
  cmp "$source" "$videos/film.mp4"
  [ -e "$videos/bad.mkv" ]
  run replace "$videos/film.mp4" "$videos/new.mkv"
  [ "$status" -eq 0 ]
  cmp "$good" "$videos/film.mp4"
  [ ! -e "$videos/new.mkv" ]
}
