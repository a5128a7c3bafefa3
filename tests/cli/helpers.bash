# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154

# Every test has a home, a store and a configuration of its own.
setup() {
  export HOME=$BATS_TEST_TMPDIR/home
  export XDG_CONFIG_HOME=$HOME/config XDG_DATA_HOME=$HOME/data
  export XDG_CACHE_HOME=$HOME/cache LC_ALL=C.UTF-8
  mkdir -p "$HOME" "$BATS_TEST_TMPDIR/videos"
  cd "$BATS_TEST_TMPDIR" || return 1
  videos=$BATS_TEST_TMPDIR/videos
}

# cvi ARGUMENT...: runs cvi-gst; $output is stdout, $stderr what it says beside.
cvi() {
  run --separate-stderr "$CVI_GST" "$@"
}

# From here on the supervisor uses a worker that goes by file names.
use_fake_worker() {
  export CVI_WORKER=$CVI_FAKE_WORKER
  export CVI_FAKE_LOG=$BATS_TEST_TMPDIR/checked
  : >"$CVI_FAKE_LOG"
}

# hold N: the fake worker does N files, and waits at each that it is given after
# these. Tests that stop a scan in its middle need not be faster than it.
hold() {
  export CVI_FAKE_HOLD=$BATS_TEST_TMPDIR/hold CVI_STALL_TIMEOUT=0
  echo "$1" >"$CVI_FAKE_HOLD"
}

# release: no longer, and not in what is run from here on.
release() {
  rm -f "$CVI_FAKE_HOLD"
  unset CVI_FAKE_HOLD CVI_STALL_TIMEOUT
}

# files NAME...: makes small files in the videos folder.
files() {
  local name
  for name in "$@"; do
    echo "$name" >"$videos/$name"
  done
}

configure() {
  mkdir -p "$XDG_CONFIG_HOME/cvi-gst"
  printf '%s\n' "$@" >"$XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf"
}

# wait_for COMMAND...: until it succeeds; fails after five minutes, which no
# machine needs and a test that fails can spare.
wait_for() {
  local end=$((SECONDS + 300))
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "waited in vain for: $*"
      return 1
    fi
    sleep 0.05
  done
}

# children_of PID: the processes that it has started.
children_of() {
  cat "/proc/$1/task/$1/children" 2>/dev/null || true
}

# has_ended PID: whether or not somebody has asked for its status.
has_ended() {
  ! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null
}

# none_has TOKEN: no process that was started with it as CVI_TEST_TOKEN is there.
# -q, since processes that end meanwhile are errors to grep, which it otherwise
# tells in place of what it has found.
none_has() {
  ! grep -qzs "^CVI_TEST_TOKEN=$1\$" /proc/[0-9]*/environ
}

n_checked() {
  wc -l <"$CVI_FAKE_LOG"
}

# has_checked N: has the fake worker been given at least N files?
has_checked() {
  [ "$(n_checked)" -ge "$1" ]
}

# n_stored [report option...]: how many results there are.
n_stored() {
  "$CVI_GST" report --format jsonl "$@" | wc -l
}

# verdict_of NAME: out of jsonl records in $output.
verdict_of() {
  sed -n "s|^{\"path\":\"[^\"]*/$1\",.*\"verdict\":\"\([a-z]*\)\".*|\1|p" \
    <<<"${output//previous_verdict/previous}"
}
