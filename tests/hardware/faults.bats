# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Hardware decoders, of which all but one have a fault: whatever they say or do,
# verdicts are those of software, and the record tells what happened.

bats_require_minimum_version 1.5.0
load ../cli/helpers

# One registry for all tests of this file, and what software says of the clips.
setup_file() {
  export CVI_CACHE=$BATS_FILE_TMPDIR/cache GST_PLUGIN_PATH=$CVI_PLUGINS
  export XDG_CACHE_HOME=$CVI_CACHE CLIPS=$BATS_FILE_TMPDIR/clips
  mkdir -p "$CVI_CACHE" "$CLIPS"
  make_clips
  scan_clips software --hw off
  [ "$(grep -c . "$BATS_FILE_TMPDIR/software")" -eq "$(ls "$CLIPS" | wc -l)" ]
  [ "$(grep -c ' healthy ' "$BATS_FILE_TMPDIR/software")" -eq 3 ]
  [ "$(grep -c ' corrupt ' "$BATS_FILE_TMPDIR/software")" -eq 6 ]
}

# The clips' packets are as their parsers give them, healthy and with damage that
# decoding tells, or the container.
make_clips() {
  local clip kind
  for clip in h264-aac.mp4 b-frames.ts h265-aac.mp4; do
    cp "$CVI_MEDIA/$clip" "$CLIPS/healthy-$clip"
    for kind in flip-100 random-4k; do
      "$CVI_DAMAGE" $kind 3 "$CVI_MEDIA/$clip" "$CLIPS/$kind-$clip"
    done
  done
}

# scan_clips NAME OPTION...: leaves the records in NAME.jsonl of the file's
# folder and, in NAME, lines "FILE VERDICT FINDINGS", of those that count.
scan_clips() {
  local name=$BATS_FILE_TMPDIR/$1
  shift
  "$CVI_GST" scan -m deep -j 2 --no-db --hash none --format jsonl "$@" \
    "$CLIPS" >"$name.jsonl" || [ $? -eq 1 ]
  jq -r '"\(.path | split("/") | last) \(.verdict) \([.findings[] |
    select(.severity != "info") | [.rule, .stream, .start_ns, .message]] |
    tostring)"' "$name.jsonl" | sort >"$name"
}

# as_software WHAT [OPTION...]: with the decoders pretendWHAT alone, wanted and
# required, each clip has the verdict that software gives it, for the same
# findings. The records are in auto.jsonl and require.jsonl.
as_software() {
  local what=$1 hw
  shift
  for hw in auto require; do
    scan_clips $hw --hw $hw --hw-device "pretend$what" "$@"
    diff "$BATS_FILE_TMPDIR/software" "$BATS_FILE_TMPDIR/$hw"
  done
}

# of_healthy FILTER [EXPECTED]: jq's FILTER on the records of the healthy clips,
# with --hw auto and --hw require, gives EXPECTED for each.
of_healthy() {
  local hw found
  for hw in auto require; do
    found=$(jq -r "select(.path | contains(\"/healthy-\")) | $1" \
      "$BATS_FILE_TMPDIR/$hw.jsonl")
    echo "# $hw: $found"
    [ "$(grep -cE "^(${2:-true})\$" <<<"$found")" -eq 3 ]
  done
}

note='.findings[] | select(.rule == "process::hardware") | .message'
hardware='[.streams[] | select(.kind == "video")][0].hardware'

@test "a decoder that works" {
  as_software works
  of_healthy "$hardware"
  of_healthy '[.findings[] | select(.rule | startswith("process::"))] | length' 0
}

@test "what hardware says of a damaged file is confirmed in software" {
  scan_clips auto --hw auto --hw-device pretendworks
  run jq -r "select(.path | endswith(\"flip-100-h264-aac.mp4\")) | .verdict,
    $hardware, ($note)" "$BATS_FILE_TMPDIR/auto.jsonl"
  [ "${lines[0]}" = corrupt ]
  [ "${lines[1]}" = false ]
  [[ ${lines[2]} == "hardware decoder pretendworksh264: decode::"* ]]
  [[ ${lines[2]} == *"; software, which decoded it again, found fault too" ]]
}

@test "a decoder that refuses the stream" {
  as_software refuses
  of_healthy "$hardware" false
  of_healthy "$note" \
    "hardware decoder pretendrefusesh26[45] refuses the stream; avdec_h26[45] decoded it"
}

@test "a decoder that refuses the stream once its parser has told what it is" {
  as_software late
  of_healthy "$note" \
    "hardware decoder pretendlateh26[45]: it refuses the stream; software, which decoded it again, found no fault"
}

@test "decoders that do not start" {
  as_software start
  of_healthy "$note" \
    "hardware decoder pretendstarth26[45] does not start; avdec_h26[45] decoded it"
  as_software paused
  of_healthy "$note" \
    "hardware decoder pretendpausedh26[45] does not start; avdec_h26[45] decoded it"
}

@test "decoders that fail in the middle and at the end" {
  local what
  for what in middle end; do
    as_software $what
    of_healthy "$hardware" false
    of_healthy "$note" \
      "hardware decoder pretend${what}h26[45]: decode::error: .*Pretended failure; software, which decoded it again, did not confirm it"
  done
}

@test "decoders that fail without a word" {
  as_software mute
  of_healthy "$hardware" false
  of_healthy "$note" "hardware decoder pretendmuteh26[45]: .* software, .*"
  as_software silent
  of_healthy "$note" \
    "hardware decoder pretendsilenth26[45]: it gave no frame after this time; software, which decoded it again, found no fault"
}

@test "decoders that report damage where there is none" {
  as_software lies
  of_healthy "$note" \
    "hardware decoder pretendliesh26[45]: decode::corrupt-frame: .*; software, which decoded it again, did not confirm it"
  as_software cries
  of_healthy "$note" \
    "hardware decoder pretendcriesh26[45]: decode::error: .*Pretended damage; software, which decoded it again, did not confirm it"
}

@test "a decoder that misses damage: packet checks do not" {
  as_software blind
  of_healthy "$hardware"
}

@test "a decoder that crashes" {
  as_software crashes
  of_healthy "$hardware" false
  of_healthy '.findings[] | "\(.severity) \(.rule) \(.message)"' \
    "info process::crashed attempt 1: .*SIGSEGV .*pretendcrashesh26[45].*; attempt 2, with software decoders, checked all of the file"
}

@test "decoders that hang" {
  local what
  for what in hangs hangend; do
    as_software $what --stall-timeout 4
    of_healthy '.findings[] | "\(.severity) \(.rule) \(.message)"' \
      "info process::stalled attempt 1: .*pretend${what}h26[45].*; attempt 2, with software decoders, checked all of the file"
  done
}

@test "other modes" {
  local mode
  for mode in quick hybrid full; do
    scan_clips software-$mode --hw off -m $mode
    scan_clips hardware-$mode --hw auto --hw-device pretendblind -m $mode
    diff "$BATS_FILE_TMPDIR/software-$mode" "$BATS_FILE_TMPDIR/hardware-$mode"
    scan_clips hardware-$mode --hw require --hw-device pretendlies -m $mode
    diff "$BATS_FILE_TMPDIR/software-$mode" "$BATS_FILE_TMPDIR/hardware-$mode"
  done
}

# scan_windows OPTION...: what mode quick says of the clips in $videos, in $found.
scan_windows() {
  cvi scan -m quick -j 2 --no-db --hash none --format jsonl "$@" "$videos"
  found=$(jq -r '"\(.path) \(.verdict) \([.findings[] |
    select(.severity != "info") | [.rule, .stream, .start_ns, .message]] |
    tostring)"' <<<"$output" | sort)
}

# long_clip FILE ENCODER...: ten seconds, of which mode quick decodes windows.
long_clip() {
  local file=$1
  shift
  gst-launch-1.0 -q videotestsrc num-buffers=250 pattern=ball ! \
    video/x-raw,width=176,height=144,framerate=25/1 ! "$@" ! \
    matroskamux ! filesink location="$file"
}

# says_of CODEC: what the record of the healthy clip of the codec tells of
# hardware that does $what.
says_of() {
  jq -r "select(.path | endswith(\"/healthy-$1.mkv\")) | .findings[] |
    select(.rule | startswith(\"process::\")) | \"\(.rule) \(.message)\"" \
    <<<"$output"
}

# Of H.264 mode quick decodes two frames, so what happens does so at the second.
# What is said before a window has shown a frame counts for nothing, whoever says
# it: of such messages the record need not tell.
@test "windows of longer files" {
  local what software codec says alone again stall
  alone="nothing but hardware (NAME) has decoded it, which hides damage"
  again="; software, which decoded it again,"
  local -A expected=(
    [works]="process::hardware $alone" [blind]="process::hardware $alone"
    [refuses]="process::hardware hardware decoder NAME refuses the stream; "
    [late]="*NAME: it refuses the stream$again found no fault"
    [start]="process::hardware hardware decoder NAME does not start; "
    [middle]="*hardware decoder NAME: *$again *"
    [mute]="*hardware decoder NAME: it failed on a packet$again found no fault"
    [end]="*NAME: decode::error: *Pretended failure$again did not confirm it"
    [silent]="*NAME: it gave no frame after this time$again found no fault"
    [hangs]="process::stalled attempt 1: *NAME*; attempt 2, with software *"
    [hangend]="process::stalled attempt 1: *NAME*; attempt 2, with software *"
    [crashes]="process::crashed attempt 1: *NAME*; attempt 2, with software *"
    [lies]="*NAME: decode::corrupt-frame: *$again did not confirm it"
    [cries]="process::hardware *NAME*"
  )
  export XDG_CACHE_HOME=$CVI_CACHE
  long_clip "$videos/healthy-h264.mkv" x264enc key-int-max=25 bframes=2 \
    speed-preset=ultrafast ! h264parse
  long_clip "$videos/healthy-mpeg2.mkv" mpeg2enc format=3 bitrate=1500 ! \
    mpegvideoparse
  "$CVI_DAMAGE" flip-100 3 "$videos/healthy-h264.mkv" "$videos/damaged-h264.mkv"
  scan_windows --hw off
  software=$found
  [[ $software == *"damaged-h264.mkv corrupt"*"healthy-h264.mkv healthy []"*"healthy-mpeg2.mkv healthy []" ]]
  export CVI_PRETEND_PACKET=2
  for what in "${!expected[@]}"; do
    stall=()
    if [[ $what == hang* ]]; then
      stall=(--stall-timeout 4)
    fi
    scan_windows --hw require --hw-device "pretend$what" "${stall[@]}"
    [ "$found" = "$software" ]
    for codec in h264 mpeg2; do
      says=$(says_of $codec)
      echo "# $what, $codec: $says"
      # shellcheck disable=SC2053
      [[ $says == ${expected[$what]//NAME/pretend$what$codec}* ]]
    done
  done
}
