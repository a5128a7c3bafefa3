#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the shells offer, each asked in its own way.

bats_require_minimum_version 1.5.0

# split LINE: sets COMP_WORDS as readline does it.
split() {
  local rest=$1
  COMP_WORDS=()
  while [[ $rest =~ ^[[:space:]]*([=:]+|[^=:[:space:]]+)(.*)$ ]]; do
    COMP_WORDS+=("${BASH_REMATCH[1]}")
    rest=${BASH_REMATCH[2]}
  done
  [[ $1 != *[[:space:]=] ]] || COMP_WORDS+=('')
}

# in_bash LINE: what bash offers where it ends, sorted, in one line; what
# readline would add to the line, not whole words.
in_bash() {
  # shellcheck disable=SC1091
  source "$CVI_COMPLETIONS/cvi-gst"
  COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
  COMP_LINE=$1 COMP_POINT=${#1}
  split "$1"
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=(old)
  _cvi_gst
  printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

in_zsh() {
  timeout 300 "$CVI_SOURCE/tests/install/complete-zsh" "$CVI_COMPLETIONS" "$1" |
    xargs
}

in_fish() {
  HOME=$BATS_TEST_TMPDIR timeout 300 fish --no-config -c \
    "source '$CVI_COMPLETIONS/cvi-gst.fish'; complete -C '$1'" |
    cut -f 1 | sort | xargs
}

# all_offer LINE WORDS: all three shells, these words and no others.
all_offer() {
  local shell found
  for shell in bash zsh fish; do
    found=$("in_$shell" "$1")
    echo "$shell, $1: $found"
    [ "$found" = "$2" ]
  done
}

# commands: the names of sub-commands; fails if there are hardly any.
commands() {
  local found

  found=$("$CVI_GST" --help |
    sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
  [ "$(wc -w <<<"$found")" -ge 5 ] && echo "$found"
}

# options COMMAND: the long ones of its help.
options() {
  "$CVI_GST" "$1" --help |
    sed -n 's/^  \(-., \)\? *\(--[a-z-]*\).*/\2/p'
}

@test "each completion is good syntax" {
  bash -n "$CVI_COMPLETIONS/cvi-gst"
  zsh -n "$CVI_COMPLETIONS/_cvi-gst"
  fish -n "$CVI_COMPLETIONS/cvi-gst.fish"
  # Nothing else than what bash-completion looks for when cvi-gst is completed.
  bash -c "source '$CVI_COMPLETIONS/cvi-gst'; complete -p cvi-gst" |
    grep -q -- '-F _cvi_gst cvi-gst'
}

@test "all shells offer every sub-command" {
  wanted=$(commands)
  wanted=$(sort <<<"$wanted" | xargs)
  all_offer 'cvi-gst ' "$wanted"
}

@test "all shells offer every option of every sub-command" {
  names=$(commands)
  for command in $names; do
    wanted=$(options "$command" | sort | xargs)
    [[ $wanted == *--help* ]]
    [ "$(in_zsh "cvi-gst $command --")" = "$wanted" ]
    [ "$(in_fish "cvi-gst $command --")" = "$wanted" ]
    [ "$(in_bash "cvi-gst $command --")" = "$wanted" ]
  done
}

@test "short options, and those of the program itself" {
  [ "$(in_bash 'cvi-gst -')" = '--help --version -h' ] ||
    [ "$(in_bash 'cvi-gst -')" = '-h --help --version' ]
  found=" $(in_bash 'cvi-gst scan -') "
  for option in -m -j -0 -o -h; do
    [[ $found == *" $option "* ]]
  done
}

@test "values out of a list" {
  all_offer 'cvi-gst scan --mode ' 'deep full hybrid quick'
  all_offer 'cvi-gst scan --mode h' 'hybrid'
  all_offer 'cvi-gst report --scan ' 'latest previous'
  all_offer 'cvi-gst scan --jobs-per-device ' 'auto'
  [ "$(in_bash 'cvi-gst scan -m ')" = 'deep full hybrid quick' ]
  [ "$(in_bash 'cvi-gst scan --no-db -m d')" = 'deep' ]
}

@test "a value in the same word as its option" {
  [ "$(in_bash 'cvi-gst scan --mode=')" = 'deep full hybrid quick' ]
  [ "$(in_bash 'cvi-gst scan --mode=de')" = 'deep' ]
  [ "$(in_zsh 'cvi-gst scan --mode=de')" = 'deep' ]
  [ "$(in_fish 'cvi-gst scan --mode=de')" = '--mode=deep' ]
}

@test "verdicts in a list separated by commas" {
  all_offer 'cvi-gst report --verdict cor' 'corrupt'
  [ "$(in_bash 'cvi-gst report --verdict corrupt,in')" = 'corrupt,incomplete' ]
  [ "$(in_fish 'cvi-gst report --verdict corrupt,in')" = 'corrupt,incomplete' ]
  [ "$(in_zsh 'cvi-gst report --verdict corrupt,in')" = 'incomplete' ]
  [ "$(in_bash 'cvi-gst report --verdict=corrupt,in')" = 'corrupt,incomplete' ]
  # What is there already is not offered again.
  [[ " $(in_bash 'cvi-gst report --verdict corrupt,')" != *,corrupt* ]]
}

@test "no words where a number belongs" {
  [ -z "$(in_bash 'cvi-gst scan --jobs ')" ]
  [ -z "$(in_fish 'cvi-gst scan --jobs ')" ]
  [ -z "$(in_zsh 'cvi-gst scan --jobs ')" ]
}

@test "names of files" {
  cd "$BATS_TEST_TMPDIR"
  mkdir library
  touch one.mp4 'two words.mkv'
  for line in 'cvi-gst scan ' 'cvi-gst scan --db ' \
    'cvi-gst scan -m deep --no-db '; do
    found=$(in_fish "$line")
    [[ $found == *'library/'*'one.mp4'*'two words.mkv'* ]]
    found=$(in_zsh "$line")
    [[ $found == *'library'*'one.mp4'*'two words.mkv'* ]]
    # Bash leaves them to readline, which takes over where nothing is offered.
    [ -z "$(in_bash "$line")" ]
  done
  # No name where none belongs.
  [[ $(in_fish 'cvi-gst rules ') != *one.mp4* ]]
  [[ $(in_fish 'cvi-gst scan --mode ') != *one.mp4* ]]
}

@test "bash with readline: a name with a space, and a word" {
  cd "$BATS_TEST_TMPDIR"
  touch 'two words.mkv'
  cat >rc <<RC
PS1='> '
cvi-gst () { printf '%s\n' "\$@" >arguments; exit; }
source '$CVI_COMPLETIONS/cvi-gst'
RC
  # A terminal that types: the keys, and then the line is run.
  printf 'cvi-gst report --sc\tlat\t--verdict=incom\t two\t\nexit\n' |
    HISTFILE=/dev/null TERM=dumb timeout 300 script -q -c \
      "bash --noprofile --rcfile rc -i" /dev/null
  [ "$(cat arguments)" = 'report
--scan
latest
--verdict=incomplete
two words.mkv' ]
}
