#!/usr/bin/env bash
# Packs the package, installs the tarball in an empty project without running scripts, and uses it there as a stranger
# would: both programs, all exports at run time, and their types in a strict program. Only what runs may come with it.
# Usage: check-package.sh DIRECTORY
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
cd "$1"

# The build is there already; what else would run is an install script, which must not be needed.
tarball=$(cd "$repository" && npm pack --ignore-scripts --silent --pack-destination "$OLDPWD")
contents=$(tar -tf "$tarball")
wanted='^package/((package\.json|README\.md|LICENSE|CHANGELOG\.md)$|dist/(bin|client-lib|completions|proto)/|dist/examples/[^/]*\.js$|docs/|examples/)'
if grep -vE "$wanted" <<<"$contents" || grep -E '\.map$|/__pycache__/|\.tsbuildinfo$' <<<"$contents"; then
  echo 'the tarball holds what nobody needs: see above' >&2
  exit 1
fi
for needed in docs/{guide,protocol}.md docs/screens/ui.svg docs/man/{ndctl.1,netdaemon.8,netdaemon-protocol.7} \
  dist/completions/{ndctl.bash,_ndctl,ndctl.fish} dist/bin/THIRD-PARTY-NOTICES.txt examples/python/netdaemon_client.py \
  dist/examples/{first-steps,control-service,keep-running,stop-server,terminal}.js; do
  if ! grep -qFx "package/$needed" <<<"$contents"; then
    echo "the tarball lacks $needed" >&2
    exit 1
  fi
done

cat >package.json <<'JSON'
{ "name": "stranger", "private": true, "type": "module" }
JSON
npm install --ignore-scripts --silent "./$tarball"

# What is bundled is not installed again. Beside the package itself: four, and the native parts for this machine, which
# npm chooses by their names.
installed=$(npm ls --all --parseable | sed -n 's,^.*/node_modules/,,p' | grep -vE '^(@koromix/koffi|node-unix-socket)-linux-' | sort)
expected=$(printf '%s\n' @msgpack/msgpack koffi netdaemon node-unix-socket valibot)
if [[ $installed != "$expected" ]]; then
  printf 'the package brings others than what runs:\n%s\n' "$installed" >&2
  exit 1
fi
# So each of the programs' files finds all it imports here, and what it holds of others is named with its licence.
for file in ui.mjs yargs.mjs xterm-headless.cjs; do
  node -e 'import(process.argv[1]).catch((error) => { console.error(error); process.exit(1) })' \
    "$PWD/node_modules/netdaemon/dist/bin/$file"
done
for package in @msgpack/msgpack @xterm/headless ink node-unix-socket react string-width valibot yargs yoga-layout; do
  if ! grep -qE "^$package [0-9.]+ \\(.+\\)$" node_modules/netdaemon/dist/bin/THIRD-PARTY-NOTICES.txt; then
    echo "the licence of $package, which is bundled, is not in the package" >&2
    exit 1
  fi
done

cat >stranger.ts <<'TS'
import { type Attachment, connect, type FinalState, NetdaemonError, type OutputItem } from 'netdaemon/client'
import { Decoder, encodeMessage, PROTOCOL_VERSION, type ProcessSummary, requests } from 'netdaemon/protocol'

export async function run(): Promise<FinalState> {
  await using client = await connect({ socket: '/tmp/none.sock', timeoutMs: 1000 })
  const attachment: Attachment = await client.startAttached({ command: 'ls', args: ['/'] })
  for await (const item of attachment.output) {
    const kind: OutputItem['kind'] = item.kind
    if (item.kind === 'data') process.stdout.write(item.bytes)
    else console.log(kind)
  }
  const listed: ProcessSummary[] = await client.list({ states: ['running'] })
  // @ts-expect-error: a state that does not exist must not compile, or the types are not there at all
  await client.list({ states: ['sleeping'] })
  console.log(listed.map(({ id }) => id))
  return await attachment.exited
}

// The package's own name is the client library's.
const same: typeof connect = (await import('netdaemon')).connect
if (same !== connect) throw new Error('netdaemon is not netdaemon/client')
const [packet] = encodeMessage(requests.HELLO.code, 1, { version: PROTOCOL_VERSION })
console.log(packet === undefined ? undefined : new Decoder().decode(packet))
try {
  await run()
} catch (error) {
  if (!(error instanceof NetdaemonError) || error.code !== 'NO_DAEMON') throw error
  console.log(error.code)
}
TS
# With the project's own compiler and @types/node. The package's declarations are checked too, those of others (in which
# TypeScript 7 finds fault with @types/node 20) are not.
mkdir -p node_modules/@types
ln -sfn "$repository/node_modules/@types/node" node_modules/@types/node
ln -sfn "$repository/node_modules/undici-types" node_modules/undici-types
"$repository/node_modules/.bin/tsc" --target ES2023 --lib ES2023,ESNext.Disposable --module NodeNext --strict \
  --exactOptionalPropertyTypes --types node --skipLibCheck false stranger.ts >types.out || true
if grep -E '^(stranger|node_modules/netdaemon)' types.out; then exit 1; fi
node stranger.js | tee stranger.out
grep -q NO_DAEMON stranger.out

./node_modules/.bin/ndctl --version
for shell in bash zsh fish; do
  [[ -n $(./node_modules/.bin/ndctl completion "$shell") ]]
done
./node_modules/.bin/netdaemon --version
# A daemon, a process with a terminal and its screen, without any package that was used for the build.
export NETDAEMON_SOCKET=$PWD/s
trap './node_modules/.bin/ndctl daemon stop -q' EXIT
./node_modules/.bin/ndctl start -qdt --name shown sh -c 'echo shown; exec sleep 1000'
node --input-type=module -e '
  import { connect } from "netdaemon"
  const client = await connect()
  let screen = ""
  while (!screen.includes("shown")) {
    const attachment = await client.attach("shown", { from: "screen" })
    screen = attachment.stream.screen
    await attachment.detach()
  }
  await client.close()'
echo "$tarball: $(grep -c . <<<"$contents") files, good"
