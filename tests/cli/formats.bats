# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every output format, with names that no one should make, read back by others.

bats_require_minimum_version 1.5.0
load helpers

formats=(text jsonl json csv yaml junit sarif prometheus html)

# hostile: files of every verdict with such names.
hostile() {
  use_fake_worker
  mkdir -p "$videos/x<"
  files '<script>alert(1)<!--.mp4' 'x</script>-corrupt-timed.mp4' \
    $'new\nline\r-corrupt.mp4' '=cmd()-corrupt.mp4' $'latin1-\xe9-gap.mp4' \
    $'rtl-\u202egpj-encrypted.mp4' "q'\"uo&te;-unreadable.mp4" \
    $'ctl-\x01\x1b[2J-corrupt.mp4' $'sep-\u2028\u2029-corrupt.mp4' \
    $'c1-\u009b31m-corrupt.mp4' $'nonchar-\uffff-corrupt.mp4' \
    'back\slash-corrupt.mp4' $'tab\there-corrupt.mkv' '%41 ?#-corrupt.mp4' \
    '日本🎬-corrupt-timed.mkv' ']]>-corrupt.mp4' '- : # yes-corrupt.mp4' \
    fine.mp4 crash.mp4
  cvi scan "$videos"
}

# write FORMAT: the stored results to out.FORMAT.
write() {
  "$CVI_GST" report --format "$1" -o "out.$1"
}

@test "hostile names through every format and back" {
  local unsafe='[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\x{202a}-\x{202e}]'
  unsafe+='|[\x{2028}\x{2029}]'
  hostile
  for format in "${formats[@]}"; do
    write "$format"
    # What only a terminal would understand is in none of them.
    if grep -P "$unsafe" "out.$format"; then
      echo "in $format"
      return 1
    fi
  done
  /usr/bin/python3 -B "$CVI_SOURCE/tests/cli/read-formats.py" out
}

@test "formats of a scan, and of nothing" {
  use_fake_worker
  files fine.mp4 corrupt-timed.mp4
  for format in "${formats[@]}"; do
    cvi scan --no-db --format "$format" -o "out.$format" "$videos"
    [ "$status" -eq 1 ]
  done
  /usr/bin/python3 -B "$CVI_SOURCE/tests/cli/read-formats.py" out
  mkdir none
  cvi scan --db none.db none
  for format in "${formats[@]}"; do
    "$CVI_GST" report --db none.db --format "$format" -o "none.$format"
  done
  /usr/bin/python3 -B "$CVI_SOURCE/tests/cli/read-formats.py" none
}

@test "junit is well-formed" {
  hostile
  write junit
  xmllint --noout out.junit
  [ "$(xmllint --xpath 'count(//testcase)' out.junit)" -eq 19 ]
  [ "$(xmllint --xpath 'count(//failure)' out.junit)" -eq \
    "$(n_stored --verdict corrupt)" ]
  [ "$(xmllint --xpath 'count(//error)' out.junit)" -eq \
    "$(n_stored --verdict incomplete,unreadable)" ]
}

@test "prometheus tells what a scan came to" {
  use_fake_worker
  files fine.mp4 corrupt.mp4
  cvi scan --format prometheus -o cvi.prom "$videos"
  grep -qx 'cvi_files{verdict="corrupt"} 1' cvi.prom
  grep -qx 'cvi_findings{rule="decode::error"} 1' cvi.prom
  grep -qx 'cvi_files_bytes{verdict="healthy"} 9' cvi.prom
  grep -qx 'cvi_scan_exit_status 1' cvi.prom
  grep -qx 'cvi_scan_interrupted 0' cvi.prom
  grep -qE '^cvi_scan_duration_seconds [0-9.]+$' cvi.prom
  grep -qE '^cvi_newest_result_timestamp_seconds [0-9]{10}$' cvi.prom
  cvi scan --fail-on none --format prometheus -o cvi.prom "$videos"
  grep -qx 'cvi_files{verdict="skipped"} 2' cvi.prom
  grep -qx 'cvi_scan_checked_files 0' cvi.prom
  grep -qx 'cvi_scan_exit_status 0' cvi.prom
  # A report of the store is no scan.
  cvi report --format prometheus
  [[ $output != *cvi_scan_* ]]
  [[ $output == *'cvi_files{verdict="corrupt"} 1'* ]]
}

@test "a scan that fails says so to prometheus" {
  export CVI_WORKER=/bin/false
  files fine.mp4
  cvi scan --format prometheus -o cvi.prom "$videos"
  [ "$status" -eq 2 ]
  grep -qx 'cvi_scan_exit_status 2' cvi.prom
}

@test "a whole report replaces the old one at its end" {
  use_fake_worker
  files fine.mp4
  echo old >cvi.prom
  chmod 640 cvi.prom
  ln -s cvi.prom link.prom
  exec 5<cvi.prom
  cvi scan --format prometheus -o link.prom "$videos"
  [ "$status" -eq 0 ]
  # Who had opened the old one still reads it; the link is one still.
  [ "$(cat <&5)" = old ]
  [ -L link.prom ]
  grep -q '^cvi_files' cvi.prom
  [ "$(find . -name '*.part')" = "" ]
}

@test "a whole report that cannot be written leaves the old one" {
  use_fake_worker
  files fine.mp4
  cvi scan "$videos"
  cvi report --format html -o none/out.html
  [ "$status" -eq 2 ]
  [[ $stderr == *none/out.html* ]]
  unshare --mount true 2>/dev/null || skip "no mount namespace here"
  mkdir small
  # shellcheck disable=SC2016 # the variables are the inner shell's
  run --separate-stderr unshare --mount bash -c '
    mount -t tmpfs -o size=16k none small || exit 77
    echo old >small/out.html
    "$CVI_GST" report --format html -o small/out.html
    status=$?
    cat small/out.html
    ls -A small
    exit $status' bash
  [ "$status" -ne 77 ] || skip "no tmpfs here"
  [ "$status" -eq 2 ]
  [ "$output" = "old
out.html" ]
  [[ $stderr == *small/out.html* ]]
}

@test "a whole report to a pipe and to a device" {
  use_fake_worker
  files corrupt.mp4
  cvi scan "$videos"
  "$CVI_GST" report --format junit -o /dev/stdout | xmllint --noout -
  cvi report --format sarif -o /dev/full
  [ "$status" -eq 2 ]
  [[ $stderr == */dev/full* ]]
  [ -c /dev/full ]
}
