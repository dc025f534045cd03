// The daemon's events: numbered without holes, kept up to a bound, and followed from any number on.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { EventLog, type EventSubject } from '../../../../daemon/observe/event-log.ts'
import type { ProcessEvent } from '../../../../proto/protocol.ts'

const subject: EventSubject = {
  id: 'web',
  handle: 1,
  name: 'web',
  labels: { a: 'b' },
  state: { kind: 'running', pid: 7, since: 1 },
}

function filled(count: number, capacity = 10): EventLog {
  const log = new EventLog('run-1', capacity)
  for (let n = 0; n < count; n++) log.record('started', subject, n)
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
    const unnamed = new EventLog('run-1')
    unnamed.record('ended', { ...subject, name: undefined }, 5)
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
    log.record('ended', subject, 6)
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
    for (let n = 0; n < 5; n++) log.record('started', subject, n)
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
    for (let n = 0; n < 1000; n++) log.record('started', subject, n)
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

  test('a closed feed hears nothing more', () => {
    const log = filled(0)
    const feed = log.follow(undefined, () => assert.fail('told'))
    feed.close()
    log.record('started', subject, 1)
  })
})
