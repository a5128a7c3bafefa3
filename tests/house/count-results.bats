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

# result RESULT STDOUT [STDERR]: one more test program in the log.
result () {
  jq -cn --arg result "$1" --arg out "$2" --arg err "${3:-}" \
    '{name: "t", result: $result, stdout: $out, stderr: $err}' >>"$log"
}

# told: what is said of failures.
told () {
  grep '^FAILED' <<<"$output"
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

@test "it is told which test of bats failed, and why" {
  result FAIL $'1..3\nok 1 a\nnot ok 2 b\n# (in test file b.bats)\n#   `x\' failed\nok 3 c'
  count
  [ "$(told)" = "FAILED: t: 1 failed, result FAIL
FAILED:   not ok 2 b
FAILED:     # (in test file b.bats)
FAILED:     #   \`x' failed" ]
}

@test "what GLib says before the result" {
  result ERROR $'1..3\n# old\nok 1 /a\n# ERROR:b.c:7: (1 == 2)\nnot ok 2 /b - b.c:7\nBail out!'
  count
  [ "$(told)" = "FAILED: t: 2 failed, result ERROR
FAILED:   not ok 2 /b - b.c:7
FAILED:     # ERROR:b.c:7: (1 == 2)
FAILED:   cut off after: not ok 2 /b - b.c:7
FAILED:     Bail out!" ]
}

@test "how far a program came that was cut off" {
  result TIMEOUT $'1..4\nok 1 a\nok 2 b\n# waiting'
  result TIMEOUT $'1..4'
  count
  [ "$(told)" = "FAILED: t: 2 failed, result TIMEOUT
FAILED:   cut off after: ok 2 b
FAILED:     # waiting
FAILED: t: 4 failed, result TIMEOUT
FAILED:   cut off after: nothing" ]
}

@test "the failures of libcheck and unittest" {
  result FAIL $'66%: Checks: 3, Failures: 1, Errors: 0\nf.c:9:F:general:test_x:0: Assertion failed'
  result FAIL '' $'F.\nFAIL: test_y (a.B)\nAssertionError: 1 != 2\nRan 2 tests in 1s'
  count
  [[ $(told) == *"FAILED:   general:test_x:0: Assertion failed"* ]]
  [[ $(told) == *"FAILED:   test_y (a.B)"*"AssertionError: 1 != 2"* ]]
}

@test "a sanitizer's report from its beginning" {
  result ERROR $'1..1\nok 1 a' "noise
==1==ERROR: AddressSanitizer: heap-use-after-free
$(seq 100 200)"
  count
  [[ $(told) != *noise* ]]
  [[ $(told) == *"AddressSanitizer: heap-use-after-free"*100*113 ]]
}

@test "what is told has an end, and no control characters" {
  long=$(printf 'x%.0s' {1..1000})
  many=$(for i in {1..40}; do
    echo "not ok $i a"
    seq -f '# %g' 100 200
  done)
  result FAIL $'1..1\nnot ok 1 a\n# \e[2J'"$long"
  for ((i = 0; i < 9; i++)); do
    result FAIL "1..40
$many"
  done
  count
  [[ $output != *$'\e'* ]]
  [ "$(told | wc -L)" -le 320 ]
  [ "$(told | wc -l)" -le 180 ]
  # Each program is named, though.
  [ "$(told | grep -c ' failed, result FAIL')" -eq 10 ]
  [ "$(told | grep -c 'not ok 1 a')" -ge 2 ]
}
