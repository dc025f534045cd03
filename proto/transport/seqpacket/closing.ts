// Closing a socket lets go of what waits in it, and of the file descriptors that its peer may have passed along. The last
// close of such a one can block: a TCP socket with SO_LINGER waits for its own peer, as long as whoever passed it has said. So
// where the kernel cannot refuse them, sockets are closed on a thread of Node's pool.

import { close } from 'node:fs'
import type { SocketCalls } from './socket-calls.ts'

/** Closes a socket that another process has had the other end of. `closed` is called when that is done. */
export function closeSocket(fd: number, calls: SocketCalls, closed: () => void = () => {}): void {
  if (calls.mayCarryFds()) {
    // The number is free at once; what the close waits for is not ours any more, nor what it says.
    close(fd, () => closed())
    return
  }
  calls.close(fd)
  closed()
}
