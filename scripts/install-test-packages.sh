#!/usr/bin/env bash
# Installs the programs that the tests start and a bare machine may lack. Needs root and apt-get; elsewhere it says what is
# missing and fails.
set -euo pipefail

declare -A package_of=([python3]=python3 [git]=git [ps]=procps [cc]='gcc libc6-dev' [script]=bsdutils [tmux]=tmux [vim]=vim [less]=less [top]=procps [zsh]=zsh [fish]=fish [man]=man-db [groff]=groff-base [mandoc]=mandoc)
declare -A optional=([cc]='bench/ skips its C programs')

missing=()
for program in "${!package_of[@]}"; do
  command -v "$program" >/dev/null || missing+=("$program")
done
((${#missing[@]})) || exit 0

if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  packages=()
  for program in "${missing[@]}"; do packages+=(${package_of[$program]}); done
  echo "installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || true
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null && exit 0
fi

status=0
for program in "${missing[@]}"; do
  if [[ -n ${optional[$program]:-} ]]; then
    echo "$program is missing: ${optional[$program]}"
  else
    echo "$program is missing: install the package ${package_of[$program]}" >&2
    status=1
  fi
done
exit $status
