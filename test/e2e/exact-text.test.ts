// Bytes that are not UTF-8: a program is never told something else than what was written. What cannot be passed on unchanged is
// refused in a sentence; what is data goes through as it is.

import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { daemonProgram } from '../support/daemon/daemon-harness.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { waitFor } from '../support/wait.ts'

/** In a line of shell: `café` in Latin-1. */
const CAFE = '"$(printf \'caf\\351\')"'

describe('what is not UTF-8 is refused, and nothing is started', () => {
  for (const [what, words, sentence] of [
    ['an argument', `ndctl start cat a ${CAFE}`, /cannot pass "caf\\xe9": argument 4 is not UTF-8, /],
    ['the program', `ndctl start ./${CAFE}`, /cannot pass "\.\/caf\\xe9": argument 2 is not UTF-8, /],
    ['its directory', `ndctl start -C /tmp/${CAFE} pwd`, /cannot pass "\/tmp\/caf\\xe9": argument 3 is not UTF-8, /],
    ['a variable', `ndctl start -e A=${CAFE} env`, /cannot pass "A=caf\\xe9": argument 3 is not UTF-8, /],
    ['a label', `ndctl start -l a=${CAFE} true`, /argument 3 is not UTF-8, /],
    ['a name', `ndctl start --name ${CAFE} true`, /argument 3 is not UTF-8, /],
    ['text to send', `ndctl send x ${CAFE}`, /argument 3 is not UTF-8, /],
    ['a variable of ours', `A=${CAFE} ndctl start -e A env`, /--env A: its value is not UTF-8, /],
    ['where the daemon is', `NETDAEMON_SOCKET=/tmp/${CAFE}/s ndctl list`, /the value of NETDAEMON_SOCKET is not UTF-8/],
    [
      'our directory',
      `mkdir ${CAFE} && cd ${CAFE} && ndctl start pwd`,
      /the path of the current directory is not UTF-8/,
    ],
  ] as const) {
    it(what, async (t) => {
      const rig = await CliRig.withDaemon(t)
      const { stderr, stdout, exitCode } = await rig.shell(`cd ${rig.directory}; ${words}`)
      match(stderr, sentence)
      deepEqual([stdout, exitCode], ['', 125])
      deepEqual(await rig.list(), [])
    })
  }
})

it('the sign that stands for such bytes may itself be passed on', async (t) => {
  const rig = await CliRig.withDaemon(t)
  equal((await rig.run('start', '-e', 'A=\ufffd', 'sh', '-c', 'echo "$1$A"', 'x', 'é\ufffd')).stdout, 'é\ufffd\ufffd\n')
})

it('a variable of the daemon is not inherited changed', async (t) => {
  const started = new CliRig(t)
  const { stdout } = await started.shell(`cd ${started.directory}; BAD=${CAFE} GOOD=é ndctl start -q env`)
  match(stdout, /^GOOD=é$/m)
  doesNotMatch(stdout, /BAD/)
})

it('a daemon says which variable of its own is not inherited', async (t) => {
  const rig = new CliRig(t)
  const log = join(rig.directory, 'log')
  const words = `${process.execPath} ${daemonProgram} --socket ${rig.socket} --log-file ${log}`
  const daemon = spawn('sh', ['-c', `BAD=${CAFE} exec ${words}`], {
    stdio: 'ignore',
    env: { ...process.env, ...rig.env },
  })
  const over = once(daemon, 'exit')
  await waitFor('its log', () => readLog(log).includes('\n'))
  await rig.stopDaemon()
  await over
  match(readLog(log), /processes do not inherit BAD: not UTF-8/)
})

it('input and output go through as they are', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  mkdirSync(join(rig.directory, 'd'))
  writeFileSync(join(rig.directory, 'd/in'), bytes)
  await rig.start('x', ['sh', '-c', `cat >${rig.directory}/d/out`])
  await rig.shell(`cd ${rig.directory}/d; ndctl start cat <in >through; ndctl attach -q --from now --eof x <in`)
  deepEqual(readFileSync(join(rig.directory, 'd/through')), bytes)
  deepEqual(readFileSync(join(rig.directory, 'd/out')), bytes)
})

it('nothing of foreign text steers the terminal in JSON, in lists and in what completes', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('x', ['sh', '-c', 'exit 0', '\x9b31m', '\x1b[1m', '\x7f'], { labels: { a: '\x85b' } })
  await rig.ended('x')
  for (const words of [
    'list --json',
    'list',
    'show x --json',
    'show x',
    'list --label a=\x85b --json',
    '__candidates process',
    '__candidates label',
  ]) {
    const { stdout } = await rig.run(...words.split(' '))
    doesNotMatch(stdout.replaceAll('\n', '').replaceAll('\t', ''), /\p{Cc}/u, words)
    if (words === 'list' || words === 'show x') match(stdout, /\\u009b31m[\s\S]*\\u001b\[1m/, words)
  }
})

function readLog(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not there yet.
    return ''
  }
}
