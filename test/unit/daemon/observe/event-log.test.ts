// The daemon's events: numbered without holes, kept up to a bound, and followed from any number on.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { OutputTurn } from '../../../../daemon/loop/output-turn.ts'
import { EventLog, type EventSubject } from '../../../../daemon/observe/event-log.ts'
import type { ProcessEvent } from '../../../../proto/protocol.ts'

const subject: EventSubject = {
  id: 'web',
  handle: 1,
  name: 'web',
  labels: { a: 'b' },
  state: { kind: 'running', pid: 7, since: 1 },
}

/** One that tells everything at once. */
function logOf(count = 4096, bytes = Number.POSITIVE_INFINITY): EventLog {
  return new EventLog('run-1', new OutputTurn(setImmediate, Number.POSITIVE_INFINITY), { count, bytes })
}

function filled(count: number, capacity = 10): EventLog {
  const log = logOf(capacity)
  for (let n = 0; n < count; n++) log.record({ kind: 'started' }, subject, n)
  return log
}

/** Reads on from an event until there is none; a gap is `[from, to]`. */
function readFrom(log: EventLog, since?: { instance: string; seq: number }): (number | [number, number])[] {
  const seen: (number | [number, number])[] = []
  log
    .follow(since, (event) => {
      seen.push(event.kind === 'gap' ? [event.from, event.to] : event.seq)
      return true
    })
    .pump()
  return seen
}

describe('the event log', () => {
  test('an event tells what happened to which process, with the next number', () => {
    const log = filled(1)
    assert.equal(log.seq, 1)
    assert.deepEqual(log.after(0), { kind: 'started', seq: 1, at: 0, ...subject })
    assert.equal(log.after(1), undefined)
    const unnamed = logOf()
    unnamed.record({ kind: 'ended' }, { ...subject, name: undefined }, 5)
    assert.ok(!('name' in (unnamed.after(0) ?? assert.fail())))
  })

  test('from any number on, each event comes once and in order, and what is not kept is a gap that names it', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.integer({ min: 1, max: 20 }), (count, since, capacity) => {
        const log = filled(count, capacity)
        const from = Math.min(since, count)
        let expected = from + 1
        const seen = readFrom(log, { instance: 'run-1', seq: from })
        for (const [index, entry] of seen.entries()) {
          if (typeof entry === 'number') {
            assert.equal(entry, expected)
            expected = entry + 1
          } else {
            assert.equal(index, 0, 'a gap only where the history begins')
            assert.equal(entry[0], expected)
            expected = entry[1] + 1
          }
        }
        assert.equal(expected, count + 1)
        const kept = seen.filter((entry) => typeof entry === 'number').length
        assert.ok(kept < 2 * capacity, 'the history is bounded')
        assert.ok(kept >= Math.min(count - from, capacity), 'the promised history is kept')
      }),
    )
  })

  test('without a number, only what happens from now on comes', () => {
    const log = filled(5)
    const seen: ProcessEvent[] = []
    const feed = log.follow(undefined, (event) => {
      seen.push(event)
      return true
    })
    feed.pump()
    assert.equal(seen.length, 0)
    log.record({ kind: 'ended' }, subject, 6)
    assert.deepEqual(
      seen.map((event) => event.kind),
      ['ended'],
    )
  })

  test('after a number of another run, or one that lies ahead, a gap of unknown length comes first, then all that is kept', () => {
    const log = filled(3)
    for (const since of [
      { instance: 'run-0', seq: 2 },
      { instance: 'run-1', seq: 4 },
    ]) {
      assert.deepEqual(readFrom(log, since), [[0, 0], 1, 2, 3])
    }
    assert.deepEqual(readFrom(filled(0), { instance: 'run-0', seq: 2 }), [[0, 0]])
  })

  test('a follower that takes no more is left alone until it resumes, and then misses nothing that is kept', () => {
    const log = filled(0, 10)
    const seen: ProcessEvent[] = []
    let room = 2
    const feed = log.follow(undefined, (event) => {
      seen.push(event)
      room -= 1
      return room > 0
    })
    for (let n = 0; n < 5; n++) log.record({ kind: 'started' }, subject, n)
    assert.equal(seen.length, 2)
    feed.pump()
    assert.equal(seen.length, 2)
    room = 100
    feed.resume()
    assert.deepEqual(
      seen.map((event) => event.kind !== 'gap' && event.seq),
      [1, 2, 3, 4, 5],
    )
  })

  test('a slow follower is told exactly which events it has missed, and costs no memory meanwhile', () => {
    const log = filled(0, 10)
    const seen: ProcessEvent[] = []
    let room = 1
    const feed = log.follow(undefined, (event) => {
      seen.push(event)
      room -= 1
      return room > 0
    })
    for (let n = 0; n < 1000; n++) log.record({ kind: 'started' }, subject, n)
    room = 1000
    feed.resume()
    const [first, gap, ...rest] = seen
    assert.ok(first?.kind === 'started' && first.seq === 1)
    assert.ok(gap?.kind === 'gap' && gap.from === 2)
    assert.deepEqual(
      rest.map((event) => event.kind !== 'gap' && event.seq),
      Array.from({ length: 1000 - gap.to }, (_, n) => gap.to + 1 + n),
    )
    assert.ok(rest.length < 20)
  })

  test('of events with many labels fewer are kept: the history is bounded by what it weighs', () => {
    const log = logOf(4096, 100_000)
    const labels = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`label-${n}`, 'x'.repeat(255)]))
    for (let n = 0; n < 1000; n++) log.record({ kind: 'started' }, { ...subject, labels }, n)
    const [gap, ...kept] = readFrom(log, { instance: 'run-1', seq: 0 })
    assert.deepEqual(gap, [1, 1000 - kept.length])
    assert.ok(kept.length >= 5 && kept.length <= 10, String(kept.length))
    for (let n = 0; n < 1000; n++) log.record({ kind: 'started' }, subject, n)
    assert.ok(readFrom(log, { instance: 'run-1', seq: 0 }).length > 200)
  })

  test('an event is encoded once for all who follow, and a crowd is told in turns of the event loop', () => {
    const turns: (() => void)[] = []
    const log = new EventLog('run-1', new OutputTurn((turn) => turns.push(turn), 2 ** 20), {
      count: 100,
      bytes: 2 ** 20,
    })
    const packets: Uint8Array[] = []
    for (let n = 0; n < 300; n++) {
      log.follow(undefined, (_event, packet) => {
        packets.push(packet)
        return true
      })
    }
    log.record({ kind: 'started' }, subject, 1)
    assert.ok(packets.length > 0 && packets.length < 300, 'all are told in one turn')
    while (turns.length > 0) turns.shift()?.()
    assert.equal(packets.length, 300)
    assert.equal(new Set(packets).size, 1)
  })

  test('a closed feed hears nothing more', () => {
    const log = filled(0)
    const feed = log.follow(undefined, () => assert.fail('told'))
    feed.close()
    log.record({ kind: 'started' }, subject, 1)
  })
})
