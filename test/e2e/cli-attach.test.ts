// ndctl attach: joining a console, and leaving it as it was.

import { deepEqual, equal, match } from 'node:assert/strict'
import { it } from 'node:test'
import { CliRig, seen } from '../support/terminal/cli-rig.ts'

/** Says each line it gets, and ends when told to. */
const console = [
  'sh',
  '-c',
  'echo ready; while read line; do echo "got $line"; [ "$line" = stop ] && exit 4; done; echo end',
]

it('three clients see the same bytes, and end as the process does', async (t) => {
  const rig = new CliRig(t)
  await rig.start('web', console)
  const viewers = Array.from({ length: 3 }, () => rig.spawn(['attach', '--no-stdin', '--from', 'start', 'web']))
  await Promise.all(viewers.map((viewer) => seen(viewer, 'ready')))
  await rig.run('send', 'web', 'hello', 'there')
  await rig.run('send', 'web', 'stop')
  for (const viewer of viewers) {
    const { stdout, exitCode } = await viewer
    deepEqual([stdout, exitCode], ['ready\ngot hello there\ngot stop\n', 4])
  }
})

it('mirrors death by signal', async (t) => {
  const rig = new CliRig(t)
  await rig.start('web', console)
  const viewer = rig.spawn(['attach', 'web'])
  await seen(viewer, 'ready')
  equal((await rig.run('kill', '-TERM', 'web')).exitCode, 0)
  equal((await viewer).signal, 'SIGTERM')
})

it('is left by INT; the process and its input stay', async (t) => {
  const rig = new CliRig(t)
  await rig.start('web', console)
  const viewer = rig.spawn(['attach', 'web'], { stdin: 'pipe' })
  await seen(viewer, 'ready')
  viewer.kill('SIGINT')
  const { signal, stderr } = await viewer
  deepEqual([signal, stderr], ['SIGINT', 'ndctl: detached from "web", which runs on\n'])
  equal((await rig.run('send', 'web', 'stop')).exitCode, 0)
  equal((await rig.run('wait', 'web')).exitCode, 4)
})

it('passes INT on with --sig-proxy', async (t) => {
  const rig = new CliRig(t)
  await rig.start('web', console)
  const viewer = rig.spawn(['attach', '--sig-proxy', 'web'], { stdin: 'pipe' })
  await seen(viewer, 'ready')
  viewer.kill('SIGINT')
  equal((await viewer).signal, 'SIGINT')
  equal((await rig.run('wait', 'web')).exitCode, 130)
})

it('carries our input, and its end only with --eof', async (t) => {
  const rig = new CliRig(t)
  await rig.start('web', console)
  const typing = rig.spawn(['attach', 'web'], { input: 'one\n' })
  await seen(typing, 'got one')
  await rig.run('send', 'web', 'two')
  await seen(typing, 'got two')
  const ending = await rig.runWithInput('three\n', 'attach', '--eof', '--from', 'now', 'web')
  equal(ending.stdout, 'got three\nend\n')
  equal((await typing).stdout, 'ready\ngot one\ngot two\ngot three\nend\n')
})

it('begins where it is told to', async (t) => {
  const rig = new CliRig(t)
  await rig.start('n', ['seq', '20'])
  await rig.ended('n')
  const lines = async (...args: string[]) => (await rig.run('attach', 'n', ...args)).stdout.split('\n').slice(0, -1)
  deepEqual(await lines(), ['11', '12', '13', '14', '15', '16', '17', '18', '19', '20'])
  deepEqual(await lines('-n', '2'), ['19', '20'])
  deepEqual(await lines('-n0'), [])
  deepEqual((await lines('--from', 'start')).length, 20)
  deepEqual(await lines('--from', '45'), ['19', '20'])
})

it('tells what is missing, where it is missing', async (t) => {
  const rig = new CliRig(t)
  await rig.start('n', ['seq', '-w', '100000'], { outputLimit: 64 * 1024 })
  await rig.ended('n')
  const { stdout, stderr } = await rig.run('attach', 'n', '--from', '0')
  const [, missing = '', end = ''] =
    /^ndctl: (\S+) bytes of output are missing here \(offset 0 to (\S+)\)\n$/.exec(stderr) ?? []
  equal(missing, end)
  equal(Number(missing.replaceAll(',', '')) + stdout.length, 700_000)
})

it('ends quietly when its reader has gone, and leaves the process alone', async (t) => {
  const rig = new CliRig(t)
  await rig.start('y', ['yes'])
  const { stderr } = await rig.shell('{ ndctl attach y; echo $? >&2; } | head -1')
  equal(stderr, '141')
  equal((await rig.show('y')).state.kind, 'running')
})

it('names what is not there, and what to do', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const { stderr, exitCode } = await rig.run('attach', 'nobody')
  deepEqual([exitCode, stderr], [125, 'ndctl: there is no process "nobody"; "ndctl list" shows all processes\n'])
  match(
    (await rig.run('attach', '-n', '1', '--from', 'now', 'x')).stderr,
    /give only one; see "ndctl attach --help"\n$/,
  )
})
