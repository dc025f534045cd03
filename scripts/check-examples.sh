#!/usr/bin/env bash
# Compiles and runs the documented examples against the package that check-package.sh has installed: as the JavaScript that
# the package brings, as TypeScript for each target that the documents name, and as CommonJS, with each Node given.
# Usage: check-examples.sh DIRECTORY NODE…
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
cd "$1"
shift
package=node_modules/netdaemon
tsc="$repository/node_modules/.bin/tsc"
export NETDAEMON_SOCKET=$PWD/examples.sock

mkdir -p typescript logs
cp "$package"/examples/*.ts typescript/
cat >typescript/using.ts <<'TS'
// What the documents say of `await using`: TypeScript compiles it away for Node 20.
import { connect } from 'netdaemon'

await using client = await connect()
console.log((await client.list()).length >= 0)
TS
cat >typescript/required.cts <<'TS'
// A CommonJS module in TypeScript.
import { connect, type ProcessSummary } from 'netdaemon'

async function main(): Promise<ProcessSummary[]> {
  const client = await connect()
  try {
    return await client.list()
  } finally {
    await client.close()
  }
}
main().then((list) => console.log(Array.isArray(list)))
TS
for target in es2022 es2023 es2024; do
  "$tsc" --target "$target" --module nodenext --strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --types node \
    --skipLibCheck --rootDir typescript --outDir "$target" typescript/*.ts typescript/*.cts
done
{
  echo "const { connect } = require('netdaemon/client')"
  echo ';(async () => {'
  grep -v '^import ' "$package/dist/examples/first-steps.js"
  echo '})()'
} >first-steps.cjs

expect() { # TEXT COMMAND…: the command succeeds and prints the text
  local text=$1 said
  shift
  if ! said=$("$@" 2>&1) || [[ $said != *"$text"* ]]; then
    printf 'expected "%s" of: %s\nbut it printed:\n%s\n' "$text" "$*" "$said" >&2
    exit 1
  fi
}

stop_daemon() { ./node_modules/.bin/ndctl daemon stop -q || true; }
trap stop_daemon EXIT
for node in "$@"; do
  version=$("$node" --version)
  "$node" "$package/dist/bin/ndctl.cjs" daemon start -q
  for code in "$package/dist/examples" es2022 es2023 es2024; do
    name=${code##*/}-$version
    expect 'from byte 0: hello, world' "$node" "$code/first-steps.js"
    expect '30 100' "$node" "$code/terminal.js"
    expect "\"$name\" has ended" "$node" "$code/control-service.js" "$name" logs /bin/echo logged
    expect logged cat logs/"$name"-*.log
    expect "\"$name\" is done" "$node" "$code/keep-running.js" "$name" /bin/true
    "$node" "$package/dist/bin/ndctl.cjs" start -q -d --name "polite-$name" -- sh -c 'read word; exit 0' >/dev/null
    expect "\"polite-$name\" has ended by itself" "$node" "$code/stop-server.js" "polite-$name"
  done
  for target in es2022 es2023 es2024; do
    expect true "$node" "$target/using.js"
    expect true "$node" "$target/required.cjs"
  done
  expect 'from byte 0: hello, world' "$node" first-steps.cjs
  stop_daemon
  echo "examples: JavaScript, TypeScript and CommonJS, good on Node $version"
done
