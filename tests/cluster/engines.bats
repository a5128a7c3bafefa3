#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# GNU parallel, and the manifest for Kubernetes.

bats_require_minimum_version 1.5.0
load ../cli/helpers

make_run() {
  use_fake_worker
  local i
  for ((i = 0; i < 12; i++)); do
    echo "$i" >"$videos/$i.mp4"
  done
  files corrupt.mp4
  "$CVI_GST" plan --run run --shard-size 1 "$videos"
}

@test "GNU parallel runs the shards in two slots" {
  make_run
  cvi submit run --engine parallel --max-running 2
  [ "$status" -eq 0 ]
  cvi status run
  [ "$status" -eq 0 ]
  [ "$(n_checked)" -eq 13 ]
  cvi merge run --db db
  [ "$status" -eq 0 ]
  cvi submit run --engine parallel --missing
  [ "$status" -eq 0 ]
  [ "$(n_checked)" -eq 13 ]
}

@test "only shards with missing files are submitted again" {
  make_run
  rm run/journal/* 2>/dev/null || true
  "$CVI_GST" shard run --index 1 2>/dev/null
  n=$(n_checked)
  cvi submit run --engine parallel --missing --max-running 1
  [ "$status" -eq 0 ]
  [ "$(n_checked)" -eq 13 ]
  [ "$n" -gt 0 ]
}

@test "scan --engine parallel does it all" {
  use_fake_worker
  files a.mp4 corrupt.mp4
  cvi scan --engine parallel --run run --wait --db db --format jsonl "$videos"
  [ "$status" -eq 1 ]
  [ "$(grep -c '"verdict"' <<<"$output")" -eq 2 ]
}

@test "an engine that is not installed is named" {
  make_run
  run --separate-stderr env "PATH=$BATS_TEST_TMPDIR" "$CVI_GST" submit run \
    --engine slurm
  [ "$status" -eq 2 ]
  [[ $stderr == *scontrol* ]]
}

@test "the Kubernetes manifest is an Indexed Job, which runs the shards" {
  make_run
  cvi submit run --engine k8s
  [ "$status" -eq 2 ]
  [[ $stderr == *--image* ]]
  cvi submit run --engine k8s --image 'reg/cvi "x":1' --pvc media \
    --run-pvc runs --max-running 3
  [ "$status" -eq 0 ]
  echo "$output" >job.yaml
  python3 "$CVI_SOURCE/tests/cluster/check-job.py" job.yaml >job.json
  [ "$(jq .spec.completions job.json)" = "$(jq .shards run/plan.json)" ]
  [ "$(jq .spec.parallelism job.json)" -eq 3 ]
  command=$(jq -r '.spec.template.spec.containers[0].command[1:] | @sh' job.json)
  for ((i = 0; i < $(jq .spec.completions job.json); i++)); do
    JOB_COMPLETION_INDEX=$i eval "\"$CVI_GST\" $command" 2>/dev/null
  done
  cvi status run
  [ "$status" -eq 0 ]
}
