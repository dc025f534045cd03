#!/usr/bin/env bash
# The tests where everything takes longer: nothing that they assert may depend on speed. Run it after a build.
#
#   npm run test:slow -- [PATTERN…]             at a fifth of the processors, by a cgroup; as root
#   npm run test:slow -- --load 20 [PATTERN…]   beside 20 programs that never rest
set -euo pipefail
cd "$(dirname "$0")/.."

load=0
if [[ ${1:-} == --load ]]; then
  load=$2
  shift 2
fi

if ((load > 0)); then
  loops=()
  trap 'kill "${loops[@]}"' EXIT
  for ((n = 0; n < load; n++)); do
    while :; do :; done &
    loops+=($!)
  done
else
  period=100000
  quota=$((period * $(nproc) / 5))
  # Version 1 has a tree for each kind of resource, version 2 one for all.
  root=/sys/fs/cgroup
  [[ ! -e $root/cpu/cpu.cfs_quota_us ]] || root=$root/cpu
  group=$root/netdaemon-slow-$$
  mkdir "$group"
  trap 'echo $$ >"$root/cgroup.procs"; rmdir "$group"' EXIT
  if [[ -e $group/cpu.cfs_quota_us ]]; then
    echo "$period" >"$group/cpu.cfs_period_us"
    echo "$quota" >"$group/cpu.cfs_quota_us"
  else
    echo +cpu >"$root/cgroup.subtree_control"
    echo "$quota $period" >"$group/cpu.max"
  fi
  echo $$ >"$group/cgroup.procs"
fi
node dist/test/run.js "$@"
