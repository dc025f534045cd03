// Output whose every byte is known from its place: a channel is a row of records of 16 bytes, each with its channel, its
// number and a sum that depends on a seed. Programs write it, and a checker reads it, also after a gap.

import type { OutputItem, TerminalSize } from '../../client-lib/index.ts'

const RECORD = 16
const NEWLINE = 0x0a
const HEX = Buffer.from('0123456789abcdef')
const CHANNELS = { 1: { letter: 'o', salt: 7 }, 2: { letter: 'e', salt: 13 } } as const

/** What a program writes. */
export interface Pattern {
  readonly seed: number
  /** Records on stdout. */
  readonly records: number
  /** One record on stderr after so many on stdout; 0: none. */
  readonly errorEvery: number
  /** A pause after so many records; 0: none. */
  readonly pauseEvery: number
  readonly exitCode: number
}

/** The program: awk, because it starts fast and is everywhere. */
export function patternProgram({ seed, records, errorEvery, pauseEvery, exitCode }: Pattern): {
  command: string
  args: string[]
} {
  const record = (letter: string, n: string, salt: number) =>
    `"${letter}%010x%04x\\n", ${n}, (${n} * 40503 + ${seed * 31 + salt}) % 65536`
  const script = `BEGIN {
    for (i = 0; i < ${records}; i++) {
      printf ${record('o', 'i', 7)}
      if (${errorEvery} && i % ${errorEvery || 1} == 0) { printf ${record('e', 'j', 13)} > "/dev/stderr"; j++ }
      if (${pauseEvery} && i % ${pauseEvery || 1} == 0) { fflush(); system("sleep 0.02") }
    }
    exit ${exitCode}
  }`
  return { command: 'awk', args: [script] }
}

/** The same program on a terminal that changes nothing of what it writes; it must write no errors, which would come between. */
export function onTerminal({ command, args }: { command: string; args: string[] }, size: TerminalSize) {
  return { command: '/bin/sh', args: ['-c', 'stty raw -echo && exec "$0" "$@"', command, ...args], terminal: size }
}

/** The bytes from `offset` on of one channel. */
export function patternBytes(seed: number, channel: 1 | 2, offset: number, length: number): Buffer {
  const first = Math.floor(offset / RECORD)
  const count = Math.ceil((offset + length) / RECORD) - first
  const bytes = Buffer.allocUnsafe(count * RECORD)
  const { letter, salt } = CHANNELS[channel]
  for (let n = 0; n < count; n++) {
    const number = first + n
    const at = n * RECORD
    bytes[at] = letter.charCodeAt(0)
    writeHex(bytes, at + 1, number, 10)
    writeHex(bytes, at + 11, (number * 40503 + seed * 31 + salt) % 65536, 4)
    bytes[at + 15] = NEWLINE
  }
  const skip = offset - first * RECORD
  return bytes.subarray(skip, skip + length)
}

function writeHex(bytes: Buffer, at: number, value: number, digits: number): void {
  let rest = value
  for (let digit = digits - 1; digit >= 0; digit--) {
    bytes[at + digit] = HEX[rest % 16] ?? 0
    rest = Math.floor(rest / 16)
  }
}

/** What checkers have seen together. */
export interface Tally {
  bytes: number
  wrong: number
  gaps: number
  gapBytes: number
}

/** Checks the output of one program, from an offset on: order, every byte, and what gaps say. */
export class PatternChecker {
  readonly #pattern: Pattern
  readonly #tally: Tally
  /** The offset in each channel of its next byte; undefined after a gap, until a record says it. */
  readonly #next: Record<1 | 2, number | undefined>
  readonly #unplaced: Record<1 | 2, Buffer[]> = { 1: [], 2: [] }
  #offset: number
  gaps = 0

  /** From an offset other than 0, only programs without stderr can be checked from their first byte. */
  constructor(pattern: Pattern, tally: Tally, from = 0) {
    this.#pattern = pattern
    this.#tally = tally
    this.#offset = from
    this.#next = { 1: this.#single || from === 0 ? from : undefined, 2: from === 0 ? 0 : undefined }
  }

  get offset(): number {
    return this.#offset
  }

  /** @throws when the item does not follow on, or holds another byte than was written */
  take(item: OutputItem): void {
    if (item.kind === 'end' || item.kind === 'run') return
    if (item.kind === 'gap') {
      this.#gap(item.from, item.to)
      return
    }
    const { channel, offset, bytes } = item
    if (offset !== this.#offset) throw this.#wrong(bytes.length, `data at ${offset}, expected ${this.#offset}`)
    this.#offset += bytes.length
    this.#tally.bytes += bytes.length
    const next = this.#next[channel]
    if (next === undefined) this.#place(channel, bytes)
    else this.#check(channel, next, bytes)
  }

  /** The program has ended, and this was all. @throws when something is missing */
  finish(): void {
    const { records, errorEvery } = this.#pattern
    const errors = errorEvery === 0 ? 0 : Math.ceil(records / errorEvery)
    const total = (records + errors) * RECORD
    if (this.#offset !== total) throw this.#wrong(0, `ended at ${this.#offset}, expected ${total}`)
    for (const [channel, count] of [
      [1, records],
      [2, errors],
    ] as const) {
      const next = this.#next[channel]
      if (next !== undefined && next !== count * RECORD) {
        throw this.#wrong(0, `channel ${channel} ended at ${next}, expected ${count * RECORD}`)
      }
    }
  }

  get #single(): boolean {
    return this.#pattern.errorEvery === 0
  }

  #gap(from: number, to: number): void {
    if (from !== this.#offset || to <= from) throw this.#wrong(0, `a gap ${from}–${to}, expected ${this.#offset}`)
    this.gaps++
    this.#tally.gaps++
    this.#tally.gapBytes += to - from
    this.#offset = to
    this.#next[1] = this.#single ? to : undefined
    if (!this.#single) this.#next[2] = undefined
    this.#unplaced[1] = []
    this.#unplaced[2] = []
  }

  /** Finds out from a record where in its channel these bytes are. */
  #place(channel: 1 | 2, bytes: Buffer): void {
    this.#unplaced[channel].push(bytes)
    const all = Buffer.concat(this.#unplaced[channel])
    const record = all.indexOf(NEWLINE) + 1
    if (record === 0 || all.length < record + RECORD) return
    const number = Number.parseInt(all.toString('latin1', record + 1, record + 11), 16)
    this.#unplaced[channel] = []
    this.#check(channel, number * RECORD - record, all)
    // Where one channel is, and the offset, say where the other must be.
    const [out, error] = [this.#next[1], this.#next[2]]
    const unplaced = this.#unplaced[1].length + this.#unplaced[2].length
    if (out !== undefined && error !== undefined && unplaced === 0 && out + error !== this.#offset) {
      throw this.#wrong(0, `channels at ${out} and ${error}, together at ${this.#offset}`)
    }
  }

  #check(channel: 1 | 2, at: number, bytes: Buffer): void {
    const expected = at >= 0 ? patternBytes(this.#pattern.seed, channel, at, bytes.length) : undefined
    if (expected?.equals(bytes) !== true) {
      throw this.#wrong(bytes.length, `other bytes at ${at} of channel ${channel}, before ${this.#offset}`)
    }
    this.#next[channel] = at + bytes.length
  }

  #wrong(bytes: number, what: string): Error {
    this.#tally.wrong += Math.max(1, bytes)
    return new Error(`WRONG OUTPUT: ${what} (${JSON.stringify(this.#pattern)})`)
  }
}
