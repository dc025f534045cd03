// Tells when a SEQPACKET socket can be read or written: the one place that touches node-unix-socket. The library is used
// as the event loop's eye and as the owner of the fd, and for nothing else. With a read size of 0 it never takes a packet
// (read(2) of nothing answers 0 for a socket and leaves its queue alone); it emits `end` and stops polling, which is
// exactly "readable, once". The packets themselves are received and sent by `SocketCalls`.
//
// The library aborts the process when a listener of its throws or destroys the socket: listeners here only take note.

import { SeqpacketSocket } from 'node-unix-socket'

/** What a watch reports. Called from inside the library: take note, schedule work, and do nothing else. */
export interface FdEvents {
  /** It can be read, or has ended. Reported once for each {@link FdWatch.awaitReadable}. */
  readable(): void
  /** The kernel has taken the packet of {@link FdWatch.sendWhenWritable}. */
  sent(): void
  /** The socket has an error pending, or its peer has gone while a packet waited to be sent. May come repeatedly. */
  failed(): void
}

/** The part of the library's private face that is relied on (version 0.2.7; `test/unit/proto/transport/seqpacket/fd-watch.test.ts` checks it). */
interface LibraryWrap {
  startRecv(): void
}

/** Watches one socket, connected or listening, and owns its fd from then on. */
export class FdWatch {
  readonly #socket: SeqpacketSocket
  readonly #wrap: LibraryWrap
  readonly #sent: () => void
  #destroyed = false

  /**
   * Begins with {@link awaitReadable} done.
   *
   * @throws when the event loop cannot watch the fd; it then still belongs to the caller.
   */
  constructor(fd: number, events: FdEvents) {
    this.#socket = new SeqpacketSocket(fd)
    this.#wrap = (this.#socket as unknown as { wrap: LibraryWrap }).wrap
    this.#socket.setInternalReadBufferSize(0)
    this.#socket.removeAllListeners('end')
    this.#socket.removeAllListeners('_error')
    this.#socket.on('end', () => events.readable())
    this.#socket.on('_error', () => events.failed())
    this.#sent = () => events.sent()
  }

  /** Asks for one {@link FdEvents.readable}. */
  awaitReadable(): void {
    if (!this.#destroyed) this.#wrap.startRecv()
  }

  /**
   * Sends the packet as soon as the kernel takes it. The bytes are copied before this returns. One at a time: not again
   * before {@link FdEvents.sent}, which may come during the call.
   */
  sendWhenWritable(packet: Uint8Array): void {
    // The library would take another view's length for its default; always state both.
    if (!this.#destroyed) this.#socket.write(asBuffer(packet), 0, packet.length, this.#sent)
  }

  /** Closes the fd; nothing is reported afterwards. Not to be called from inside an event. */
  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#socket.destroy()
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
