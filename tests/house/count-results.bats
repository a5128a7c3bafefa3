#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The last line of tests/run tells the truth.

setup () {
  folder=$BATS_TEST_TMPDIR/build
  log=$folder/testlog.json
  mkdir -p "$folder/meson-info"
}

# result RESULT STDOUT: one more test program in the log.
result () {
  jq -cn --arg result "$1" --arg out "$2" \
    '{name: "t", result: $result, stdout: $out}' >>"$log"
}

# count [RESULT...]: with as many programs registered as the log has.
count () {
  touch "$log"
  jq -s '[.[] | {name}]' "$log" >"$folder/meson-info/intro-tests.json"
  run "$CVI_SOURCE/tests/count-results" "$log" "$folder" "$@"
  last=${lines[-1]}
  echo "$output"
}

@test "TAP tests count one by one" {
  result OK $'1..3\nok 1 a\nok 2 b\nok 3 c # SKIP root'
  count pass
  [ "$status" -eq 0 ]
  [ "$last" = "3 passed, 0 failed, 1 skipped" ]
}

@test "a failed TAP test" {
  result FAIL $'1..2\nok 1 a\nnot ok 2 b'
  count pass
  [ "$status" -eq 1 ]
  [ "$last" = "2 passed, 1 failed" ]
}

@test "TAP tests that a crash cut off" {
  result ERROR $'1..4\nok 1 a'
  count pass
  [ "$status" -eq 1 ]
  [ "$last" = "2 passed, 3 failed" ]
}

@test "a program that fails after its tests passed" {
  result ERROR $'1..1\nok 1 a'
  count pass
  [ "$status" -eq 1 ]
  [ "$last" = "2 passed, 1 failed" ]
}

@test "a timeout without output" {
  result TIMEOUT ''
  count pass
  [ "$status" -eq 1 ]
  [ "$last" = "1 passed, 1 failed" ]
}

@test "libcheck's summary" {
  result OK '100%: Checks: 27, Failures: 0, Errors: 0'
  result FAIL '80%: Checks: 10, Failures: 1, Errors: 1'
  count pass
  [ "$status" -eq 1 ]
  [ "$last" = "36 passed, 2 failed" ]
}

@test "Python's unittest, and programs that only have an exit status" {
  result OK 'Ran 12 tests in 0.001s'
  result OK ''
  count pass
  [ "$status" -eq 0 ]
  [ "$last" = "14 passed, 0 failed" ]
}

@test "a broken house rule" {
  result OK $'1..1\nok 1 a'
  count fail
  [ "$status" -eq 1 ]
  [ "$last" = "1 passed, 1 failed" ]
}

@test "a program that did not run" {
  result OK $'1..1\nok 1 a'
  count pass
  echo '[{"name": "t"}, {"name": "absent"}]' \
    >"$folder/meson-info/intro-tests.json"
  run "$CVI_SOURCE/tests/count-results" "$log" "$folder" pass
  [ "$status" -eq 1 ]
  [ "${lines[-1]}" = "2 passed, 1 failed" ]
}

@test "nothing ran" {
  count pass
  [ "$status" -eq 1 ]
}

@test "a program that did not run, of the suites that were to" {
  result OK $'1..1\nok 1 a'
  count pass
  echo '[{"name": "t", "suite": ["cvi:core"]},
    {"name": "absent", "suite": ["core"]},
    {"name": "other", "suite": ["cvi:pool"]}]' \
    >"$folder/meson-info/intro-tests.json"
  run "$CVI_SOURCE/tests/count-results" "$log" "$folder" --suite core,store
  [ "$status" -eq 1 ]
  [ "${lines[-1]}" = "1 passed, 1 failed" ]
}
