#!/bin/sh
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# record.sh PREFIX SOURCE...: records the H.264 video of a source (elements of
# gst-launch-1.0, such as: rtspsrc location=rtsp://camera/) into PREFIX-1.mkv,
# PREFIX-2.mkv and so on. What is recorded is decoded beside. When damage is
# found, that recording ends and a new one begins, with a new
# connection; it gives up after RETRIES of them (5). Exits 0 when the source
# ends by itself.
set -eu

prefix=$1
shift
n=1
while :; do
  if gst-launch-1.0 -q -e "$@" ! h264parse ! tee name=t \
    t. ! queue ! matroskamux ! filesink location="$prefix-$n.mkv" \
    t. ! queue ! avdec_h264 ! \
    cvicheck watch-log=true fail-on=corrupt ! fakesink 2>"$prefix.log"; then
    exit 0
  fi
  grep 'The stream is corrupt' "$prefix.log" || cat "$prefix.log" >&2
  [ "$n" -lt "${RETRIES:-5}" ] || exit 1
  n=$((n + 1))
done
