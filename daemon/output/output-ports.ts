// What one process's output needs of others: of the daemon, of the process, of where it comes from, and of whoever reads the log.

import type { OutputChannel } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import type { OutputTurn } from '../loop/output-turn.ts'
import type { Bounds } from '../memory/bounds.ts'
import type { PacketBuffer } from './packet-buffer.ts'

/** What all broadcasts share. */
export interface OutputPorts {
  readonly clock: Clock
  /** Where a packet is made of what the log holds. Its contents last until the next packet. */
  readonly packetBuffer: PacketBuffer
  /** All output together leaves time for requests. */
  readonly turn: OutputTurn
  readonly bounds: Pick<Bounds, 'output'>
}

/** Whose output it is. */
export interface OutputOwner {
  readonly id: string
  readonly handle: number
  /** Bytes of output kept, at most. */
  readonly outputLimit: number
  /** There is no client left that may come back for the output. */
  readonly onIdle: () => void
}

/** Where the output comes from. */
export interface OutputFlow {
  /** The most that one read brings. */
  readonly readMax: number
  /** Stops reading, so that the process waits. */
  pause(): void
  /** Reads on after {@link pause}. */
  resume(): void
  /** Stops reading this channel until the callback that `arrange` is given is called. */
  yieldUntil(channel: OutputChannel, arrange: (readOn: () => void) => void): void
}

/** A reader of the log that is no client, and that loses nothing. */
export interface LogFollower {
  /** What the log must not let go of. */
  readonly holdFrom: number
  /** These bytes have been appended to the log. */
  arrived(bytes: Buffer): void
}
