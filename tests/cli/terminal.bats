# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a terminal shows; hints; the configuration.

bats_require_minimum_version 1.5.0
load helpers

# on_terminal COLUMNS ROWS ARGUMENT...: cvi-gst there; $output is all of it.
on_terminal() {
  TERM=xterm run "$CVI_PTY" "$1" "$2" "$CVI_GST" "${@:3}"
}

# start_on_terminal COLUMNS ROWS ARGUMENT...: as on_terminal, but does not wait;
# what is written there is in the file "screen".
start_on_terminal() {
  TERM=xterm "$CVI_PTY" "$1" "$2" "$CVI_GST" "${@:3}" >screen 3>&- &
  pid=$!
}

# shows TEXT...: all of these.
shows() {
  local text
  for text in "$@"; do
    grep -qaF -- "$text" screen || return 1
  done
}

# end_on_terminal: lets the fake worker go on; $output and $status are the end's.
end_on_terminal() {
  release
  status=0
  wait $pid || status=$?
  output=$(cat screen)
}

red=$'\033[1;31mcorrupt\033[0m'

@test "colours on a terminal, and nowhere else" {
  unset NO_COLOR
  use_fake_worker
  files corrupt.mp4
  on_terminal 80 24 scan "$videos"
  [ "$status" -eq 1 ]
  [[ $output == *"$red"* ]]
  on_terminal 80 24 report
  [[ $output == *"$red     $videos/corrupt.mp4"* ]]
  on_terminal 80 24 report --color never
  [[ $output != *$'\033'* ]]
  on_terminal 80 24 report --format jsonl --color always
  [[ $output != *$'\033'* ]]
  NO_COLOR=1 on_terminal 80 24 report
  [[ $output != *$'\033'* ]]
  NO_COLOR= on_terminal 80 24 report
  [[ $output == *"$red"* ]]
  NO_COLOR=1 on_terminal 80 24 report --color always
  [[ $output == *"$red"* ]]
  TERM=dumb run "$CVI_PTY" 80 24 "$CVI_GST" report
  [[ $output != *$'\033'* ]]
  cvi report
  [[ $output != *$'\033'* ]]
  CVI_COLOR=always cvi report
  [[ $output == *"$red"* ]]
  # The text is the same without the colours.
  "$CVI_GST" report --color always | sed 's/\x1b\[[0-9;]*m//g' >plain
  "$CVI_GST" report | cmp - plain
  cvi report --color sometimes
  [ "$status" -eq 2 ]
}

@test "a wide terminal has a line for each worker" {
  use_fake_worker
  files aaa.mp4 bbb.mp4 $'c\033[2Jc.mp4'
  export CVI_FAKE_PROGRESS=1
  hold 0
  start_on_terminal 120 30 scan --no-db -j 3 "$videos"
  wait_for shows '  aaa.mp4 ' '  bbb.mp4 ' 'c\x1b[2Jc.mp4' MB/s $'\033[3A'
  end_on_terminal
  [ "$status" -eq 0 ]
  [[ $output == *"  aaa.mp4 "*" 50 % "*"MB/s"* ]]
  [[ $output == *"  bbb.mp4 "*" 50 % "* ]]
  [[ $output == *'c\x1b[2Jc.mp4'* ]]
  [[ $output == *"/3 files"* ]]
  # Up by three lines, and all cleared away before the report.
  [[ $output == *$'\033[3A'* ]]
  [[ $output == *$'\033[J\r\033[K'* ]]
  export CVI_FAKE_DELAY_MS=300
  on_terminal 80 30 scan --no-db -j 3 "$videos"
  [[ $output == *files/s* ]]
  [[ $output != *" 50 % "* ]]
  [[ $output != *$'\033['[0-9]A* ]]
  # Nor on one without room for them.
  on_terminal 120 5 scan --no-db -j 3 "$videos"
  [[ $output != *$'\033['[0-9]A* ]]
}

@test "no line on a terminal is wider than it" {
  use_fake_worker
  files "$(printf 'long%.0s' {1..50}).mp4" "$(printf '日本%.0s' {1..30}).mp4"
  export CVI_FAKE_PROGRESS=1
  hold 0
  start_on_terminal 100 30 scan --no-db -j 2 "$videos"
  wait_for shows longl 日本 MB/s $'\033[2A'
  end_on_terminal
  [ "$status" -eq 0 ]
  [[ $output =~ longl\ +49\ %\ +[0-9.]+\ MB/s ]]
  [[ $output =~ 日本\ +49\ %\ +[0-9.]+\ MB/s ]]
  python3 - "$output" <<'END'
import re, sys, unicodedata
text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", sys.argv[1])
for line in re.split(r"[\r\n]+", text):
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
    if "MB/s" in line and "checked" not in line:
        assert wide <= 99, (wide, line)
END
}

@test "messages do not run into the bar" {
  use_fake_worker
  files corrupt1.mp4 fine1.mp4 fine2.mp4
  export CVI_FAKE_DELAY_MS=200
  on_terminal 80 24 scan --no-db -j 1 --exec-corrupt 'sh -c "exit 3"' "$videos"
  [[ $output == *$'\r\033[Kcvi-gst: --exec-corrupt'* ||
    $output == *$'\ncvi-gst: --exec-corrupt'* ]]
}

@test "--progress json tells of workers" {
  use_fake_worker
  files a.mp4 $'b\xff.mp4'
  export CVI_FAKE_PROGRESS=1
  hold 0
  "$CVI_GST" scan --no-db -j 2 --progress json "$videos" >out 2>told 3>&- &
  pid=$!
  wait_for grep -q '"percent":50' told
  release
  wait $pid
  jq -es 'map (.workers[]) | map (select (.percent == 50)) | length > 0' told
  jq -es 'all (.done >= 0 and (.verdicts | type == "object"))' told
}

@test "did you mean" {
  cvi scna
  [ "$status" -eq 2 ]
  [[ $stderr == *'"scna"; did you mean scan?'* ]]
  cvi quarantin
  [[ $stderr == *'did you mean quarantine?'* ]]
  cvi --hepl
  [[ $stderr == *'did you mean --help?'* ]]
  cvi zzzzzz
  [ "$status" -eq 2 ]
  [[ $stderr != *"did you mean"* ]]
  cvi scan --reccan x
  [ "$status" -eq 2 ]
  [[ $stderr == *"--reccan; did you mean --rescan? (cvi-gst scan --help"* ]]
  cvi scan --mdoe=deep x
  [[ $stderr == *"did you mean --mode?"* ]]
  # Not what only another command takes.
  cvi list --formt x
  [[ $stderr != *"--format"* ]]
  configure '[scan]' 'job = 2'
  cvi scan x
  [ "$status" -eq 2 ]
  [[ $stderr == *cvi-gst.conf*'"job"; did you mean jobs?'* ]]
}

@test "config show tells where each value comes from" {
  configure '[scan]' 'jobs = 3' 'hw = off' 'exclude = a*;b*'
  CVI_HW=require CVI_FAIL_ON=none cvi config show --mode deep --exclude x --exclude y
  [ "$status" -eq 0 ]
  [[ $output =~ mode\ +=\ deep\ +#\ command\ line ]]
  [[ $output =~ exclude\ +=\ x\;y\ +#\ command\ line ]]
  [[ $output =~ jobs\ +=\ 3\ +#\ file:\ $XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf ]]
  [[ $output =~ hw\ +=\ require\ +#\ environment:\ CVI_HW ]]
  [[ $output =~ fail-on\ +=\ none\ +#\ environment ]]
  [[ $output =~ stall-timeout\ +=\ 60\ +#\ default ]]
  [[ $output =~ rescan\ +=\ false\ +#\ default ]]
  # Every key, once.
  [ "$(cut -d' ' -f1 <<<"$output" | sort | uniq -d)" = '' ]
}

@test "config init writes a file that changes nothing, once" {
  cvi config path
  [ "$output" = "$XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf" ]
  cvi config show
  before=$output
  cvi config init
  [ "$status" -eq 0 ]
  [ "$output" = "$XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf" ]
  cvi config show
  [ "$status" -eq 0 ]
  [ "$output" = "$before" ]
  # Each key of show is there, and what is said is what holds.
  while read -r key _ value; do
    grep -qE "^#$key = " "$XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf"
  done <<<"$before"
  sed -i -E 's/^#([a-z-]+ = .+)$/\1/' "$XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf"
  cvi config show
  [ "$status" -eq 0 ]
  [[ $output =~ mode\ +=\ hybrid\ +#\ file ]]
  cp "$XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf" saved
  cvi config init
  [ "$status" -eq 2 ]
  [[ $stderr == *cvi-gst.conf*"not replaced"* ]]
  cmp saved "$XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf"
}

@test "config works beside a broken file, and says what is wrong" {
  configure '[scan]' 'mode = fast'
  cvi config path
  [ "$status" -eq 0 ]
  cvi config show
  [ "$status" -eq 2 ]
  [[ $stderr == *cvi-gst.conf*mode* ]]
  cvi config
  [ "$status" -eq 2 ]
  rm "$XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf"
  cvi config shwo
  [ "$status" -eq 2 ]
  [[ $stderr == *"did you mean show?"* ]]
}
