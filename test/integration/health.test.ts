// What is looked at while a process runs, with a real daemon and real programs: its health, its lines, its age and its memory.

import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Client, ProcessEvent, ProcessSpecInput } from '../../client-lib/index.ts'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { eventually } from '../support/wait.ts'

const sh = (script: string, more: Partial<ProcessSpecInput>): ProcessSpecInput => ({
  command: 'sh',
  args: ['-c', script],
  name: 'it',
  ...more,
})

async function runningState(client: Client) {
  const { state } = await client.show('it')
  return state.kind === 'running' ? state : undefined
}

/** Waits until it runs with this health, and answers its state. */
async function untilHealth(client: Client, health: string) {
  const state = await eventually(
    `its health to be ${health}`,
    () => runningState(client),
    (now) => now?.health === health,
  )
  assert.ok(state)
  return state
}

async function untilFailed(client: Client, id: string) {
  const { state } = await eventually(
    'its failure',
    () => client.show(id),
    (now) => now.state.kind === 'failed',
  )
  return state
}

const why = (event: ProcessEvent): string | undefined =>
  event.kind === 'stopping' && event.state.kind === 'stopping' ? event.state.why : undefined

/** The reason of the first stop from here on. */
async function firstStop(events: AsyncIterable<ProcessEvent>): Promise<string | undefined> {
  for await (const event of events) if (event.kind === 'stopping') return why(event)
  return undefined
}

describe('a process that is looked at', () => {
  test('is healthy and unhealthy as its probe says; state, events and dependents follow', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const file = join(daemon.directory, 'well')
    const health = {
      kind: 'exec',
      command: ['test', '-e', file],
      intervalMs: 20,
      failures: 2,
      action: 'report',
    } as const
    await client.start(sh('exec sleep 1000', { health }))
    const down = await untilHealth(client, 'down')
    assert.match(down.problem ?? '', /exited with 1/)
    const dependent = client.start({
      command: 'sleep',
      args: ['1000'],
      name: 'other',
      dependsOn: { it: { condition: 'healthy' } },
    })
    assert.equal((await dependent).state.kind, 'waiting')
    const events = client.events()
    const seen: (string | undefined)[] = []
    const reading = (async () => {
      for await (const event of events) {
        if (event.kind === 'changed' && event.name === 'it' && event.state.kind === 'running')
          seen.push(event.state.health)
        if (seen.length === 2) return
      }
    })()
    writeFileSync(file, '')
    assert.equal((await untilHealth(client, 'up')).problem, undefined)
    await client.up('other')
    rmSync(file)
    await untilHealth(client, 'down')
    await reading
    assert.deepEqual(seen, ['up', 'down'])
  })

  test('is restarted when it is unhealthy, which is a failure; after its policy it has failed, and says why', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await client.start(
      sh('exec sleep 1000', {
        health: { kind: 'exec', command: ['false'], intervalMs: 10, failures: 1 },
        restart: { policy: 'on-failure', delayMs: 1, limit: { starts: 2, withinMs: 600_000 } },
      }),
    )
    await untilFailed(client, 'it')
    const { runs, runsKept } = await client.show('it')
    assert.deepEqual([runs, runsKept?.length], [3, 3])
    await client.start({
      command: 'sleep',
      args: ['1000'],
      name: 'once',
      health: { kind: 'exec', command: ['false'], failures: 1 },
    })
    const state = await untilFailed(client, 'once')
    assert.match(state.kind === 'failed' ? state.why : '', /^it was unhealthy: "false" exited with 1$/)
  })

  test('is restarted for its silence, its lines, its age, and when it is told so it is ready or reported', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const rules: [Partial<ProcessSpecInput>, string, string][] = [
      [{ health: { kind: 'silence', ms: 100 } }, 'exec sleep 1000', 'unhealthy'],
      [
        { watch: [{ match: 'OutOf.*Error', action: 'restart' }] },
        'read a; echo an OutOfMemoryError; exec sleep 1000',
        'output',
      ],
      [{ maxAgeMs: 1000 }, 'exec sleep 1000', 'age'],
    ]
    for (const [rule, script, reason] of rules) {
      const events = client.events()
      const stopped = firstStop(events)
      const attachment = await client.startAttached(sh(script, { ...rule, restart: { policy: 'always', delayMs: 1 } }))
      await attachment.write('go\n').catch(() => {})
      assert.equal(await stopped, reason)
      await eventually(
        'its second run',
        () => client.show('it'),
        ({ runs = 1 }) => runs >= 2,
      )
      await client.remove('it', { force: true })
    }
    const watch = [
      { match: 'Done', action: 'ready' },
      { match: 'player (\\w+) joined', action: 'report' },
    ] as const
    const events = client.events()
    const matched = (async () => {
      for await (const event of events) if (event.kind === 'matched') return [event.match, event.line]
      return undefined
    })()
    const attachment = await client.startAttached(
      sh('read a; echo Done; read b; echo the player Ann joined; cat', { watch: [...watch] }),
    )
    assert.equal((await client.show('it')).state.kind, 'starting')
    await attachment.write('go\n')
    await client.up('it')
    await attachment.write('go\n')
    assert.deepEqual(await matched, ['player (\\w+) joined', 'the player Ann joined'])
  })

  test('is restarted when it and its descendants have too much memory, and that is no failure', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const stopped = firstStop(client.events())
    // A child of it has 100 MB, once it is told so.
    const grow = `python3 -c 'x = b"x" * 100_000_000; input()'`
    const attachment = await client.startAttached(
      sh(`read a || exit; ${grow}; exit 1`, { maxMemory: 64 * 1024 * 1024, restart: { policy: 'always', delayMs: 1 } }),
    )
    await attachment.write('go\n')
    assert.equal(await stopped, 'memory')
    await client.up('it')
    const { runs, state } = await client.show('it')
    assert.deepEqual([runs, state.kind], [2, 'running'])
  })

  test('is refused with a pattern that there is not, before anything runs', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    for (const rule of [
      { watch: [{ match: 'a(', action: 'report' }] },
      { health: { kind: 'http', url: 'http://localhost/', match: '(?=a)' } },
    ] satisfies Partial<ProcessSpecInput>[]) {
      await assert.rejects(client.start(sh('exec sleep 1000', rule)), {
        code: 'BAD_REQUEST',
        message: /^cannot use the pattern/,
      })
      assert.deepEqual(await client.list(), [])
    }
  })

  test('is looked at as its new spec says, without another run', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const spec = (action: 'true' | 'false' | undefined) =>
      sh('exec sleep 1000', {
        restart: { policy: 'always' },
        ...(action === undefined
          ? {}
          : { health: { kind: 'exec', command: [action], intervalMs: 10, failures: 1, action: 'report' } }),
      })
    await client.apply([spec(undefined)])
    const { state } = await client.show('it')
    const pid = state.kind === 'running' ? state.pid : undefined
    for (const [action, health] of [
      ['true', 'up'],
      ['false', 'down'],
      [undefined, undefined],
      ['true', 'up'],
    ] as const) {
      assert.deepEqual(
        (await client.apply([spec(action)])).map(({ action: did }) => did),
        ['update'],
      )
      await eventually(
        'its health',
        () => runningState(client),
        (now) => now?.health === health,
      )
    }
    assert.equal((await runningState(client))?.pid, pid)
  })

  test('keeps its health, and what is bound to it, when what is looked at is changed', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const specs = (rules: Partial<ProcessSpecInput>): ProcessSpecInput[] => [
      sh('exec sleep 1000', {
        restart: { policy: 'always' },
        health: { kind: 'exec', command: ['true'], intervalMs: 600_000 },
        ...rules,
      }),
      {
        command: 'sleep',
        args: ['1000'],
        name: 'bound',
        restart: { policy: 'always' },
        dependsOn: { it: { condition: 'healthy', bindTo: true } },
      },
    ]
    await client.apply(specs({}))
    await client.up('bound')
    for (const rules of [
      { maxAgeMs: 600_000_000 },
      { maxMemory: 2 ** 40 },
      { watch: [{ match: 'x', action: 'report' as const }] },
      { health: { kind: 'exec' as const, command: ['true'], intervalMs: 500_000 } },
      { health: { kind: 'silence' as const, ms: 600_000 } },
    ]) {
      const plan = await client.apply(specs(rules))
      assert.deepEqual(
        plan.map(({ action }) => action),
        ['update', 'none'],
      )
      assert.equal((await runningState(client))?.health, 'up')
      await client.up('bound')
      const { runs = 1, state } = await client.show('bound')
      assert.deepEqual([runs, state.kind], [1, 'running'], JSON.stringify(rules))
    }
  })
})
