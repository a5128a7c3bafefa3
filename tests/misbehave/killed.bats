# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# kill -9 of the supervisor or of a worker at random moments: after the same
# command again each file has exactly one result, and no process is left.
# CVI_KILLS is how many moments, CVI_KILL_SEED which.

bats_require_minimum_version 1.5.0
load ../cli/helpers

# sleep_ms MS
sleep_ms() {
  sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}

now_ms() {
  echo $(($(date +%s%N) / 1000000))
}

# run_and_kill TOKEN MS WHOM: begins a scan and kills, after MS, the supervisor
# (0) or one of its workers.
run_and_kill() {
  local pid victims
  CVI_TEST_TOKEN=$1 "$CVI_GST" scan -j 2 -m deep --db store.db "$videos" \
    >out 2>err 3>&- &
  pid=$!
  sleep_ms "$2"
  victims=("$pid")
  if [ "$3" -gt 0 ]; then
    read -r -a victims <<<"$(children_of "$pid") "
  fi
  if [ "${#victims[@]}" -gt 0 ]; then
    kill -9 "${victims[$(($3 % ${#victims[@]}))]}" 2>/dev/null || true
  fi
  wait "$pid" || true
  wait_for none_has "$1"
}

# Number of results of each file, and how many files have that.
count_results() {
  python3 - <<'END'
import sqlite3

store = sqlite3.connect("store.db")
print(store.execute("PRAGMA integrity_check").fetchone()[0])
for row in store.execute(
        "SELECT n, count(*), min(verdict), max(verdict) FROM (SELECT"
        " count(results.id) AS n, verdict FROM files LEFT JOIN results ON"
        " results.file_id = files.id GROUP BY files.id) GROUP BY n"):
    print(*row)
END
}

@test "kill -9 at any moment" {
  local kills=${CVI_KILLS:-50} seed=${CVI_KILL_SEED:-7} token begin took i moment
  # Small, so that many ends of files fall into a scan.
  "$CVI_MAKE_CLIPS" "$BATS_TEST_TMPDIR" ""
  for i in {1..40}; do
    cp none.avi "$videos/$i.avi"
  done
  # The first also looks at every plugin.
  "$CVI_GST" scan --no-db -m deep "$videos" >out
  begin=$(now_ms)
  "$CVI_GST" scan --no-db -j 2 -m deep "$videos" >out
  took=$(($(now_ms) - begin))
  RANDOM=$seed
  for ((moment = 0; moment < kills; moment++)); do
    rm -f store.db*
    token=cvi-kill-$$-$moment-$RANDOM
    run_and_kill "$token" $((RANDOM % (took + 1))) $((RANDOM % 3))
    CVI_TEST_TOKEN=$token cvi scan -j 2 -m deep --db store.db "$videos"
    echo "moment $moment, $took ms: status $status, $output, $stderr"
    [ "$status" -eq 0 ]
    wait_for none_has "$token"
    run count_results
    echo "$output"
    [ "$output" = $'ok\n1 40 healthy healthy' ]
  done
}
