# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# When hardware decodes, how many files at the same time, and on which device.

bats_require_minimum_version 1.5.0
load ../cli/helpers

# One registry for all tests of this file.
setup_file() {
  export CVI_CACHE=$BATS_FILE_TMPDIR/cache GST_PLUGIN_PATH=$CVI_PLUGINS
  mkdir -p "$CVI_CACHE"
}

note='.findings[] | select(.rule == "process::hardware") | .message'
hardware='[.streams[] | select(.kind == "video")][0].hardware'

# scan_one FILE OPTION...: $record has what is told of it.
scan_one() {
  local file=$1
  shift
  cvi scan -m deep --no-db --hash none --format jsonl "$@" "$file"
  record=$(jq -r "[.verdict, $hardware, ([$note] | join(\", \")),
    ([.streams[].reason // empty] | join(\", \"))] | map(tostring) |
    join(\" | \")" <<<"$output")
  echo "# $record"
}

@test "where damage rests on the decoder's word auto takes software" {
  export XDG_CACHE_HOME=$CVI_CACHE
  "$CVI_DAMAGE" random-4k 3 "$CVI_MEDIA/mpeg2-mp2.ts" "$videos/damaged.ts"
  scan_one "$videos/damaged.ts"
  [[ $record == "corrupt | false | "* ]]
  scan_one "$CVI_MEDIA/mpeg2-mp2.ts"
  [ "$record" = "healthy | false |  | " ]
  # require takes it, and tells what that is worth.
  scan_one "$CVI_MEDIA/mpeg2-mp2.ts" --hw require --hw-device pretendblind
  [ "$record" = "healthy | true | nothing but hardware (pretendblindmpeg2) has decoded it, which hides damage | " ]
}

@test "require: what hardware has no decoder for is not checked" {
  export XDG_CACHE_HOME=$CVI_CACHE
  scan_one "$CVI_MEDIA/mpeg4-mp3.avi" --hw require
  [ "$status" -eq 4 ]
  [[ $record == "unsupported | false |  | no hardware decoder for "* ]]
}

# A clip of a codec that no software knows: JPEG under another name.
make_unknown() {
  sed 's/jpeg/prtd/g' "$CVI_MEDIA/mjpeg-pcm.mov" >"$1"
}

@test "a codec that only hardware decodes" {
  local i
  export XDG_CACHE_HOME=$CVI_CACHE
  make_unknown "$videos/unknown.mov"
  scan_one "$videos/unknown.mov" --hw off
  [[ $record == "unsupported | false |  | no decoder for "* ]]
  scan_one "$videos/unknown.mov" --hw-device pretendblind
  [ "$record" = "healthy | true | nothing but hardware (pretendblindprtd) has decoded it, which hides damage | " ]
  # Nobody can confirm it: that is no proof.
  scan_one "$videos/unknown.mov" --hw-device pretendlies
  [[ $record == "suspicious | true | "* ]]
  # More of them than sessions, and workers that would do without.
  for i in 1 2 3 4 5 6 7 8; do
    cp "$videos/unknown.mov" "$videos/unknown$i.mov"
  done
  cvi scan -m deep -j 4 --no-db --hw-sessions 1 --hw-device pretendblind \
    --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [ "$(grep -c '"verdict":"healthy"' <<<"$output")" -eq 9 ]
}

# Most lines "open" without a "close" at any time.
most_open() {
  awk '/open/ && ++n > most { most = n } /close/ { n-- }
    END { print most + 0, n + 0 }' "$1"
}

@test "no more sessions than allowed, and every file comes back" {
  local hw limit i
  export XDG_CACHE_HOME=$CVI_CACHE CVI_PRETEND_LOG=$BATS_TEST_TMPDIR/log
  for ((i = 0; i < 12; i++)); do
    cp "$CVI_MEDIA/one-second.mp4" "$videos/$i.mp4"
  done
  for hw in auto require; do
    for limit in 1 2; do
      : >"$CVI_PRETEND_LOG"
      # A sandboxed worker could not write there.
      cvi scan -m deep -j 4 --no-db --sandbox off --hw $hw \
        --hw-sessions $limit --hw-device pretendworks --format jsonl "$videos"
      [ "$status" -eq 0 ]
      [ "$(grep -c '"verdict":"healthy"' <<<"$output")" -eq 12 ]
      run most_open "$CVI_PRETEND_LOG"
      echo "# $hw, at most $limit: $output"
      [ "${output#* }" -eq 0 ]
      [ "${output% *}" -ge 1 ]
      [ "${output% *}" -le $limit ]
    done
  done
  # All of them where it is required.
  [ "$(grep -c open "$CVI_PRETEND_LOG")" -eq 12 ]
}

@test "two devices have sessions of their own" {
  local i
  export XDG_CACHE_HOME=$CVI_CACHE
  for ((i = 0; i < 8; i++)); do
    cp "$CVI_MEDIA/one-second.mp4" "$videos/$i.mp4"
  done
  cvi scan -m deep -j 2 --no-db --hw require --hw-sessions 1 \
    --hw-device pretendworks,pretendblind --format jsonl "$videos"
  [ "$status" -eq 0 ]
  [ "$(grep -c '"decoder":"pretend[wb][a-z]*h264","hardware":true' \
    <<<"$output")" -eq 8 ]
  [[ $output == *pretendworksh264* ]]
  [[ $output == *pretendblindh264* ]]
}

@test "a codec that one of two devices decodes" {
  local hw i
  export XDG_CACHE_HOME=$CVI_CACHE
  make_unknown "$videos/unknown.mov"
  # Names of decoders are names of devices too: these have one each.
  for hw in auto require; do
    for i in pretendworksh264,pretendblindprtd pretendblindprtd,pretendworksh264; do
      scan_one "$videos/unknown.mov" --hw $hw --hw-device $i
      [ "$record" = "healthy | true | nothing but hardware (pretendblindprtd) has decoded it, which hides damage | " ]
    done
  done
  scan_one "$CVI_MEDIA/mpeg2-mp2.ts" --hw require \
    --hw-device pretendworksh264,pretendworksh265,pretendblindmpeg2
  [[ $record == "healthy | true | nothing but hardware (pretendblindmpeg2) "* ]]
  # Software does where it may.
  scan_one "$CVI_MEDIA/mpeg2-mp2.ts" --hw-device pretendworksh264,pretendblindmpeg2
  [ "$record" = "healthy | false |  | " ]
  # Neither has one: no session helps.
  scan_one "$CVI_MEDIA/mpeg2-mp2.ts" --hw require \
    --hw-device pretendworksh264,pretendworksh265
  [[ $record == "unsupported | false |  | no hardware decoder for "* ]]
  scan_one "$videos/unknown.mov" --hw-device pretendworksh264,pretendworksh265
  [[ $record == "unsupported | false |  | no decoder for "* ]]
}

@test "a device that is not there" {
  export XDG_CACHE_HOME=$CVI_CACHE
  cp "$CVI_MEDIA/one-second.mp4" "$videos"
  cvi scan --no-db --hw-device nonesuch "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *'--hw-device: no hardware decoder is of "nonesuch"; there are '*pretendblindh264* ]]
  [ -z "$output" ]
  CVI_HW_DEVICE=pretendworks,nonesuch cvi doctor
  [ "$status" -eq 2 ]
  [[ $stderr == *'no hardware decoder is of "nonesuch"'* ]]
  cvi scan --no-db --hw-sessions 0 "$videos"
  [ "$status" -eq 2 ]
}

# has_plugin NAME: does GStreamer itself know it?
has_plugin() {
  gst-inspect-1.0 --plugin "$1" >/dev/null 2>&1
}

# support FIELD...: of each way of decoding in hardware that doctor tells of.
support() {
  jq -r --arg fields "$*" '.hardware.support[] |
    [.[$fields | split(" ")[]] | tostring] | join("|")' <<<"$output"
}

# Is what doctor tells of each of them true?
check_support() {
  local plugin package decoders installed problem nodes n=0
  cvi doctor --format json
  [ "$status" -eq 0 ]
  while IFS='|' read -r plugin package decoders installed nodes problem; do
    echo "# $plugin: $decoders decoders, installed $installed, $problem"
    n=$((n + 1))
    [ "$decoders" -eq "$(jq --arg plugin "$plugin" '[.hardware.decoders[] |
      select(.plugin == $plugin)] | length' <<<"$output")" ]
    if ! has_plugin "$plugin"; then
      [ "$installed $problem" = "false its plugin is missing: install $package" ]
    elif [ "$decoders" -gt 0 ]; then
      [ "$installed $problem" = "true " ]
    elif [ "$nodes" = "[]" ]; then
      [[ "$installed $problem" == "true there is no /dev/"* ]]
    else
      [[ "$installed $problem" == "true /dev/"*" cannot be opened"* ||
        "$installed $problem" == "true its plugin has found no decoder"* ]]
    fi
  done < <(support plugin package decoders installed nodes problem)
  [ "$n" -eq 7 ]
}

@test "doctor tells why there are no decoders, where there are none" {
  local missing='.hardware.support | map(select(.installed | not)) | length'
  export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache GST_PLUGIN_PATH=$CVI_PLUGINS/family
  check_support
  # The pretended ones are VA-API's here.
  [ "$(jq '.hardware.support[] | select(.plugin == "vaapi") | .decoders' \
    <<<"$output")" -gt 0 ]
  cvi doctor
  [[ $output == *"vaapi (plugin vaapi)"*pretendworksh264* ]]
  [[ $output != *VA-API\ * ]]
  # Nothing but these is installed.
  export GST_PLUGIN_SYSTEM_PATH=$BATS_TEST_TMPDIR XDG_CACHE_HOME=$BATS_TEST_TMPDIR
  check_support
  [ "$(jq "$missing" <<<"$output")" -eq 6 ]
}

@test "doctor" {
  export XDG_CACHE_HOME=$CVI_CACHE
  cvi doctor --format json --hw-device pretendworks
  [ "$status" -eq 0 ]
  [ "$(jq -r '[.hardware.decoders[].name] | join(" ")' <<<"$output")" = \
    "pretendworksh264 pretendworksh265 pretendworksmpeg2 pretendworksvp8 pretendworksvp9" ]
  [ "$(jq -r '.hardware.decoders[0] | [.plugin, .device, .types[0]] | join(" ")' \
    <<<"$output")" = "pretend pretend video/x-h264" ]
  cvi doctor
  [ "$status" -eq 0 ]
  [[ $output == *"Hardware decoders:"* ]]
  [[ $output == *"pretend (plugin pretend)"* ]]
  [[ $output == *pretendworksh264*video/x-h264* ]]
}
