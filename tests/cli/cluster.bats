#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# Plan, shards, journals and merge, without an engine.

bats_require_minimum_version 1.5.0
load helpers

# plan_files N [OPTION...]: N files and some that are not healthy, planned.
plan_files() {
  use_fake_worker
  local i n=$1
  shift
  for ((i = 0; i < n; i++)); do
    echo "$i" >"$videos/$i.mp4"
  done
  files corrupt.mp4 gap.mp4
  "$CVI_GST" plan --run run "$@" "$videos"
}

n_shards() {
  jq .shards run/plan.json
}

run_all_shards() {
  local i
  for ((i = 0; i < $(n_shards); i++)); do
    JOB_COMPLETION_INDEX=$i "$CVI_GST" shard run -j 2 || return
  done
}

# What a scan or a run has found, in one line.
digest() {
  "$CVI_GST" report --db "$1" --format jsonl |
    jq -c '[.path, .size, .mtime_ns, .verdict]' | sort | md5sum
}

@test "a run of all shards finds what a scan finds" {
  plan_files 50 --shard-size 1
  [ "$(n_shards)" -ge 10 ]
  cvi status run
  [ "$status" -eq 3 ]
  [[ $output == "0 of 52 files done, 52 missing"* ]]

  run_all_shards
  cvi status run
  [ "$status" -eq 0 ]
  [[ $output == "52 of 52 files done, 0 missing"* ]]
  [[ $output == *$'\n1 corrupt'* ]]
  cvi merge run --db merged.db
  [ "$status" -eq 0 ]
  [ "$output" = "52 of 52 files merged" ]
  "$CVI_GST" scan --db scanned.db "$videos" >/dev/null || true
  [ "$(digest merged.db)" = "$(digest scanned.db)" ]
  [ "$(n_checked)" -eq 104 ]
}

@test "merging twice changes nothing, and keeps what was found since" {
  plan_files 3
  run_all_shards
  "$CVI_GST" merge run --db db
  before=$(digest db)
  sleep 0.01
  echo longer >"$videos/corrupt.mp4"
  mv "$videos/corrupt.mp4" "$videos/1.mp4"
  "$CVI_GST" scan --db db "$videos" >/dev/null || true
  later=$(digest db)
  [ "$before" != "$later" ]
  cvi merge run --db db
  [ "$status" -eq 0 ]
  [ "$(digest db)" = "$later" ]
}

@test "a shard that is done does nothing" {
  plan_files 5
  run_all_shards
  n=$(n_checked)
  [ "$(ls run/journal | wc -l)" -eq "$(n_shards)" ]
  run_all_shards
  [ "$(n_checked)" -eq "$n" ]
  [ "$(ls run/journal | wc -l)" -eq "$(n_shards)" ]
}

@test "the last line of a journal is torn: its file is checked again" {
  plan_files 5 --shard-size 1000
  run_all_shards
  n=$(n_checked)
  journal=$(echo run/journal/*)
  # The line that tells the end goes, and a bit of the last result.
  last=$(grep -n '"result"' "$journal" | tail -n 1 | cut -d: -f1)
  head -n "$last" "$journal" >cut
  truncate -s -20 cut
  cat cut >"$journal"
  cvi status run
  [ "$status" -eq 3 ]
  [[ $output == "6 of 7 files done, 1 missing"* ]]
  run_all_shards
  [ "$(n_checked)" -eq $((n + 1)) ]
  cvi merge run --db db
  [ "$status" -eq 0 ]
  [ "$("$CVI_GST" report --db db --format jsonl | wc -l)" -eq 7 ]
}

@test "a damaged row is no result" {
  plan_files 1 --shard-size 1000
  run_all_shards
  sed -i '0,/"data":"..../s//"data":"AAAA/' run/journal/*
  cvi status run
  [ "$status" -eq 3 ]
  [[ $output == *"1 damaged rows"* ]]
}

@test "a shard that is stopped releases its files, and goes on later" {
  plan_files 30 --shard-size 1000
  hold 5
  "$CVI_GST" shard run --index 0 -j 2 2>err 3>&- &
  pid=$!
  wait_for has_checked 6
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 143 ]
  grep -q '{"released":' run/journal/*
  grep -q '{"end":"stopped"}' run/journal/*
  release
  run_all_shards
  cvi status run
  [ "$status" -eq 0 ]
  [[ $output != *"more than once"* ]]
}

@test "a killed attempt is continued; a file that kills twice is given up" {
  plan_files 6 --shard-size 1000
  files zz-hang.mp4
  rm -r run
  "$CVI_GST" plan --run run --shard-size 1000 "$videos"
  for i in 1 2; do
    "$CVI_GST" shard run --index 0 -j 1 --stall-timeout 0 2>/dev/null 3>&- &
    pid=$!
    begun() {
      [ "$(cat run/journal/* | tail -n 1 | grep -c '"begin"')" -eq 1 ] &&
        grep -q zz-hang "$CVI_FAKE_LOG"
    }
    wait_for begun
    kill -KILL "$pid"
    wait "$pid" || true
    : >"$CVI_FAKE_LOG"
  done
  cvi shard run --index 0
  [ "$status" -eq 0 ]
  [[ $stderr == *"1 given up"* ]]
  cvi merge run --db db
  [ "$status" -eq 0 ]
  verdict=$("$CVI_GST" report --db db --format jsonl |
    jq -r 'select(.path | endswith("hang.mp4")).verdict')
  [ "$verdict" = incomplete ]
}

@test "what the storage does not give stays missing" {
  plan_files 3 --shard-size 1000
  files more-unreadable.mp4
  rm -r run
  "$CVI_GST" plan --run run "$videos"
  rm "$videos/1.mp4"
  cvi shard run --index 0
  [ "$status" -eq 75 ]
  cvi status run --format json
  [ "$status" -eq 3 ]
  [ "$(jq .missing <<<"$output")" -eq 2 ]
  [ "$(jq .failed <<<"$output")" -eq 2 ]
  cvi merge run --db db
  [ "$status" -eq 3 ]
  [ "$("$CVI_GST" report --db db --format jsonl | wc -l)" -eq 4 ]
}

@test "attempts that differ are told, and the worst counts" {
  plan_files 2 --shard-size 1000
  run_all_shards
  mkdir other
  cp run/plan.json run/manifest run/shards.idx other
  mkdir other/journal
  mv "$videos/0.mp4" aside
  # Another machine finds the same file corrupt.
  "$CVI_GST" shard other --index 0 2>/dev/null || true
  cp run/journal/*.jsonl second.jsonl
  data() {
    sed -n 's/.*"data":"\([^"]*\)".*/\1/p'
  }
  n=$(grep -c '"result"' second.jsonl)
  [ "$n" -eq 4 ]
  cvi status run
  [ "$status" -eq 0 ]
  # The rows of the corrupt file, said of it by a second attempt to be healthy.
  number=$(grep '"verdict":"corrupt"' second.jsonl |
    sed 's/{"result":\([0-9]*\).*/\1/')
  row=$(grep '"verdict":"healthy"' second.jsonl | head -n 1 |
    sed "s/{\"result\":[0-9]*/{\"result\":$number/")
  {
    head -n 1 second.jsonl
    echo "$row"
  } >run/journal/shard-000000.other.jsonl
  cvi status run
  [[ $output == *"1 with different verdicts"* ]]
  [[ $output == *"1 checked more than once"* ]]
  cvi merge run --db db
  [ "$status" -eq 0 ]
  record=$("$CVI_GST" report --db db --format jsonl | grep corrupt.mp4)
  [ "$(jq -r .verdict <<<"$record")" = corrupt ]
  [[ $record == *process::disagreed* ]]
}

@test "attempts that come to differ after a merge are told by the next" {
  plan_files 1 --shard-size 1000
  run_all_shards
  cvi merge run --db db
  [ "$status" -eq 0 ]
  journal=(run/journal/*.jsonl)
  number=$(grep '"verdict":"corrupt"' "${journal[0]}" |
    sed 's/{"result":\([0-9]*\).*/\1/')
  row=$(grep '"verdict":"healthy"' "${journal[0]}" | head -n 1 |
    sed "s/{\"result\":[0-9]*/{\"result\":$number/")
  {
    head -n 1 "${journal[0]}"
    echo "$row"
  } >run/journal/shard-000000.other.jsonl
  for _ in 1 2; do
    cvi merge run --db db
    [[ $output == *"1 with different verdicts"* ]]
    record=$("$CVI_GST" report --db db --format jsonl | grep corrupt.mp4)
    [ "$(jq -r .verdict <<<"$record")" = corrupt ]
    [ "$(grep -o process::disagreed <<<"$record" | wc -l)" -eq 1 ]
  done
}

@test "other versions are refused unless they are allowed" {
  plan_files 2
  run_all_shards
  first=$(find run/journal -name '*.jsonl' | head -n 1)
  head -n 1 "$first" | sed 's/"tool":"[^"]*"/"tool":"9.9.9"/' \
    >run/journal/shard-000000.newer.jsonl
  cvi merge run --db db
  [ "$status" -eq 2 ]
  [[ $stderr == *"different versions"*9.9.9* ]]
  cvi merge run --db db --allow-mixed
  [ "$status" -eq 0 ]
}

@test "a plan that was changed under a run is refused" {
  plan_files 4
  cp -r run kept
  printf x >>run/manifest
  run_all_shards
  sed -i 's/0\.mp4/9.mp4/' run/manifest
  rm run/journal/*
  cvi shard run --index 0
  [ "$status" -eq 2 ]
  [[ $stderr == *"not what was planned"* ]]

  rm -r run
  cp -r kept run
  echo >>run/shards.idx
  cvi status run
  [ "$status" -eq 2 ]
  [[ $stderr == *"not what was planned"* ]]

  # Planned anew in the same folder, with journals of the plan before.
  rm -r run
  cp -r kept run
  run_all_shards
  rm run/plan.json
  "$CVI_GST" plan --run run "$videos"
  cvi merge run --db db
  [ "$status" -eq 2 ]
  [[ $stderr == *"another plan"* ]]
}

@test "a run is planned once; a shard beyond the plan is an error" {
  plan_files 2
  cvi plan --run run "$videos"
  [ "$status" -eq 2 ]
  [[ $stderr == *"there already"* ]]
  cvi shard run --index 77
  [ "$status" -eq 2 ]
  [[ $stderr == *"there is no shard 77"* ]]
  cvi shard run
  [ "$status" -eq 2 ]
  [[ $stderr == *"--index"* ]]
  cvi status nowhere
  [ "$status" -eq 2 ]
  [[ $stderr == *"no plan"* ]]
}

@test "each engine's variable names the shard" {
  plan_files 16 --shard-size 1
  wanted=0
  for variable in SLURM_ARRAY_TASK_ID=0 PBS_ARRAY_INDEX=1 LSB_JOBINDEX=3 \
    SGE_TASK_ID=4 PARALLEL_SEQ=5 AWS_BATCH_JOB_ARRAY_INDEX=5; do
    run --separate-stderr env "$variable" "$CVI_GST" shard run
    [ "$status" -eq 0 ]
    [[ $stderr == *"shard $wanted:"* ]]
    wanted=$((wanted + 1))
  done
  cvi status run
  [ "$status" -eq 0 ]
  run --separate-stderr env SLURM_ARRAY_TASK_ID=x "$CVI_GST" shard run
  [ "$status" -eq 2 ]
  [[ $stderr == *SLURM_ARRAY_TASK_ID* ]]
  run --separate-stderr env SGE_TASK_ID=undefined "$CVI_GST" shard run
  [ "$status" -eq 2 ]
}

@test "names of any bytes are planned, checked and merged" {
  use_fake_worker
  odd=$videos/$'new\nline "quote"\377.mp4'
  echo x >"$odd"
  "$CVI_GST" plan --run run "$videos"
  run_all_shards
  cvi merge run --db db
  [ "$status" -eq 0 ]
  record=$("$CVI_GST" report --db db --format jsonl)
  [ "$(jq -r .path_bytes <<<"$record" | base64 -d)" = "$odd" ]
}

@test "files with a result that holds are not planned again" {
  plan_files 4
  run_all_shards
  "$CVI_GST" merge run --db db
  echo new >"$videos/new.mp4"
  cvi plan --run second --db db "$videos"
  [ "$status" -eq 0 ]
  [ "$(jq .files second/plan.json)" -eq 1 ]
  "$CVI_GST" plan --run third --db db --rescan "$videos"
  [ "$(jq .files third/plan.json)" -eq 7 ]
}

@test "shards are even in bytes, and giants are alone" {
  use_fake_worker
  truncate -s 900M "$videos/giant.mp4"
  for i in {1..40}; do
    truncate -s 30M "$videos/$i.mp4"
  done
  "$CVI_GST" plan --run run --shard-size 320 "$videos"
  # Offset, length, first, files, bytes of each shard.
  giants=0
  while read -r _ _ _ n bytes _; do
    if [ "$bytes" -gt 900000000 ]; then
      [ "$n" -eq 1 ]
      giants=$((giants + 1))
    else
      [ "$bytes" -le $((320 << 20)) ]
    fi
  done <run/shards.idx
  [ "$giants" -eq 1 ]
  "$CVI_GST" plan --run few --shard-size 1 --max-shards 3 "$videos"
  [ "$(jq .shards few/plan.json)" -le 3 ]
}

@test "what a large run would take can be simulated" {
  cvi plan --simulate 1000 --files 100000
  [ "$status" -eq 0 ]
  [[ $output == *"shards "* ]]
  [[ $output == *"run time "* ]]
}
