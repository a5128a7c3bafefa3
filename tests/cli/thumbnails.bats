# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Pictures in the HTML report.

bats_require_minimum_version 1.5.0
load helpers

# totals FILTER: of the last report's totals.
totals() {
  sed -n 's|.*<script type="application/json" id="totals">\(.*\)</script>|\1|p' \
    out.html | jq "$@"
}

# damaged_clips: two damaged ones and a healthy one, scanned.
damaged_clips() {
  cp "$CVI_MEDIA/h264-aac.mp4" "$videos/fine.mp4"
  "$CVI_DAMAGE" zero-32k 1 "$CVI_MEDIA/h264-opus.mkv" "$videos/zero.mkv"
  "$CVI_DAMAGE" zero-32k 1 "$CVI_MEDIA/vp9-opus.webm" "$videos/zero.webm"
  cvi scan "$@" "$videos"
  [ "$status" -eq 1 ]
}

report() {
  cvi report --format html -o out.html "$@"
  [ "$status" -eq 0 ]
  [ "$stderr" = "" ]
}

@test "pictures of the damage and before it" {
  damaged_clips
  report
  [ "$(totals -r '.pictures | length')" -eq 2 ]
  [ "$(totals '[.pictures[] | has("w")] | any')" = false ]
  # What is damaged is not before what is good.
  [ "$(totals '[.pictures[].p[] |
    (.bt == null or .bt < .a) and (.dt == null or .a <= .dt)] | all')" = true ]
  totals -r '.pictures[].p[] | .b, .d | values' >pictures
  [ "$(wc -l <pictures)" -ge 2 ]
  while read -r picture; do
    base64 -d <<<"$picture" >picture.jpg
    [ "$(wc -c <picture.jpg)" -le 12288 ]
    # SOI and EOI, and a decoder's opinion.
    [ "$(head -c 2 picture.jpg | od -An -tx1)" = " ff d8" ]
    [ "$(tail -c 2 picture.jpg | od -An -tx1)" = " ff d9" ]
    gst-launch-1.0 -q filesrc location=picture.jpg ! jpegdec ! \
      video/x-raw,width=160 ! fakesink
  done <pictures
}

@test "none are asked for" {
  damaged_clips
  report --thumbnails 0
  [ "$(totals 'has("pictures")')" = false ]
  export CVI_THUMBNAILS=0
  report
  [ "$(totals 'has("pictures")')" = false ]
  cvi report --format html --thumbnails 17
  [ "$status" -eq 2 ]
  [[ $stderr == *thumbnails* ]]
}

@test "in a scan only where they are asked for" {
  damaged_clips --format html -o out.html
  [ "$(totals 'has("pictures")')" = false ]
  cvi scan --format html -o out.html --rescan --thumbnails 1 "$videos"
  [ "$(totals '[.pictures[].p | length] | add')" -eq 2 ]
  [ "$(totals '[.pictures[].p[] | has("b") and has("d")] | all')" = true ]
  # Of what has not changed since as well.
  cvi scan --format html -o out.html --thumbnails 1 "$videos"
  [ "$(totals '.checked')" -eq 0 ]
  [ "$(totals '[.pictures[].p[] | has("b") and has("d")] | all')" = true ]
}

@test "none of files that are gone or have changed" {
  damaged_clips
  rm "$videos/zero.mkv"
  touch -d '2001-02-03' "$videos/zero.webm"
  report
  [ "$(totals '.pictures | length')" -eq 2 ]
  [ "$(totals '[.pictures[].p[] | has("b") or has("d")] | any')" = false ]
  totals -r '.pictures[].w' | sort >said
  [ "$(cat said)" = "the file has changed since it was checked
the file is not there any more" ]
}

@test "a worker that does not survive costs pictures only" {
  damaged_clips
  use_fake_worker
  report
  [ "$(totals '[.pictures[].p[] | has("b") or has("d")] | any')" = false ]
  [[ $(totals -r '.pictures[0].w') == *"broke the protocol"* ]]
  export CVI_WORKER=/no/such/worker
  report
  [[ $(totals -r '.pictures[1].w') == *"cannot be started"* ]]
  [ "$(grep -c '^{"p":' out.html)" -eq 3 ]
}
