// A daemon's end of a connection that tells of each message at the moment the daemon takes it, and at the moment it answers: what is
// answered must be true then, and not only when the client reads it.

import { Decoder, type Message } from '../../../proto/codec/codec.ts'
import type { Connection, ConnectionHandlers } from '../../../proto/transport/connection.ts'

export interface ConnectionWatch {
  /** The daemon is about to carry it out. */
  taken(message: Message): void
  /** The daemon sends it. */
  sent(message: Message): void
}

export function observed(connection: Connection, watch: ConnectionWatch): Connection {
  const incoming = new Decoder()
  const outgoing = new Decoder()
  incoming.allowParts()
  outgoing.allowParts()
  return {
    get peer() {
      return connection.peer
    },
    get queuedBytes() {
      return connection.queuedBytes
    },
    get closed() {
      return connection.closed
    },
    open: (handlers: ConnectionHandlers) =>
      connection.open({
        ...handlers,
        packet: (packet, memory) => {
          const message = incoming.decode(Buffer.from(packet))
          if (message !== undefined) watch.taken(message)
          handlers.packet(packet, memory)
        },
      }),
    send: (packet) => {
      const message = outgoing.decode(Buffer.from(packet))
      if (message !== undefined) watch.sent(message)
      return connection.send(packet)
    },
    pause: () => connection.pause(),
    resume: () => connection.resume(),
    close: () => connection.close(),
    destroy: () => connection.destroy(),
  }
}
