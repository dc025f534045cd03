// Random histories of several processes: requests of many clients, dependencies, deaths, programs that can't be executed, that ignore
// signals, hang in the kernel or leave something behind, and clients that read slowly. What each answer must mean is in
// test/support/daemon/history.ts. By hand: NETDAEMON_HISTORIES=100000.

import { test } from 'node:test'
import fc from 'fast-check'
import type { RequestName } from '../../proto/protocol.ts'
import { History } from '../support/daemon/history.ts'
import type { Fate } from '../support/daemon/played-programs.ts'
import { budget } from '../support/fuzz.ts'

const NAMES = ['a', 'b', 'c', 'd'] as const
const CLIENTS = 3

type Step =
  | { do: 'start'; client: number; name: number; spec: object; attach: object | undefined; fates: Fate[] }
  | { do: 'ask'; client: number; name: RequestName; target: number; params: object; fates: Fate[] }
  | { do: 'cancel'; client: number; back: number }
  | { do: 'attach'; client: number; target: number; terms: object }
  | { do: 'detach' | 'ack' | 'input'; client: number; which: number }
  | { do: 'print'; which: number; length: number; child: boolean }
  | { do: 'read'; which: number }
  | { do: 'end'; which: number; child: boolean; how: { code: number } | { signal: number } }
  | { do: 'die' | 'sweep' | 'release' }
  | { do: 'advance'; ms: number }
  | { do: 'leave'; client: number }

const index = fc.nat(7)
const client = fc.nat(CLIENTS - 1)
const fate: fc.Arbitrary<Fate> = fc.record({
  fails: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  ignoresTerm: fc.boolean(),
  stuck: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  child: fc.constantFrom('none', 'none', 'tame', 'stubborn', 'hidden'),
  holds: fc.boolean(),
})
const fates = fc.array(fate, { maxLength: 4 })
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const restart = fc.record({
  policy: fc.constantFrom('never', 'on-failure', 'always'),
  delayMs: fc.constantFrom(10, 100, 1000),
  jitter: fc.constant(0),
  limit: optional(fc.constant({ starts: 2, withinMs: 60_000 })),
})
const stop = fc.record({
  steps: fc.constantFrom(
    [{ signal: 'TERM', waitMs: 1000 }],
    [
      { send: 'stop\n', waitMs: 500 },
      { signal: 'INT', waitMs: 500 },
    ],
    [],
  ),
  scope: fc.constantFrom('tree', 'tree', 'group', 'process'),
})
const dependency = fc.record({
  condition: fc.constantFrom('started', 'ready', 'ready', 'exited'),
  bindTo: fc.boolean(),
})
// A process depends on those before it in the alphabet, so that there are no circles; now and then on one after it.
const dependsOn = fc.dictionary(fc.constantFrom(...NAMES), dependency, { minKeys: 1, maxKeys: 2 })
const spec = fc.record({
  restart: optional(restart),
  start: optional(
    fc.record({ ready: optional(fc.constant({ kind: 'after', ms: 500 })), timeoutMs: fc.constant(2000) }),
  ),
  stop: optional(stop),
  dependsOn: optional(dependsOn),
  stdin: fc.constantFrom('pipe', 'null'),
})
const terms = fc.record({
  from: fc.constantFrom('start', 'now'),
  until: fc.constantFrom('run', 'rest', 'removed'),
  lossless: fc.boolean(),
  window: fc.constantFrom(9, 40, 1000),
})
const waiting = {
  wait: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
  timeoutMs: optional(fc.constantFrom(0, 700, 8000)),
}
const ask = (name: RequestName, params: fc.Arbitrary<object>): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant('ask' as const), client, name: fc.constant(name), target: index, params, fates })
const life = fc.oneof(
  ask('UP', fc.record(waiting)),
  ask('STOP', fc.record({ ...waiting, killAfterMs: optional(fc.constantFrom(0, 300)) })),
  ask('RESTART', fc.record(waiting)),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('start' as const),
      client,
      name: fc.nat(NAMES.length),
      spec,
      attach: optional(terms),
      fates,
    }),
  },
  { weight: 10, arbitrary: life },
  {
    weight: 1,
    arbitrary: ask(
      'KILL',
      fc.record({ signal: fc.constantFrom('TERM', 'KILL'), scope: fc.constantFrom('tree', 'group', 'process') }),
    ),
  },
  { weight: 2, arbitrary: ask('REMOVE', fc.record({ force: fc.boolean() })) },
  { weight: 1, arbitrary: ask('WAIT', fc.record({ timeoutMs: optional(fc.constant(900)) })) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), client, back: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('attach' as const), client, target: index, terms }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('detach' as const, 'ack' as const, 'ack' as const, 'input' as const),
      client,
      which: index,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('print' as const),
      which: index,
      length: fc.integer({ min: 1, max: 20 }),
      child: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const), which: index }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: index,
      child: fc.boolean(),
      how: fc.constantFrom({ code: 0 }, { code: 1 }, { signal: 11 }),
    }),
  },
  { weight: 7, arbitrary: fc.record({ do: fc.constantFrom('die' as const, 'sweep' as const, 'sweep' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 100, 500, 1000, 6000, 12_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), client }) },
)

async function play(steps: readonly Step[]): Promise<void> {
  const history = new History()
  const { programs, daemon } = history
  const clients = []
  for (let n = 0; n < CLIENTS; n++) clients.push(await history.connect())
  let typed = 0
  for (const each of steps) {
    const at = 'client' in each ? each.client : 0
    const from = clients[at]!
    switch (each.do) {
      case 'start': {
        programs.fates.splice(0, Number.POSITIVE_INFINITY, ...each.fates)
        const name = NAMES[each.name]
        await history.ask(from, 'START', {
          spec: { command: '/bin/true', ...each.spec, ...(name === undefined ? {} : { name }) },
          ...(each.attach === undefined ? {} : { attach: { ...each.attach, from: 'start' } }),
          replace: true,
        })
        break
      }
      case 'ask': {
        programs.fates.splice(0, Number.POSITIVE_INFINITY, ...each.fates)
        const process = pick(history.processes, each.target)
        if (process !== undefined) await history.ask(from, each.name, { process: process.handle, ...each.params })
        break
      }
      case 'cancel':
        await history.ask(from, 'CANCEL', { request: from.lastId - each.back })
        break
      case 'attach': {
        const process = pick(history.processes, each.target)
        if (process !== undefined) await history.ask(from, 'ATTACH', { process: process.handle, ...each.terms })
        break
      }
      case 'detach':
      case 'ack':
      case 'input': {
        const attachment = pick(
          [...from.attachments.values()].filter(({ over }) => !over),
          each.which,
        )
        if (attachment === undefined) break
        if (each.do === 'ack') history.ack(from, attachment)
        else if (each.do === 'input') history.input(from, attachment, `<${++typed}>`)
        else {
          attachment.left = true
          // An id is given anew once its attachment is over, which this client may not have read yet.
          for (const granted of from.granted.values()) if (granted.id === attachment.id) granted.left = true
          await history.ask(from, 'DETACH', { attachment: attachment.id })
          from.attachments.delete(attachment.id)
        }
        await history.turn()
        break
      }
      case 'print': {
        const holding = programs.runs.filter(({ streams }) => streams?.held)
        pick(holding, each.which)?.streams?.print(each.child ? 2 : 1, `[${++typed}${'.'.repeat(each.length)}]`)
        await history.turn()
        break
      }
      case 'read':
        pick(
          programs.runs.filter(({ main }) => main.alive),
          each.which,
        )?.streams?.read(1)
        break
      case 'end': {
        const living = programs.living().filter(({ main }) => main !== each.child)
        const chosen = pick(living, each.which)
        if (chosen !== undefined) programs.end(chosen, each.how)
        break
      }
      case 'die':
        programs.die()
        break
      case 'sweep':
        programs.die()
        programs.sweep()
        await history.turn()
        break
      case 'release':
        programs.release()
        break
      case 'advance':
        daemon.clock.advance(each.ms)
        await history.turn()
        break
      case 'leave':
        history.leave(from)
        await history.turn()
        clients[at] = await history.connect()
    }
    history.check()
  }
  await history.finish()
}

function pick<T>(from: readonly T[], which: number): T | undefined {
  return from[which % Math.max(1, from.length)]
}

test('every answer is true when it is given, no two runs overlap, and in the end all is as was asked for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 25, size: 'max' }), (steps) => play(steps)),
    budget(Number(process.env.NETDAEMON_HISTORIES ?? 400)),
  )
})
