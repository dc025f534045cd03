// The sharing of turns: nobody who is turned away is forgotten, and nobody gets more than the turn has.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OutputTurn } from '../../../../daemon/loop/output-turn.ts'

const PACKET = 64 * 1024

/** One who has so many packets to send, and notes each. */
class Sender {
  readonly #turn: OutputTurn
  readonly #sent: string[]
  readonly #name: string
  left: number

  constructor(turn: OutputTurn, sent: string[], name: string, left: number) {
    this.#turn = turn
    this.#sent = sent
    this.#name = name
    this.left = left
  }

  pump(): void {
    while (this.left > 0 && this.#turn.take(this, PACKET)) {
      this.left -= 1
      this.#sent.push(this.#name)
    }
  }
}

describe('the turns of output', () => {
  const rig = (packets: number) => {
    const scheduled: (() => void)[] = []
    const turn = new OutputTurn((callback) => scheduled.push(callback), packets * PACKET)
    const next = () => {
      for (const callback of scheduled.splice(0)) callback()
    }
    return { turn, next, scheduled, sent: [] as string[] }
  }

  test('send no more than one turn has, and go on in the next, in line', () => {
    const { turn, next, sent } = rig(3)
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Sender(turn, sent, name, 2))
    for (const sender of [a, b, c]) sender?.pump()
    deepEqual(sent, ['a', 'a', 'b'])
    equal(turn.over, true)
    next()
    deepEqual(sent, ['a', 'a', 'b', 'b', 'c', 'c'])
  })

  test('let one with little to send pass after one turn of one with much', () => {
    const { turn, next, sent } = rig(2)
    const much = new Sender(turn, sent, 'much', 100)
    const little = new Sender(turn, sent, 'little', 1)
    much.pump()
    little.pump()
    next()
    next()
    equal(sent.includes('little'), true)
  })

  test('cost no callback while little is sent', () => {
    const { turn, scheduled, sent } = rig(4)
    new Sender(turn, sent, 'a', 1).pump()
    equal(scheduled.length, 0)
  })

  test('go on for the others when one of them fails', () => {
    const { turn, next, sent } = rig(1)
    new Sender(turn, sent, 'first', 1).pump()
    turn.take(
      {
        pump: () => {
          throw new Error('a bug')
        },
      },
      PACKET,
    )
    const other = new Sender(turn, sent, 'other', 1)
    other.pump()
    throws(next, /a bug/)
    next()
    deepEqual(sent, ['first', 'other'])
  })
})
