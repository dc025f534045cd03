// Random calls on both ends of a connection, in any order: whatever is called, packets arrive in order and without a
// gap, nothing throws, and each end is told of its end exactly once. What was sent before a close arrives.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import type { Connection } from '../../../../proto/transport/connection.ts'
import { budget } from '../../../support/fuzz.ts'
import { memoryPair } from '../../../support/transport/memory-pair.ts'
import { numbered, Recorder, Rig, range, settle, until } from '../../../support/transport/seqpacket-rig.ts'

type Step =
  | { end: 0 | 1; call: 'pause' | 'resume' | 'close' | 'destroy' }
  | { end: 0 | 1; call: 'send'; length: number; count: number }
  | { end: 0 | 1; call: 'wait'; turns: number }

const end = fc.constantFrom<0 | 1>(0, 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      end,
      call: fc.constant('send' as const),
      length: fc.integer({ min: 4, max: 66_560 }),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ end, call: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 4, arbitrary: fc.record({ end, call: fc.constantFrom('pause' as const, 'resume' as const) }) },
  { weight: 1, arbitrary: fc.record({ end, call: fc.constantFrom('close' as const, 'destroy' as const) }) },
)

/** One end, what it has sent, and how it was first told to end. */
class Side {
  readonly recorder: Recorder
  sent = 0
  endedBy: 'close' | 'destroy' | undefined

  constructor(connection: Connection) {
    this.recorder = Recorder.open(connection)
  }

  async take(step: Step): Promise<void> {
    const { connection } = this.recorder
    if (step.call === 'wait') return settle(step.turns)
    if (step.call !== 'send') {
      if (step.call === 'close' || step.call === 'destroy') this.endedBy ??= step.call
      if (step.call === 'destroy') this.endedBy = 'destroy'
      connection[step.call]()
      return
    }
    for (const _ of range(step.count)) {
      if (connection.closed) {
        assert.equal(connection.send(numbered(0, step.length)), false)
      } else {
        connection.send(numbered(this.sent++, step.length))
      }
    }
  }
}

async function play(pair: [Connection, Connection], steps: Step[]): Promise<void> {
  const begun = performance.now()
  const sides = [new Side(pair[0]), new Side(pair[1])] as const
  for (const each of steps) await sides[each.end].take(each)
  // Both sides read on; then the first closes, if neither has.
  for (const side of sides) side.recorder.connection.resume()
  await sides[0].take({ end: 0, call: 'close' })
  await until(() => sides.every((side) => side.recorder.reasons.length > 0))
  await settle()
  for (const [index, side] of sides.entries()) {
    const other = sides[1 - index]!
    assert.equal(side.recorder.reasons.length, 1)
    assert.equal(side.recorder.connection.queuedBytes, 0)
    const received = side.recorder.numbers
    assert.deepEqual(received, range(received.length))
    assert.ok(received.length <= other.sent)
    // A close that met its deadline (1 s, on a machine that stood still) may have cut something off.
    const inTime = performance.now() - begun < 900
    if (side.endedBy === undefined && other.endedBy === 'close' && inTime) assert.equal(received.length, other.sent)
    assert.deepEqual(side.recorder.reasons, [
      { by: side.endedBy === undefined ? 'peer' : side.recorder.reasons[0]!.by },
    ])
    assert.notEqual(side.recorder.reasons[0]!.by, 'error')
  }
}

const transports: [string, (t: TestContext) => () => Promise<[Connection, Connection]>][] = [
  ['in memory', () => () => Promise.resolve(memoryPair())],
  [
    'SEQPACKET',
    (t) => {
      const rig = new Rig(t)
      return () => rig.pair(t)
    },
  ],
]

for (const [name, prepare] of transports) {
  describe(`random calls on a connection ${name}`, () => {
    it('keep every promise', async (t) => {
      const makePair = prepare(t)
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => play(await makePair(), steps)),
        { ...budget(200), endOnFailure: true },
      )
    })
  })
}
