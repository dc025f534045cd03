// ndctl graph, and what show tells of dependencies, against a real daemon.

import { deepEqual, equal, match } from 'node:assert/strict'
import { it } from 'node:test'
import { CliRig } from '../support/terminal/cli-rig.ts'

const serve = ['sleep', '600'] as const

it('graph and show: what needs what, and whether it is so now', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('db', serve, { restart: { policy: 'always' } })
  await rig.start('alone', serve)
  await rig.start('web', serve, { dependsOn: { db: { condition: 'ready', bindTo: true } } })
  await rig.until('web', 'running', ({ state }) => state.kind === 'running')
  const graph = async (...words: string[]) => {
    const { stdout, stderr, exitCode } = await rig.run('graph', ...words)
    deepEqual([stderr, exitCode], ['', 0])
    return stdout.split('\n').slice(0, -1)
  }
  deepEqual(await graph(), ['web (running)', '└─ db (running)  ready, bound, met'])
  deepEqual(await graph('alone', 'db'), ['alone (running)', 'db (running)'])
  deepEqual((await graph('web', '--dot')).at(-2), '  "web" -> "db" [label="ready, bound"]')
  const need = { name: 'db', condition: 'ready', bindTo: true, met: true }
  const told = await rig.json<{ id: string; dependsOn: object[]; dependents: string[] }[]>('graph')
  deepEqual(
    told.map(({ id, dependsOn, dependents }) => [id, dependsOn, dependents]),
    [
      ['db', [], ['web']],
      ['web', [need], []],
    ],
  )
  const { enabled, source, dependents } = await rig.show('db')
  deepEqual([enabled, source, dependents], [true, undefined, ['web']])
  await rig.run('stop', '-q', 'db')
  deepEqual((await rig.show('web')).dependsOn, [{ ...need, met: false }])
  match((await rig.run('show', 'web')).stdout, /^needs +db: ready, bound to it, not met$/m)
  match((await rig.run('status', 'db')).stdout, /^needed by +web$/m)
  equal((await rig.run('graph', 'nobody')).exitCode, 125)
})
