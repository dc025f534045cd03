// What a session needs of a transport: whole packets in, whole packets out, and an honest word about congestion.
// SEQPACKET, an in-memory pair and (later) TCP/TLS implement it; nothing above this file knows which one it has.

/** The process at the other end, as the kernel says (SO_PEERCRED, unix(7)). */
export interface PeerCredentials {
  readonly pid: number
  readonly uid: number
  readonly gid: number
}

/** Why a connection ended. `peer`: the other side closed; `local`: we did; `error`: it broke. */
export type CloseReason =
  | { readonly by: 'peer' }
  | { readonly by: 'local' }
  | { readonly by: 'error'; readonly error: Error }

/** The memory that a packet lies in. */
export interface PacketMemory {
  /** Takes it over. Only during the call that delivers the packet, and once. */
  keep(): KeptMemory
}

/** Memory that a receiver has taken over. */
export interface KeptMemory {
  /** All of it. The packet lies at its beginning; what is behind is free to be used. */
  readonly bytes: Buffer
  /** Gives it back, to be received into again. Called once, or never: then the garbage collector gets it. */
  release(): void
}

/** What the owner of a connection is told. Handlers may throw: the connection then closes with that error. */
export interface ConnectionHandlers {
  /**
   * One packet, whole. The bytes are valid until the call returns, because their memory is used again: a receiver that
   * wants them longer copies them, or keeps the memory. Never called while paused.
   */
  packet(packet: Buffer, memory: PacketMemory): void
  /**
   * After a `send` that answered false: everything has been sent, and the connection takes packets again, or the peer has
   * gone and they were dropped. An owner that paused in between must resume, to be told of the end.
   */
  drain(): void
  /** Called once, as the last of all, whichever side closed. */
  closed(reason: CloseReason): void
}

/**
 * A two-way channel of packets. All calls are synchronous and none of them throws for anything the peer did.
 *
 * Handlers are called from the event loop, never from inside a call on the connection.
 */
export interface Connection {
  /** The other end, where the transport can tell. */
  readonly peer: PeerCredentials | undefined
  /** Bytes taken by `send` that the kernel has not taken yet. */
  readonly queuedBytes: number
  /** True once nothing more can be sent. */
  readonly closed: boolean

  /** Begins delivery. Called once. */
  open(handlers: ConnectionHandlers): void

  /**
   * Sends one packet of at most PACKET_MAX bytes. The packet is always taken (on a closed connection it is dropped):
   * the answer says whether more is welcome. After false, wait for `drain`; what is sent meanwhile is queued, and
   * {@link queuedBytes} is how the sender keeps that bounded. The bytes may be reused when the call returns.
   */
  send(packet: Uint8Array): boolean

  /** Stops delivery: nothing is read, so that the kernel's buffer fills and the peer waits. */
  pause(): void
  resume(): void

  /** Sends what is queued, then closes, by force after a deadline. No more packets are delivered. */
  close(): void
  /** Closes at once; what is queued is lost. */
  destroy(): void
}

/** Accepts connections until closed. */
export interface Listener {
  /** Where it listens, for people. */
  readonly address: string
  /**
   * Binds the address anew if it does not lead here any more: its socket file has been removed, or replaced by one of which
   * nothing listens. Connections live on. False if it was in its place.
   *
   * @throws NetdaemonError when that can't be done; the listener is as before
   */
  restore(): boolean
  /** Stops accepting and removes the socket file if it is still this listener's own. Connections live on. */
  close(): void
}
