# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# A Slurm cluster of one controller and two nodes with a CPU each, all on this
# machine, without systemd. Needs root.

# start_slurm: sets $slurm, its folder, and SLURM_CONF.
start_slurm() {
  slurm=$(mktemp -d /tmp/cvi-slurm.XXXXXX)
  chmod 755 "$slurm"
  export slurm SLURM_CONF=$slurm/slurm.conf
  mkdir "$slurm"/{munge,ctld,spool-node1,spool-node2}
  touch "$slurm/jobs.txt" "$slurm/ctld.log"
  chown slurm:slurm "$slurm"/{ctld,jobs.txt,ctld.log}
  start_munge
  write_slurm_conf
  start_controller
  start_node node1
  start_node node2
  wait_for nodes_are_idle
}

start_munge() {
  head -c 128 /dev/urandom >"$slurm/munge/key"
  chown -R munge:munge "$slurm/munge"
  chmod 700 "$slurm/munge/key"
  chmod 755 "$slurm/munge"
  setpriv --reuid=munge --regid=munge --clear-groups /usr/sbin/munged \
    --socket="$slurm/munge/socket" --key-file="$slurm/munge/key" \
    --pid-file="$slurm/munge/pid" --log-file="$slurm/munge/log" \
    --seed-file="$slurm/munge/seed" 3>&- >/dev/null
}

# free_port: one that nothing listens on just now.
free_port() {
  python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

write_slurm_conf() {
  local host
  host=$(hostname -s)
  cat >"$SLURM_CONF" <<EOF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=slurm
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$slurm/munge/socket
CryptoType=crypto/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$slurm/jobs.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1,sched_interval=1,bf_continue
ReturnToService=2
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=$(free_port)
SlurmctldPidFile=$slurm/ctld.pid
SlurmctldLogFile=$slurm/ctld.log
StateSaveLocation=$slurm/ctld
SlurmdPidFile=$slurm/slurmd-%n.pid
SlurmdLogFile=$slurm/slurmd-%n.log
SlurmdSpoolDir=$slurm/spool-%n
SlurmdTimeout=10
SlurmctldTimeout=10
InactiveLimit=0
KillWait=5
MinJobAge=600
MaxArraySize=1000001
MaxJobCount=100000
JobRequeue=1
SlurmdParameters=config_overrides
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=1 RealMemory=1000 State=UNKNOWN
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=1 RealMemory=1000 State=UNKNOWN
PartitionName=scan Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
EOF
}

start_controller() {
  slurmctld -f "$SLURM_CONF" 3>&- >/dev/null 2>&1
}

start_node() {
  slurmd -f "$SLURM_CONF" -N "$1" 3>&- >/dev/null 2>&1
}

nodes_are_idle() {
  [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l)" -eq 2 ]
}

# with_variable NAME=VALUE: the processes that have that in their environment.
with_variable() {
  grep -lzsx "$1" /proc/[0-9]*/environ | cut -d/ -f3
}

# Whatever of the cluster is there: daemons, steps and what jobs run.
stop_slurm() {
  local pid
  for pid in $(with_variable "SLURM_CONF=$SLURM_CONF"); do
    case $(cat "/proc/$pid/comm" 2>/dev/null) in
      slurm* | cvi-* | slurm_script) kill -KILL "$pid" 2>/dev/null || true ;;
    esac
  done
  if pid=$(cat "$slurm/munge/pid" 2>/dev/null); then
    kill -KILL "$pid" || true
  fi
  rm -rf "$slurm"
}

# work_of NODE: the processes of the jobs that run there.
work_of() {
  with_variable "SLURMD_NODENAME=$1"
}

# steps_of NODE: what Slurm has put over them.
steps_of() {
  local pid
  for pid in $(work_of "$1"); do
    ps -o ppid= -p "$pid" | tr -d ' '
  done | sort -u | while read -r pid; do
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = slurmstepd ]; then
      echo "$pid"
    fi
  done
}

# shard_on NODE: the shard at work there; empty if none is.
shard_on() {
  squeue -h -t RUNNING -w "$1" -o %K | head -n 1
}

# send SIGNAL PID...: some may have ended by themselves.
send() {
  local signal=$1 pid
  shift
  for pid in "$@"; do
    kill "-$signal" "$pid" 2>/dev/null || true
  done
}

# hurry JOB: what waits of it is begun now. A task whose node was lost would wait
# for two minutes. Of one that the controller was launching when it was killed
# the second launch fails: it is held, its node drained.
hurry() {
  local node
  for node in $(sinfo -h -N -t drain -o %N | sort -u); do
    scontrol update "NodeName=$node" State=RESUME 2>/dev/null || true
  done
  scontrol release "$1" 2>/dev/null || true
  scontrol update "JobId=$1" StartTime=now 2>/dev/null || true
}

# has_rows NODE N: has the shard that is at work there N results? Sets $shard.
has_rows() {
  shard=$(shard_on "$1")
  [ -n "$shard" ] &&
    [ "$(cat "run/journal/shard-$(printf %06u "$shard")".* 2>/dev/null |
      grep -c '"result"')" -ge "$2" ]
}
