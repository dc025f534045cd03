// What `PacketConnection` asks of the socket under it. The kernel's SEQPACKET socket and the one in memory are such.

import { constants } from 'node:os'

/** The errnos that packet sockets tell apart. */
export const { EAGAIN, ECONNABORTED, ECONNRESET, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, EPIPE } =
  constants.errno

/** What a socket reports. An observer only takes note: it may be called from inside the socket's code. */
export interface PacketSocketEvents {
  /** There is something to receive, or the end. Reported once for each {@link PacketSocket.awaitReadable}. */
  readable(): void
  /** The packet of {@link PacketSocket.sendWhenWritable} has been taken. */
  sent(): void
  /** The peer has gone while a packet waited, or the socket is broken. May come repeatedly until it is destroyed. */
  failed(): void
}

/** A non-blocking socket that keeps packets whole. None of its calls throws. */
export interface PacketSocket {
  observe(events: PacketSocketEvents): void
  /** The packet's length, or -errno; -EAGAIN says that the kernel has no room now. */
  send(packet: Uint8Array): number
  /** Takes a copy and sends it when there is room. One at a time. */
  sendWhenWritable(packet: Uint8Array): void
  /**
   * Takes one packet: its length, 0 at the end (or for an empty packet: the kernel does not tell them apart), or -errno:
   * -EPERM for a packet that carries file descriptors, which is left where it is. A length over that of the buffer is that
   * of a packet that did not fit.
   */
  receive(into: Buffer): number
  awaitReadable(): void
  shutdownWrite(): void
  /**
   * The peer has gone: nothing is reported any more, and all that is left to do is to receive what it has sent, from the kernel,
   * which holds it.
   */
  onlyReceive(): void
  /** Closes it; nothing is reported afterwards, and no other call has an effect. May be repeated. */
  destroy(): void
}
