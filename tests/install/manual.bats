#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Pages of the manual: there, complete and well formed.

bats_require_minimum_version 1.5.0

# page NAME.SECTION: as a reader sees it, without breaks of lines.
page() {
  MANWIDTH=1000 man -l "$CVI_MANUAL/$1" | col -bx | tr -s ' \n' ' '
}

# commands: the names of sub-commands; fails if there are hardly any.
commands() {
  local found

  found=$("$CVI_GST" --help |
    sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
  [ "$(wc -w <<<"$found")" -ge 5 ] && echo "$found"
}

@test "each page is set without a warning" {
  n=0
  for file in "$CVI_MANUAL"/*.[157]; do
    run --separate-stderr man -l --warnings -Tutf8 "$file"
    [ "$status" -eq 0 ]
    [ -n "$output" ]
    [ -z "$stderr" ]
    n=$((n + 1))
  done
  [ "$n" -ge 8 ]
}

@test "each sub-command has its page, with every option of its help" {
  names=$(commands)
  for command in $names; do
    text=$(page "cvi-gst-$command.1")
    summary=$("$CVI_GST" --help | sed -n "s/^  $command  *//p")
    [[ ${text,,} == *"cvi-gst-$command - ${summary,,} "* ]]
    for section in SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' 'SEE ALSO'; do
      [[ $text == *" $section "* ]]
    done
    n=0
    while read -r option; do
      [[ $text == *" $option "* ]] || {
        echo "$command: $option"
        false
      }
      n=$((n + 1))
    done < <("$CVI_GST" "$command" --help |
      sed -n 's/^  \(-., \)\? *\(--[a-z-]*\).*/\2/p')
    [ "$n" -ge 1 ]
  done
}

@test "the page of the program lists sub-commands and variables" {
  text=$(page cvi-gst.1)
  names=$(commands)
  for command in $names; do
    [[ $text == *"cvi-gst-$command(1)"* ]]
  done
  for word in CVI_MODE CVI_WORKER XDG_DATA_HOME --version results.db; do
    [[ $text == *"$word"* ]]
  done
}

@test "the page of the configuration lists its keys" {
  text=$(page cvi-gst.conf.5)
  [[ $text == *'mode = MODE How to check: quick, deep, hybrid or full.'* ]]
  [[ $text == *'no-recursive = true|false '* ]]
  # What is for one run alone is no key.
  [[ $text != *'output = '* ]]
}

@test "the page of the element has its properties and their like" {
  [ "$CVI_SANITIZE" = none ] || skip "gst-inspect-1.0 has no sanitizer"
  text=$(page cvicheck.7)
  n=0
  while read -r property; do
    [[ $text == *" $property "* ]] || {
      echo "$property"
      false
    }
    n=$((n + 1))
  done < <(GST_REGISTRY=$BATS_TEST_TMPDIR/registry \
    GST_PLUGIN_PATH=$CVI_PLUGINS gst-inspect-1.0 cvicheck | awk '
      /^Element Properties/ { on = 1 }
      /^Element Signals/ { on = 0 }
      on && /^  [a-z-]+ +:/ && !/^  (name|parent|qos) / { print $1 }')
  [ "$n" -ge 8 ]
  [[ $text == *cvicheck-finding*cvicheck-summary* ]]
}

@test "a page without prose, and prose that is wrong" {
  cd "$BATS_TEST_TMPDIR"
  "$CVI_DESCRIBE" page cvi-gst-scan 1 page.scd
  scdoc <page.scd >page.1
  [[ $(MANWIDTH=1000 man -l page.1) == *--jobs-per-device* ]]
  printf '# DESCRIPTION\n\n@options@\n' >prose
  "$CVI_DESCRIBE" page cvi-gst-scan 1 page.scd prose
  printf '# DESCRIPTION\n\nNo options.\n' >prose
  run "$CVI_DESCRIBE" page cvi-gst-scan 1 page.scd prose
  [ "$status" -eq 1 ]
  [[ $output == *@options@* ]]
  printf '# DESCRIPTION\n\n@options@\n@optoins@\n' >prose
  run "$CVI_DESCRIBE" page cvi-gst-scan 1 page.scd prose
  [ "$status" -eq 1 ]
  [[ $output == *@optoins@* ]]
  run "$CVI_DESCRIBE" page cvi-gst-frobnicate 1 page.scd
  [ "$status" -eq 1 ]
  run "$CVI_DESCRIBE" bash
  [ "$status" -eq 1 ]
  run "$CVI_DESCRIBE" bash /nonexistent/file
  [ "$status" -eq 1 ]
  [[ $output == *nonexistent* ]]
}

@test "nothing of the text is taken for markup" {
  cd "$BATS_TEST_TMPDIR"
  "$CVI_DESCRIBE" page cvi-gst-scan 1 page.scd
  text=$(page cvi-gst-scan.1)
  [[ $text == *'suspicious,corrupt,incomplete,unreadable,unsupported'* ]]
  [[ $text == *CVI_JOBS_PER_DEVICE* ]]
  [[ $text == *'[PATH...]'* ]]
}
