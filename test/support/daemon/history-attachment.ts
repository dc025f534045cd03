// What one attached client is told about one process, held against what the process did: each byte once and in its place, each border
// of a run where it was, input taken or dropped to the last byte, and nothing after the end.

import assert from 'node:assert/strict'
import type { Message } from '../../../proto/codec/codec.ts'
import { type AttachOptions, events, STDIN } from '../../../proto/protocol.ts'
import type { PlayedProgram } from './played-programs.ts'

export class HistoryAttachment {
  readonly id: number
  readonly handle: number
  readonly program: PlayedProgram
  readonly terms: Pick<AttachOptions, 'until' | 'lossless' | 'window'>
  /** Where it has come to. */
  offset: number
  acked: number
  /** Bytes of input that were sent, and of those that were taken or are gone. */
  sent = 0
  accounted = 0
  /** The daemon has ended it. */
  final = false
  /** The client has ended it, or its connection broke. */
  left = false
  #border: number
  #run = 0
  #open: ReadonlySet<number> = new Set([1, 2])

  /** @param border the number of the first border that it is to be told of */
  constructor(
    ids: { id: number; handle: number; from: number },
    program: PlayedProgram,
    terms: Pick<AttachOptions, 'until' | 'lossless' | 'window'>,
    border: number,
  ) {
    this.id = ids.id
    this.handle = ids.handle
    this.offset = ids.from
    this.acked = ids.from
    this.program = program
    this.terms = terms
    this.#border = border
  }

  get over(): boolean {
    return this.final || this.left
  }

  /** All that the process did, as far as an attachment that lasts is to be told. */
  get complete(): boolean {
    const { output, borders } = this.program
    return this.offset === output.length && this.#border === borders.length
  }

  get owed(): string {
    const { output, borders } = this.program
    return `${this.offset} of ${output.length} bytes, ${this.#border} of ${borders.length} borders`
  }

  take(message: Message): void {
    if (this.left) return
    assert.ok(!this.final, 'something came after the end of an attachment')
    if (message.cmd === 'DATA') this.#data(message.channel, message.offset, message.bytes)
    else if (message.cmd === 'ACK') this.#account(message.offset, message.offset - this.accounted)
    else if (message.cmd === 'GAP') assert.fail('a gap, though nothing was discarded')
    else if (message.code === events.RUN.code) this.#runs(message.body as { kind: string; offset: number; run: number })
    else if (message.code === events.DROPPED.code) {
      const { to, bytes } = message.body as { to: number; bytes: number }
      this.#account(to, bytes)
    } else if (message.code === events.STATUS.code && (message.body as { final: boolean }).final) this.#ended()
  }

  #data(channel: number, offset: number, bytes: Uint8Array): void {
    assert.equal(offset, this.offset, 'output is not in its place')
    if (bytes.length === 0) {
      assert.ok(this.#open.has(channel), 'the end of a channel came twice')
      this.#open = new Set([...this.#open].filter((each) => each !== channel))
      return
    }
    assert.ok(this.#open.has(channel), 'output came after the end of its channel')
    const text = Buffer.from(bytes).toString('latin1')
    assert.equal(text, this.program.output.slice(offset, offset + text.length), 'other bytes than the daemon has read')
    this.offset += text.length
    assert.ok(this.offset - this.acked <= Math.max(this.terms.window, 1), 'more than the window')
  }

  #runs({ kind, offset, run }: { kind: string; offset: number; run: number }): void {
    const expected = this.program.borders[this.#border]
    assert.deepEqual({ kind, offset }, expected, `border ${this.#border} is another`)
    assert.equal(offset, this.offset, 'a border is not in its place')
    assert.ok(kind === 'began' ? run > this.#run : run >= this.#run, 'the numbers of runs do not grow')
    this.#run = run
    this.#border += 1
    this.#open = new Set([1, 2])
  }

  #account(to: number, bytes: number): void {
    assert.equal(this.accounted + bytes, to, 'input is not accounted for to the byte')
    assert.ok(to <= this.sent, 'more input is accounted for than was sent')
    this.accounted = to
  }

  #ended(): void {
    this.final = true
    const { output, borders } = this.program
    assert.ok(this.offset <= output.length)
    const next = borders[this.#border]
    if (next !== undefined) {
      // The next run may have begun since, before the client came to read this.
      const inPlace = next.kind === 'ended' ? next.offset === this.offset : next.offset >= this.offset
      assert.ok(inPlace, 'it ended in another place than the run')
    }
  }
}

/** The attachment that a message is about, on its connection. */
export function attachmentOf(message: Message): number | undefined {
  if (message.cmd !== 'GENERAL')
    return message.cmd === 'ACK' && message.channel !== STDIN ? undefined : message.attachment
  const about = [events.RUN.code, events.DROPPED.code, events.STATUS.code, events.DETACHED.code] as number[]
  return about.includes(message.code) ? (message.body as { attachment: number }).attachment : undefined
}
