// What a caller is told that is not let in.

import { encodeMessage } from '../proto/codec/codec.ts'
import { NetdaemonError } from '../proto/errors.ts'
import { frames } from '../proto/protocol.ts'
import type { NoRoom } from '../proto/transport/seqpacket/seqpacket-listener.ts'

/** The packet for a caller that is refused. */
export function refusal(why: NoRoom, maxConnections: number): Uint8Array {
  const [packet] = encodeMessage(frames.ABORT.code, 0, refusalError(why, maxConnections).toBody())
  if (packet === undefined) throw new Error('internal error: a message without a packet')
  return packet
}

function refusalError(why: NoRoom, maxConnections: number): NetdaemonError {
  switch (why) {
    case 'connections':
      return new NetdaemonError(
        'LIMIT',
        `the daemon has ${maxConnections} clients already; try again later, or raise --max-connections`,
      )
    case 'EMFILE': {
      const advice = 'try again later, or start the daemon with a higher limit (ulimit -n)'
      return new NetdaemonError('LIMIT', `the daemon has too many open files (EMFILE); ${advice}`, { errno: why })
    }
    case 'ENFILE': {
      const advice = 'try again later, or raise the limit of the system (sysctl fs.file-max)'
      return new NetdaemonError('LIMIT', `the system has too many open files (ENFILE); ${advice}`, { errno: why })
    }
  }
}
