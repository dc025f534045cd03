// The time of requests: what one client uses is its own, and no turn of the event loop takes longer than one request more than
// it may. With a clock that requests move.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestShare, RequestTurn } from '../../../../daemon/loop/request-turn.ts'

class Rig {
  nowMs = 0
  readonly turns: (() => void)[] = []
  readonly turn = new RequestTurn(
    (next) => this.turns.push(next),
    () => this.nowMs,
  )
  readonly done: string[] = []

  /** A request comes that takes so long: at once, or later. */
  ask(share: RequestShare, name: string, tookMs: number, bytes = 10): void {
    const request = () => {
      this.nowMs += tookMs
      this.done.push(name)
    }
    if (this.turn.mayRun(bytes)) this.turn.run(share, request)
    else this.turn.later(share, request)
  }

  /** The next turn of the event loop; answers what was done in it. */
  next(): string[] {
    const before = this.done.length
    for (const next of this.turns.splice(0)) next()
    return this.done.slice(before)
  }
}

test('short requests are carried out at once, and a long one only once in a turn', () => {
  const rig = new Rig()
  const [a, b, c] = [new RequestShare(), new RequestShare(), new RequestShare()]
  rig.ask(a, 'a', 0.1)
  rig.ask(b, 'b', 8)
  rig.ask(c, 'c', 0.1)
  assert.deepEqual(rig.done, ['a', 'b'])
  assert.deepEqual(rig.next(), ['c'])
  rig.ask(a, 'a', 0.1)
  assert.deepEqual(rig.done.slice(3), ['a'])
})

test('the client that has used least is the first of those that wait, however many came before it', () => {
  const rig = new Rig()
  const greedy = Array.from({ length: 20 }, () => new RequestShare())
  for (const [n, share] of greedy.entries()) rig.ask(share, `greedy ${n}`, 10)
  while (rig.next().length > 0);
  for (const [n, share] of greedy.entries()) rig.ask(share, `greedy ${n} again`, 10)
  assert.equal(rig.next().length, 1)
  const modest = new RequestShare()
  rig.ask(modest, 'modest', 0.1)
  assert.deepEqual(rig.next().slice(0, 1), ['modest'])
})

test('what a program has used counts for each of its clients, also for one that connects anew', () => {
  const rig = new Rig()
  rig.ask(rig.turn.share(7), 'hostile', 100)
  while (rig.next().length > 0);
  const [again, fresh, unknown] = [rig.turn.share(7), rig.turn.share(8), rig.turn.share()]
  // Something that fills this turn, so that all of these wait.
  rig.ask(new RequestShare(), 'other', 10)
  rig.ask(again, 'again', 10)
  rig.ask(fresh, 'fresh', 10)
  rig.ask(unknown, 'unknown', 10)
  while (rig.next().length > 0);
  assert.deepEqual(rig.done.slice(2), ['fresh', 'unknown', 'again'])
})

test('the programs that are remembered are bounded: those go first that have used nothing lately', () => {
  const rig = new Rig()
  rig.ask(rig.turn.share(1), 'hostile', 1000)
  for (let pid = 2; pid < 20_000; pid++) rig.turn.share(pid)
  assert.ok(rig.turn.share(1).usedMs(rig.nowMs) > 900)
  for (let pid = 20_000; pid < 30_000; pid++) {
    rig.ask(rig.turn.share(pid), 'many', 0.1)
    rig.next()
  }
  assert.equal(rig.turn.share(1).usedMs(rig.nowMs), 0)
})

test('what a client has used is forgotten in time', () => {
  const rig = new Rig()
  const [was, is, last] = [new RequestShare(), new RequestShare(), new RequestShare()]
  rig.ask(was, 'was', 50)
  rig.next()
  rig.nowMs += 10_000
  rig.ask(is, 'is', 10)
  rig.ask(last, 'fills the turn', 5)
  rig.ask(is, 'is', 10)
  rig.ask(was, 'was', 10)
  assert.deepEqual(rig.next(), ['fills the turn'])
  assert.deepEqual(rig.next(), ['was'])
  assert.deepEqual(rig.next(), ['is'])
})

test('a long packet waits for its turn even when nothing else is to be done, and a client that has gone is not served', () => {
  const rig = new Rig()
  const [large, gone] = [new RequestShare(), new RequestShare()]
  rig.ask(large, 'large', 1, 64 * 1024)
  rig.ask(gone, 'gone', 1)
  assert.deepEqual(rig.done, [])
  rig.turn.giveUp(gone)
  assert.deepEqual(rig.next(), ['large'])
})

test('a request that throws is charged, and the others have their turn', () => {
  const rig = new Rig()
  const fail = () => {
    rig.nowMs += 5
    throw new Error('a bug')
  }
  assert.throws(() => rig.turn.run(new RequestShare(), fail), /a bug/)
  rig.ask(new RequestShare(), 'other', 1)
  assert.deepEqual(rig.done, [])
  assert.deepEqual(rig.next(), ['other'])
})
