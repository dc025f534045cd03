// The memory that pipes and terminals read into: one for the whole daemon, since it is lent only for the time of one
// callback, and with room in front of what is read, so that a packet's header can be written there without a copy.

import { DATA_MAX } from '../../../proto/limits.ts'

/** See above. A callback that is handed it must be done with its contents when it returns. */
export interface ReadBuffer {
  /** Free bytes in front of the payload, where a packet header can be written. */
  readonly headerRoom: number
  readonly bytes: Buffer
  /** What follows the room: where the payload comes. One view for all who read. */
  readonly payload: Buffer
}

/** Memory for reads of up to 64 KiB, with `headerRoom` free bytes in front. */
export function createReadBuffer(headerRoom: number): ReadBuffer {
  const bytes = Buffer.allocUnsafeSlow(headerRoom + DATA_MAX)
  return { headerRoom, bytes, payload: bytes.subarray(headerRoom) }
}
