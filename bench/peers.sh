#!/usr/bin/env bash
# Installs the supervisors that bench/ compares with: supervisord, dtach, tmux, runit and s6 from Debian (as root), and PM2
# from npm into a directory of its own: $NETDAEMON_PEERS, or ~/.cache/netdaemon-peers. Without them the benchmarks say so.
set -euo pipefail

directory=${NETDAEMON_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/netdaemon-peers}

declare -A package_of=([supervisord]=supervisor [dtach]=dtach [tmux]=tmux [runsv]=runit [s6-supervise]=s6)
missing=()
for program in "${!package_of[@]}"; do
  command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
if ((${#missing[@]})); then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || true
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "install these packages: ${missing[*]}" >&2
  fi
fi

if [[ ! -d $directory/node_modules/pm2 ]]; then
  mkdir -p "$directory"
  cd "$directory"
  [[ -f package.json ]] || echo '{"private":true}' >package.json
  npm install --ignore-scripts --no-audit --no-fund --silent pm2
fi
