// ndctl status, history, logs, wait --for and signal, against a real daemon.

import { deepEqual, equal, match } from 'node:assert/strict'
import { it } from 'node:test'
import type { ProcessSummary } from '../../client-lib/index.ts'
import { CliRig, seen } from '../support/terminal/cli-rig.ts'
import { ranOnTerminal } from '../support/terminal/script-terminal.ts'

const serve = ['sleep', '600'] as const
/** Runs three times, each with a line on both channels, and is given up. */
const crash = {
  command: ['sh', '-c', 'echo out; echo err >&2; exit 3'],
  restart: { policy: 'on-failure', delayMs: 10, limit: { starts: 2, withinMs: 600_000 } },
} as const

it('status: what is up, what is not and why, and an exit status as systemctl has it', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('web', serve)
  equal((await rig.run('status')).exitCode, 0)
  await rig.start('bad', crash.command, { restart: crash.restart })
  await rig.ended('bad')
  const { stdout, exitCode } = await rig.run('status')
  equal(exitCode, 3)
  const [title = '', web = '', bad = ''] = stdout.split('\n')
  deepEqual(title.split(/ {2,}/), ['ID', 'STATE', 'FOR', 'PID', 'RUNS', 'RESTART', 'LAST END', 'WHY NOT UP'])
  match(web, /^web +running +\S+ +\d+ +1 +- +-$/)
  match(bad, /^bad +failed +\S+ +- +3 +on-failure +exited with 3 +its policy started it 2 times/)
  const one = await rig.run('status', 'bad')
  equal(one.exitCode, 3)
  match(one.stdout, /^state +failed: its policy .*\nwanted +down\nrestart +on-failure\nruns +3$/m)
  match(one.stdout, /^last ends +run 3 exited with 3, \S+ ago, after \S+\n +run 2 exited with 3/m)
  match((await rig.run('status', 'web')).stdout, /^uses +\d process(es)?, .* of memory/m)
  equal((await rig.run('status', '-q', 'web')).exitCode, 0)
  await rig.run('rm', 'bad')
  await rig.run('stop', '-q', 'web')
  // On request: no reason to worry about the whole, and not up all the same.
  equal((await rig.run('status', '-q')).exitCode, 0)
  equal((await rig.run('status', '-q', 'web')).exitCode, 3)
})

it('history and list: runs, their ends, and how often it was started again', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('bad', crash.command, { restart: crash.restart })
  await rig.ended('bad')
  const { stdout } = await rig.run('history', 'bad')
  match(stdout, /^RUN +BEGAN +ENDED +LASTED +HOW\n( +\d +\S+ \S+ +\S+ \S+ +\S+ +exited with 3\n){3}$/)
  deepEqual(
    (await rig.json<{ run: number }[]>('history', 'bad')).map(({ run }) => run),
    [1, 2, 3],
  )
  match((await rig.run('list')).stdout, /^ID +STATE +PID +AGE +RESTARTS +OUTPUT .*\nbad +failed +- +\S+ +2 /)
  equal((await rig.run('list', '-q', '--state', 'failed')).stdout, 'bad\n')
  equal((await rig.run('list', '-q', '--state', 'ended')).stdout, 'bad\n')
})

it('logs: by run, channel, pattern and number, and of several behind their ids', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('bad', crash.command, { restart: crash.restart })
  await rig.start('n', ['sh', '-c', 'seq 12; printf "no end"; exec sleep 600'])
  await rig.ended('bad')
  await rig.until('n', 'so far', ({ output }) => output.end === 33)
  const lines = async (...words: string[]) => {
    const { stdout, stderr, exitCode } = await rig.run('logs', ...words)
    deepEqual([stderr, exitCode], ['', 0])
    return stdout.split('\n').slice(0, -1)
  }
  deepEqual((await lines('bad')).sort(), ['err', 'err', 'err', 'out', 'out', 'out'])
  deepEqual((await lines('bad', '--run', '2')).sort(), ['err', 'out'])
  deepEqual(await lines('bad', '--stderr', '-n', '2'), ['err', 'err'])
  deepEqual(await lines('n', '-n', '2'), ['12', 'no end'])
  deepEqual(await lines('n', '--grep', '^1.$'), ['10', '11', '12'])
  deepEqual(await lines('n', '-n', '0'), [])
  deepEqual((await lines('--grep', '12|err', '-n', '1')).sort(), ['bad | err', 'n   | 12'])
  match((await rig.run('logs', 'n', '--grep', '(')).stderr, /^ndctl: --grep takes a regular expression: /)
  const [first] = (await rig.run('logs', 'n', '--json')).stdout.split('\n')
  equal(first, '{"id":"n","channel":1,"offset":0,"text":"1"}')
})

it('logs -f: goes on with what comes, and ends when nothing more can', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const echo = ['sh', '-c', 'echo ready; while read line; do echo "got $line"; done']
  await rig.start('a', echo)
  await rig.start('b', echo)
  const following = rig.spawn(['logs', '-f', 'a', 'b'])
  await seen(following, 'a | ready')
  await seen(following, 'b | ready')
  await rig.run('send', 'a', 'one')
  await seen(following, 'a | got one')
  await rig.run('send', 'b', 'two')
  await seen(following, 'b | got two')
  await rig.run('stop', '-q', '--all')
  equal((await following).exitCode, 0)
})

it('logs: on a terminal, dim lines tell of the borders of runs', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('bad', ['sh', '-c', 'echo out; exit 3'], { restart: crash.restart })
  await rig.ended('bad')
  const { written } = await ranOnTerminal(rig, 'ndctl logs bad')
  const plain = written.replaceAll('\x1b[2m', '').replaceAll('\x1b[0m', '')
  match(plain, /^out\r\n-- run 1 of "bad" exited with 3 --\r\n-- run 2 of "bad" begins \(pid \d+\) --\r\nout\r\n/)
  match((await ranOnTerminal(rig, 'ndctl logs bad --run 3')).written, /^[^\n]*run 3 of "bad" begins[^\n]*\n/)
})

it('wait --for: running, ready, gone; what cannot come is a failure', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('slow', serve, { start: { ready: { kind: 'after', ms: 600_000 } } })
  equal((await rig.run('wait', '--for', 'running', 'slow')).exitCode, 0)
  const late = await rig.run('wait', '--for', 'ready', '--timeout', '1ms', 'slow')
  deepEqual([late.exitCode, /^ndctl: "slow" is not ready in time: it is starting/.test(late.stderr)], [124, true])
  const gone = rig.spawn(['wait', '--for', 'gone', 'slow'])
  await rig.run('stop', '-q', 'slow')
  equal((await gone).exitCode, 0)
  const vain = await rig.run('wait', '--for', 'ready', 'slow')
  deepEqual([vain.exitCode, /^ndctl: "slow" is not ready: it is stopped/.test(vain.stderr)], [1, true])
  equal((await rig.run('wait', '--for', 'gone', 'nobody')).exitCode, 0)
  await rig.start('quick', serve)
  deepEqual((await rig.json<ProcessSummary>('wait', '--for', 'ready', 'quick')).state.kind, 'running')
})

it('signal: the signal comes first, and may reach the whole tree', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('web', serve)
  match(
    (await rig.run('signal', 'web', 'HUP')).stderr,
    /^ndctl: the signal comes first: ndctl signal HUP web; see "ndctl signal --help"\n$/,
  )
  match((await rig.run('signal', 'HUP')).stderr, /^ndctl: missing ID/)
  deepEqual(await rig.json('signal', 'KILL', 'web', '--scope', 'tree'), { id: 'web', signal: 'SIGKILL' })
  equal((await rig.run('wait', 'web')).exitCode, 137)
  match((await rig.run('kill', '--main', '--scope', 'tree', 'web')).stderr, /--main and --scope exclude each other/)
})
