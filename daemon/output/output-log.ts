// One process's output: a ring of its newest bytes, addressed by offset, with an index of which channel wrote what.
// Offsets count stdout and stderr together from the start of the process and never repeat. Memory is bounded twice: the
// ring by `limit`, the index by the number of segments; when either is full the oldest bytes go, and `start` says so. So it
// is when there is no memory for the ring to grow: whatever has been read is counted, and what is not kept is a gap.

import { DATA_MAX } from '../../proto/limits.ts'
import { type OutputChannel, STDOUT } from '../../proto/protocol.ts'
import { Budget } from '../memory/budget.ts'
import { RingMemory } from '../memory/ring-memory.ts'

/** The ring's first size; most processes say little. */
const INITIAL_CAPACITY = 1024
const NO_BYTES = Buffer.alloc(0)
/** One index entry for so many bytes of limit: output that changes channel more often is forgotten earlier. */
const BYTES_PER_SEGMENT = 64
const NEWLINE = 0x0a
/** Bytes looked at one by one for a newline, before the rest is searched. */
const LOOK_NEAR = 16

/** A run of bytes that one channel wrote, as far as they lie together in the ring. */
export interface LogSlice {
  readonly channel: OutputChannel
  /** A view of the ring: valid until the next append. */
  readonly bytes: Buffer
}

export class OutputLog {
  /** Bytes kept, at most. */
  limit: number
  readonly #memory: RingMemory
  #ring: Buffer = NO_BYTES
  /** Its memory has been given back, for good. */
  #released = false
  /** The ring could not grow when it was to. */
  #short = false
  #start = 0
  #end = 0
  // Segment i is [#starts[i], #starts[i + 1]), the last one up to #end; entries below #head are dropped.
  #starts: number[] = []
  #channels: OutputChannel[] = []
  #head = 0
  readonly #segmentsMax: number
  #openings = 0
  #stdoutEnd: number | undefined
  #stderrEnd: number | undefined

  constructor(limit: number, memory: RingMemory = new RingMemory(new Budget(Number.POSITIVE_INFINITY, 0).account())) {
    this.limit = limit
    this.#memory = memory
    this.#segmentsMax = Math.max(16, Math.floor(limit / BYTES_PER_SEGMENT))
  }

  /** The oldest offset kept. */
  get start(): number {
    return this.#start
  }

  /** The offset that the next byte will have. */
  get end(): number {
    return this.#end
  }

  /** True once both channels have ended. */
  get ended(): boolean {
    return this.#stdoutEnd !== undefined && this.#stderrEnd !== undefined
  }

  /** Where a channel ended, if it has. */
  endOf(channel: OutputChannel): number | undefined {
    return channel === STDOUT ? this.#stdoutEnd : this.#stderrEnd
  }

  /** How often it has been opened again: ends that readers were told of before are ends no more. */
  get openings(): number {
    return this.#openings
  }

  /** Output will come again, on both channels. */
  reopen(): void {
    this.#openings += 1
    this.#stdoutEnd = undefined
    this.#stderrEnd = undefined
  }

  /** Marks the end of a channel; it is known to readers at this offset. */
  endChannel(channel: OutputChannel): void {
    if (channel === STDOUT) this.#stdoutEnd ??= this.#end
    else this.#stderrEnd ??= this.#end
  }

  /** Copies the bytes in; the oldest go if there is no room. It never throws: the bytes have been read, and must count. */
  append(channel: OutputChannel, bytes: Buffer): void {
    if (this.#released) {
      this.#end += bytes.length
      this.#start = this.#end
      return
    }
    this.#index(channel)
    this.#grow(Math.min(this.limit, this.#end - this.#start + bytes.length))
    this.#end += bytes.length
    const room = this.#ring.length
    this.#forgetBelow(this.#end - room)
    if (room === 0) return
    const kept = bytes.length > room ? bytes.subarray(bytes.length - room) : bytes
    const at = (this.#end - kept.length) % this.#ring.length
    const first = Math.min(kept.length, this.#ring.length - at)
    kept.copy(this.#ring, at, 0, first)
    if (first < kept.length) kept.copy(this.#ring, 0, first)
  }

  /** How many bytes one more append may have without forgetting anything from `offset` on. */
  roomFrom(offset: number): number {
    const indexFull = this.#starts.length - this.#head >= this.#segmentsMax
    if (indexFull && (this.#starts[this.#head + 1] ?? this.#end) > offset) return 0
    // A ring that cannot grow has only what it has; but one read must always find room, or reading would end for good.
    const capacity = this.#short ? Math.min(this.limit, Math.max(this.#ring.length, DATA_MAX)) : this.limit
    return capacity - (this.#end - Math.min(Math.max(offset, this.#start), this.#end))
  }

  /** Gives its memory back: nothing is kept any more. Output may still come, and is counted. */
  release(): void {
    this.#released = true
    this.#forgetBelow(this.#end)
    this.#memory.free(this.#ring)
    this.#ring = NO_BYTES
    this.#memory.release()
  }

  /** At most `max` bytes from `offset` on, of one channel. `offset` is within [start, end). */
  read(offset: number, max: number): LogSlice {
    const segment = this.#segmentAt(offset)
    const channel = this.#channels[segment]
    if (channel === undefined || offset < this.#start || offset >= this.#end) {
      throw new Error(`internal error: read at ${offset} of a log of ${this.#start}–${this.#end}`)
    }
    const at = offset % this.#ring.length
    const length = Math.min(max, (this.#starts[segment + 1] ?? this.#end) - offset, this.#ring.length - at)
    return { channel, bytes: this.#ring.subarray(at, at + length) }
  }

  /** The offset at which the last `count` lines begin; an unfinished last line counts as one. */
  lastLines(count: number): number {
    return this.searchLines(count)(Number.POSITIVE_INFINITY) ?? this.#start
  }

  /**
   * The same in pieces: each call of the answer looks at so many bytes at most, and gives the offset once it has found it. What
   * is appended meanwhile does not count.
   */
  searchLines(count: number): (bytesMax: number) => number | undefined {
    let left = count
    // A newline at the very end ends the last line; it does not begin another.
    let before = left === 0 ? this.#end : this.#end - 1
    return (bytesMax) => {
      if (left === 0) return before
      const floor = Math.max(this.#start, before - bytesMax)
      while (before > floor) {
        const newline = this.#newlineBefore(before, floor)
        if (newline === undefined) break
        left -= 1
        before = left === 0 ? newline + 1 : newline
        if (left === 0) return before
      }
      before = Math.min(before, floor)
      return before > this.#start ? undefined : this.#start
    }
  }

  /** The last newline below `offset`, from `floor` on. */
  #newlineBefore(offset: number, floor: number): number | undefined {
    while (offset > floor) {
      // The bytes below `offset` that lie together in the ring.
      const at = ((offset - 1) % this.#ring.length) + 1
      const first = at - Math.min(at, offset - floor)
      // A search by the library costs more than a short line is long, and there may be a million of them.
      const near = Math.max(first, at - LOOK_NEAR)
      for (let index = at - 1; index >= near; index--) {
        if (this.#ring[index] === NEWLINE) return offset - (at - index)
      }
      const found = this.#ring.subarray(first, near).lastIndexOf(NEWLINE)
      if (found >= 0) return offset - (at - first - found)
      offset -= at - first
    }
    return undefined
  }

  #index(channel: OutputChannel): void {
    const last = this.#channels.length - 1
    if (last >= this.#head && this.#channels[last] === channel) return
    this.#starts.push(this.#end)
    this.#channels.push(channel)
    if (this.#starts.length - this.#head > this.#segmentsMax) {
      this.#forgetBelow(this.#starts[this.#head + 1] ?? this.#end)
    }
  }

  #forgetBelow(offset: number): void {
    if (offset <= this.#start) return
    this.#start = offset
    while ((this.#starts[this.#head + 1] ?? Number.POSITIVE_INFINITY) <= offset) this.#head += 1
    if (this.#head > 1024 && this.#head * 2 > this.#starts.length) {
      this.#starts = this.#starts.slice(this.#head)
      this.#channels = this.#channels.slice(this.#head)
      this.#head = 0
    }
  }

  #grow(needed: number): void {
    if (needed <= this.#ring.length) return
    let capacity = Math.max(this.#ring.length, INITIAL_CAPACITY)
    while (capacity < needed) capacity *= 2
    const old = this.#ring
    const ring = this.#memory.allocate(Math.min(capacity, this.limit))
    this.#short = ring === undefined
    if (ring === undefined) return
    for (let offset = this.#start; offset < this.#end; ) {
      const from = offset % old.length
      const to = offset % ring.length
      const length = Math.min(this.#end - offset, old.length - from, ring.length - to)
      old.copy(ring, to, from, from + length)
      offset += length
    }
    this.#memory.free(old)
    this.#ring = ring
  }

  #segmentAt(offset: number): number {
    let low = this.#head
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
