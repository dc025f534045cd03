// ndctl up, stop, restart and reload, and how `start` says how a process should live, against a real daemon.

import { deepEqual, equal, match } from 'node:assert/strict'
import { it } from 'node:test'
import type { ProcessSummary } from '../../client-lib/index.ts'
import { CliRig, seen } from '../support/terminal/cli-rig.ts'
import { ranOnTerminal } from '../support/terminal/script-terminal.ts'

const serve = ['sleep', '600'] as const

/** Lines of shell that say the number of the run, and have it in $n. */
const counting = ({ directory }: CliRig) =>
  `echo >> ${directory}/runs; n=$(wc -l < ${directory}/runs); n=$((n)); echo "run $n"`

it('up, restart and stop say what has become of each, and act on a plain program too', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('web', serve)
  match((await rig.run('up', 'web')).stderr, /^ndctl: "web" is running as pid \d+\n$/)
  match((await rig.run('restart', 'web')).stderr, /^ndctl: "web" is running as pid \d+ \(run 2\)\n$/)
  deepEqual(await rig.run('stop', 'web').then(({ stdout, stderr, exitCode }) => [stdout, stderr, exitCode]), [
    '',
    'ndctl: "web" is stopped; run 2 was killed by SIGTERM\n',
    0,
  ])
  equal((await rig.run('stop', '-q', 'web')).stderr, '')
  const { state, runs } = await rig.json<ProcessSummary>('up', 'web')
  deepEqual([state.kind, runs], ['running', 3])
})

it('one that fails among several does not keep the others, and the status is a failure', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('a', serve)
  await rig.start('b', ['sh', '-c', 'echo first; echo second; exit 3'], {
    start: { ready: { kind: 'after', ms: 60_000 } },
  })
  await rig.ended('b')
  await rig.start('c', serve)
  const restarted = await rig.run('restart', 'a', 'b', 'no', 'c')
  equal(restarted.exitCode, 1)
  match(restarted.stderr, /^ndctl: "b" did not come up: it exited with 3\n( {2}\| first\n {2}\| second\n)+/m)
  match(restarted.stderr, /^ndctl: there is no process "no"; /m)
  deepEqual([(await rig.show('a')).runs, (await rig.show('c')).runs], [2, 2])
})

it('patterns, labels and --all select; whoever stops or restarts wants whole ids', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('game@1', serve, { labels: { role: 'game' } })
  await rig.start('game@2', serve, { labels: { role: 'game' } })
  await rig.start('lobby', serve, { restart: { policy: 'always' } })
  const running = async () => (await rig.list()).filter(({ state }) => state.kind === 'running').map(({ id }) => id)
  for (const verb of ['stop', 'restart']) {
    const { stderr, exitCode } = await rig.run(verb, 'lob')
    deepEqual(
      [exitCode, stderr],
      [125, 'ndctl: "lob" is only the beginning of an id (lobby); give the whole id, or --prefix\n'],
    )
  }
  equal((await rig.run('stop', 'game@*')).exitCode, 0)
  deepEqual(await running(), ['lobby'])
  deepEqual(
    (await rig.json<ProcessSummary[]>('up', 'g?me@2')).map(({ id }) => id),
    ['game@2'],
  )
  equal((await rig.run('up', '-l', 'role=game')).exitCode, 0)
  deepEqual(await running(), ['game@1', 'game@2', 'lobby'])
  equal((await rig.run('stop', '--all')).exitCode, 0)
  deepEqual(await running(), [])
  deepEqual(await rig.run('stop', 'game@*').then(({ exitCode, stderr }) => [exitCode, stderr]), [
    0,
    'ndctl: no running process matches "game@*"\n',
  ])
  // Programs that have run to their end are no services.
  equal((await rig.run('up', '--all')).exitCode, 0)
  deepEqual(await running(), ['lobby'])
  equal((await rig.run('kill', '-KILL', 'lob*')).exitCode, 0)
})

it('--no-wait returns at once, --timeout with 124, and a later request supersedes', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('slow', ['sh', '-c', 'echo up; exec sleep 600'], { start: { ready: { kind: 'after', ms: 600_000 } } })
  match((await rig.run('up', '--no-wait', 'slow')).stderr, /^ndctl: "slow" is starting as pid \d+; it must be ready/)
  const late = await rig.run('up', '--timeout', '1ms', 'slow')
  deepEqual([late.exitCode, late.stderr], [124, 'ndctl: "slow" has not come up within 1 ms\n'])
  match((await rig.run('up', '--no-wait', '--timeout', '1s', 'slow')).stderr, /exclude each other/)
  const waiting = rig.spawn(['up', 'slow'])
  // Nobody knows when the daemon has its request: whatever stops after that is the later one.
  let over = false
  void waiting.then(() => {
    over = true
  })
  while (!over) await rig.run('stop', '-q', 'slow')
  const { stderr, exitCode } = await waiting
  deepEqual([exitCode, stderr], [1, 'ndctl: a later request wants "slow" to be stopped\n'])
})

it('start: --restart, --ready, --stop and --reload make its spec', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const program = 'while read line; do echo "got $line"; [ "$line" = "bye, all" ] && exec sleep 600; done'
  const flags = [
    '--restart',
    'on-failure:delay=1s,limit=3/1m,success=3,TERM',
    '--ready',
    'after:1ms',
    '--reload',
    'send:again\\n',
  ]
  const steps = ['--stop', 'send:bye, all\\n,1m', '--stop', 'INT,1m', '--stop-scope', 'group']
  await rig.run('start', '-d', '--name', 'web', ...flags, ...steps, '--', 'sh', '-c', program)
  equal((await rig.show('web')).restart, 'on-failure')
  const viewer = rig.spawn(['attach', '--from', 'start', 'web'])
  const told = await rig.run('reload', 'web')
  equal(told.stderr, 'ndctl: "web" has been told to reload\n')
  await seen(viewer, 'got again')
  const stopping = rig.spawn(['stop', 'web'])
  await seen(viewer, 'got bye, all')
  await rig.run('kill', '-INT', 'web')
  match(String((await stopping).stderr), /^ndctl: "web" is stopped; run 1 was killed by SIGINT\n$/)
  await viewer
  await rig.start('plain', serve)
  match((await rig.run('reload', 'plain')).stderr, /cannot reload "plain": its spec has no "reload"/)
  match((await rig.run('start', '-d', '--rm', '--restart', 'always', 'ls')).stderr, /^ndctl: --rm cannot go with/)
})

it('attach and start go on across runs, and end as the last one', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const program = `${counting(rig)}; read line; echo "got $line"; exit $line`
  const started = rig.spawn(
    ['start', '--name', 'web', '--restart', 'on-failure:delay=1ms', '--', 'sh', '-c', program],
    {
      stdin: 'pipe',
    },
  )
  await seen(started, 'run 1')
  const run = rig.spawn(['attach', '--until', 'run', '--from', 'start', 'web'])
  const rest = rig.spawn(['attach', '--from', 'start', 'web'])
  const removed = rig.spawn(['attach', '--until', 'removed', '--from', 'start', 'web'])
  await Promise.all([run, rest, removed].map((viewer) => seen(viewer, 'run 1')))
  started.stdin?.write('3\n')
  const first = await run
  deepEqual([first.stdout, first.exitCode], ['run 1\ngot 3\n', 3])
  await seen(started, 'run 2')
  started.stdin?.write('0\n')
  const all = 'run 1\ngot 3\nrun 2\ngot 0\n'
  for (const viewer of [started, rest]) {
    const { stdout, exitCode } = await viewer
    deepEqual([stdout, exitCode], [all, 0])
  }
  await seen(removed, all)
  await rig.run('rm', 'web')
  equal((await removed).exitCode, 0)
})

it('on a terminal, lines on stderr say where runs begin and end', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const program = `${counting(rig)}; [ $n = 2 ] || exit 3`
  const line = `ndctl start --no-stdin --name web --restart on-failure:delay=1ms sh -c '${program}'`
  const { written, exitCode } = await ranOnTerminal(rig, line)
  equal(exitCode, 0)
  match(
    written,
    /^run 1\r\nndctl: run 1 of "web" exited with 3\r\nndctl: run 2 of "web" begins \(pid \d+\)\r\nrun 2\r\nndctl: run 2 of "web" exited with 0\r\n$/,
  )
})
