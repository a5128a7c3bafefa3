#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs on Slurm, with nodes and controllers that are lost.

bats_require_minimum_version 1.5.0
load ../cli/helpers
load slurm

setup_file() {
  if [ "$(id -u)" -ne 0 ]; then
    skip "Slurm's nodes need root"
  fi
  start_slurm
}

teardown_file() {
  if [ -n "${slurm-}" ]; then
    stop_slurm
  fi
}

teardown() {
  scancel --user=root 2>/dev/null || true
}

# make_run FILES [SHARD_SIZE [HELD]]: a library that is planned. The worker
# stops at file HELD of each shard, until open_gate, if close_gate was called.
make_run() {
  use_fake_worker
  local i name
  for ((i = 0; i < $1; i++)); do
    name=$(printf %03u "$i")
    if [ $((i % ${2:-1})) -eq "${3:--1}" ]; then
      name+=-held
    fi
    echo "$i" >"$videos/$name.mp4"
  done
  files corrupt.mp4 gap.mp4
  "$CVI_GST" plan --run run --shard-size "${2:-1}" "$videos"
  "$CVI_GST" scan --db scanned.db "$videos" >/dev/null || true
  : >"$CVI_FAKE_LOG"
}

close_gate() {
  export CVI_FAKE_GATE=$BATS_TEST_TMPDIR/gate
}

open_gate() {
  touch "$CVI_FAKE_GATE"
}

digest() {
  "$CVI_GST" report --db "$1" --format jsonl |
    jq -c '[.path, .size, .mtime_ns, .verdict]' | sort | md5sum
}

is_done() {
  "$CVI_GST" status run >/dev/null
}

# The merged store has every file once, and what a scan of one machine finds.
check_merged() {
  cvi merge run --db merged.db
  [ "$status" -eq 0 ]
  [ "$(digest merged.db)" = "$(digest scanned.db)" ]
}

# is_done_soon JOB
is_done_soon() {
  hurry "$1"
  is_done
}

@test "a run on two nodes finds what one machine finds" {
  make_run 30
  job=$("$CVI_GST" submit run --engine slurm)
  [[ $job =~ ^[0-9]+$ ]]
  wait_for is_done
  check_merged
  # Both had work.
  [ "$(grep -o 'NodeList=node[12]' "$slurm/jobs.txt" | sort -u | wc -l)" -eq 2 ]
  cvi submit run --engine slurm --missing
  [ "$status" -eq 0 ]
  [[ $stderr == *"nothing is left to do"* ]]
}

@test "one command plans, waits, stores and reports" {
  use_fake_worker
  files a.mp4 b.mp4 corrupt.mp4
  cvi scan --engine slurm --run run --wait --db db --format jsonl "$videos" \
    -- --comment=test
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 3 ]
  [ "$("$CVI_GST" report --db db --format jsonl | wc -l)" -eq 3 ]
}

@test "a node is lost: each file is in the store once" {
  make_run 30 3 1
  close_gate
  job=$("$CVI_GST" submit run --engine slurm)
  wait_for has_rows node2 1
  lost=$shard
  # shellcheck disable=SC2046
  send KILL "$(cat "$slurm/slurmd-node2.pid")" $(steps_of node2) $(work_of node2)
  scontrol update NodeName=node2 State=DOWN Reason=test
  open_gate
  wait_for is_done_soon "$job"
  check_merged
  # The lost shard was begun twice.
  [ "$(ls run/journal/shard-"$(printf %06u "$lost")".* | wc -l)" -ge 2 ]
  start_node node2
  scontrol update NodeName=node2 State=RESUME 2>/dev/null || true
  wait_for nodes_are_idle
}

@test "a frozen attempt goes on beside its second one" {
  make_run 8 1000 2
  close_gate
  job=$("$CVI_GST" submit run --engine slurm)
  wait_for eval 'has_rows node1 1 || has_rows node2 1'
  node=node1
  [ -n "$(shard_on node1)" ] || node=node2
  frozen=$(work_of "$node")
  [ -n "$frozen" ]
  # shellcheck disable=SC2086
  kill -STOP $frozen
  open_gate
  # The second attempt, as Slurm starts it where it believes the node lost.
  "$CVI_GST" shard run --index 0 -j 1 2>/dev/null 3>&-
  # shellcheck disable=SC2086
  send CONT $frozen
  wait_for eval '[ "$(grep -l "\"end\"" run/journal/* | wc -l)" -eq 2 ]'
  cvi status run
  [ "$status" -eq 0 ]
  [[ $output == *"checked more than once"* ]]
  [[ $output != *"different verdicts"* ]]
  check_merged
}

@test "the controller is killed and comes back" {
  make_run 20
  export CVI_FAKE_DELAY_MS=400
  job=$("$CVI_GST" submit run --engine slurm)
  touch submitted
  # It writes its jobs down some seconds later.
  wait_for [ "$slurm/ctld/job_state" -nt submitted ]
  pkill -KILL -f "slurmctld -f $SLURM_CONF" || true
  pkill -KILL -P "$(cat "$slurm/ctld.pid")" 2>/dev/null || true
  kill -KILL "$(cat "$slurm/ctld.pid")" 2>/dev/null || true
  wait_for eval '! pgrep -f "slurmctld -f $SLURM_CONF" >/dev/null'
  start_controller
  wait_for is_done_soon "$job"
  check_merged
}

@test "a plan with more shards than an array may have is refused" {
  make_run 10
  sed -i 's/^MaxArraySize=.*/MaxArraySize=2/' "$SLURM_CONF"
  wait_for scontrol reconfigure
  small() {
    scontrol show config | grep -q 'MaxArraySize *= 2$'
  }
  wait_for small
  cvi submit run --engine slurm
  [ "$status" -eq 2 ]
  [[ $stderr == *"--max-shards 2"* ]]
}
