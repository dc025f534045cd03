// The ends of a process's output channels, as one client is told of them: each once, in its place among the output.

import { type OutputChannel, STDERR, STDOUT } from '../../proto/protocol.ts'

const channels = [STDOUT, STDERR] as const

/** Where channels have ended. */
interface EndingLog {
  /** How often it has been opened again. */
  readonly openings: number
  /** Where a channel ended, if it has. */
  endOf(channel: OutputChannel): number | undefined
}

export class ChannelEnds {
  readonly #log: EndingLog
  readonly #told = { [STDOUT]: false, [STDERR]: false }
  #openings: number

  constructor(log: EndingLog) {
    this.#log = log
    this.#openings = log.openings
  }

  /** A channel that ended at or before this offset, and of whose end the client has not been told. */
  due(offset: number): OutputChannel | undefined {
    if (this.#openings !== this.#log.openings) {
      this.#openings = this.#log.openings
      this.#told[STDOUT] = false
      this.#told[STDERR] = false
    }
    return channels.find((channel) => {
      const at = this.#log.endOf(channel)
      return at !== undefined && at <= offset && !this.#told[channel]
    })
  }

  /** The client has been told. */
  told(channel: OutputChannel): void {
    this.#told[channel] = true
  }

  /** The nearest end that lies ahead: DATA stops there, so that the end is told in its place. */
  nextAfter(offset: number): number {
    let nearest = Number.POSITIVE_INFINITY
    for (const channel of channels) {
      const at = this.#log.endOf(channel)
      if (at !== undefined && at > offset) nearest = Math.min(nearest, at)
    }
    return nearest
  }
}
