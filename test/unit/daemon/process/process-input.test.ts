// How much input may wait for a process: what each client may always write, and what those that have gone may leave.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Budget } from '../../../../daemon/memory/budget.ts'
import { ProcessInput, type Writer } from '../../../../daemon/process/process-input.ts'
import type { Run } from '../../../../daemon/run/run.ts'
import { InputQueue } from '../../../../daemon/streams/input-queue.ts'
import { INPUT_WINDOW, WAITING_INPUT_MAX, WAITING_INPUT_SHARE, WAITING_PACKETS_MAX } from '../../../../proto/limits.ts'

const EAGAIN = 11

class Rig {
  readonly budget = new Budget(64 * 2 ** 20, 0)
  readonly queue: InputQueue<Writer>
  readonly input: ProcessInput<Writer>

  constructor() {
    const target = { write: () => -EAGAIN, writeWhenPossible: () => {}, close: () => {} }
    const queue = new InputQueue<Writer>(target, { onTaken: () => assert.fail('taken'), onClosed: () => {} })
    const run = { streams: queue, write: (bytes: Buffer, tag: Writer) => queue.write(bytes, tag) }
    this.queue = queue
    this.input = new ProcessInput('web', this.budget.account())
    this.input.connect(run as unknown as Run<Writer>)
  }

  /** A client that writes so much. */
  write(bytes: number, writer = new Client()): Client {
    writer.inputWaiting += bytes
    this.input.write(writer, Buffer.alloc(bytes), 1)
    return writer
  }
}

/** A client that counts what is dropped of its input. */
class Client implements Writer {
  inputWaiting = 0
  dropped = 0

  dropInput(): void {
    this.dropped += this.inputWaiting
    this.inputWaiting = 0
  }
}

const refused = { code: 'LIMIT', message: /^cannot write to "web": it does not read its input, and \d+ bytes in/ }

test('a client with little waiting is never refused because of what others wrote', () => {
  const rig = new Rig()
  for (let n = 0; n < WAITING_INPUT_MAX / INPUT_WINDOW; n++) rig.write(INPUT_WINDOW)
  assert.throws(() => rig.write(INPUT_WINDOW), refused)
  const modest = rig.write(WAITING_INPUT_SHARE)
  assert.throws(() => rig.write(1, modest), refused)
})

test('so it is with packets, and with the input of all processes', () => {
  const rig = new Rig()
  for (let n = 0; n < WAITING_PACKETS_MAX; n++) rig.write(1)
  assert.throws(() => rig.write(WAITING_INPUT_SHARE + 1), refused)
  rig.write(1)
  const other = rig.budget.account()
  assert.ok(other.hold(rig.budget.limit - rig.budget.used))
  const poor = new Rig()
  assert.ok(poor.budget.account().hold(poor.budget.limit))
  assert.throws(() => poor.write(WAITING_INPUT_SHARE + 1), refused)
  poor.write(WAITING_INPUT_SHARE)
})

test('what clients that come and go leave is bounded, in bytes and in packets', () => {
  const rig = new Rig()
  for (let n = 0; n < 1000; n++) rig.input.left(rig.write(WAITING_INPUT_SHARE))
  assert.ok(rig.queue.queuedBytes <= WAITING_INPUT_MAX)
  assert.equal(rig.budget.used, rig.queue.queuedBytes)
  const tiny = new Rig()
  for (let n = 0; n < WAITING_PACKETS_MAX + 50; n++) tiny.input.left(tiny.write(1))
  assert.ok(tiny.queue.queuedWrites <= WAITING_PACKETS_MAX)
  tiny.input.close()
  assert.equal(tiny.budget.used, 0)
})

test('between runs, what a client writes is dropped, and it is told', () => {
  const rig = new Rig()
  rig.input.connect(undefined)
  const client = rig.write(10)
  assert.equal(client.dropped, 10)
  assert.equal(rig.budget.used, 0)
})
