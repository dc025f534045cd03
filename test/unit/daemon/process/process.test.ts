// One process over streams that a test plays: how long its output waits for its screen, and that it does not for ever.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { createReadBuffer } from '../../../../daemon/linux/stdio/read-buffer.ts'
import { OutputTurn } from '../../../../daemon/loop/output-turn.ts'
import { Slices } from '../../../../daemon/loop/slices.ts'
import type { Attachment } from '../../../../daemon/output/attachment.ts'
import { PacketBuffer } from '../../../../daemon/output/packet-buffer.ts'
import { Process } from '../../../../daemon/process/process.ts'
import type { EmulatorLibrary } from '../../../../daemon/screen/emulator.ts'
import type { ProcessStreams, StreamHandlers } from '../../../../daemon/streams/process-streams.ts'
import { DATA_HEADER } from '../../../../proto/codec/stream-codec.ts'
import { processSpec } from '../../../../proto/messages/process-shapes.ts'
import { STDERR, STDOUT } from '../../../../proto/protocol.ts'
import { FakeChildren } from '../../../support/daemon/fake-children.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

const READ_MAX = 4096
const terminal = { columns: 80, rows: 24 }

/** A process on a terminal, whose screen is never read: what could read it is never loaded. */
class Rig {
  readonly clock = new ManualClock()
  readonly process: Process
  handlers: StreamHandlers<Attachment> | undefined
  paused = false
  readonly #readBuffer = createReadBuffer(DATA_HEADER)

  constructor() {
    const spec = v.parse(processSpec, { command: 'x', terminal, outputLimit: 64 * 1024 })
    const identity = { id: 'x', handle: 1, spec, path: '/x', cwd: '/', env: () => ({}) }
    const nothing = () => {}
    const streams: ProcessStreams<Attachment> = {
      ...{ terminal, inputOpen: true, queuedBytes: 0, queuedWrites: 0, readMax: READ_MAX },
      ...{ write: nothing, end: nothing, closeInput: nothing, resize: nothing, yieldUntil: nothing, died: nothing },
      pause: () => {
        this.paused = true
      },
      resume: () => {
        this.paused = false
      },
    }
    const openStreams = (handlers: StreamHandlers<Attachment>) => {
      this.handlers = handlers
      return streams
    }
    this.process = new Process(
      identity,
      { pid: 1, openStreams },
      {
        kernel: new FakeChildren().kernel,
        clock: this.clock,
        readBuffer: this.#readBuffer,
        packetBuffer: new PacketBuffer(),
        turn: new OutputTurn(),
        screens: {
          slices: new Slices(),
          now: () => 0,
          library: () => new Promise<EmulatorLibrary>(nothing),
          failed: (error) => assert.fail(String(error)),
        },
        ...{ onState: nothing, onEnded: nothing, onIdle: nothing },
      },
    )
  }

  /** Reads output until it is held back. */
  readAll(): void {
    for (let reads = 0; reads < 1000 && !this.paused; reads++) {
      this.handlers?.onOutput(STDOUT, this.#readBuffer.bytes, DATA_HEADER, DATA_HEADER + READ_MAX)
    }
  }
}

/** A process that has written all that it could. */
function played(): Rig {
  const rig = new Rig()
  rig.readAll()
  return rig
}

test('the output of a living process waits for its screen', () => {
  const rig = played()
  assert.ok(rig.paused)
  assert.equal(rig.process.log.start, 0)
  assert.ok(rig.process.log.end <= 64 * 1024)
})

test('that of a dead one does for a second', () => {
  const rig = played()
  rig.process.died({ kind: 'exited', code: 0 })
  rig.clock.advance(999)
  assert.ok(rig.paused)
  rig.clock.advance(1)
  assert.ok(!rig.paused)
  rig.readAll()
  assert.ok(!rig.paused)
  assert.ok(rig.process.log.start > 0)
  assert.throws(() => rig.process.show(), { code: 'LIMIT' })
})

test('one that has ended in time has no timer left', () => {
  const { process, clock, handlers } = played()
  const before = clock.waiting
  process.died({ kind: 'exited', code: 0 })
  assert.equal(clock.waiting, before + 1)
  for (const channel of [STDOUT, STDERR] as const) handlers?.onOutputEnd(channel)
  assert.ok(process.ended)
  assert.equal(clock.waiting, before)
})
