// Whom a client talks to. Whoever owns a directory can put a socket there, and would be handed commands, their input and their
// environment. The kernel says who listens, so nothing is sent to another user's daemon unless the caller names that user.

import { NetdaemonError } from '../proto/errors.ts'
import type { PeerCredentials } from '../proto/transport/connection.ts'

const ROOT = 0

/**
 * Refuses the daemon of another user.
 *
 * @param peer who listens
 * @param where the socket, for the error
 * @param expected the user id that the caller expects; absent: the caller's own, or root's
 * @throws NetdaemonError UNTRUSTED
 */
export function checkDaemonUser(
  peer: PeerCredentials | undefined,
  where: string,
  expected: number | undefined,
  own = process.geteuid?.() ?? ROOT,
): void {
  if (peer === undefined) return
  const { uid, pid } = peer
  if (expected === undefined ? uid === own || uid === ROOT : uid === expected) return
  const wanted = expected === undefined ? 'neither yours nor root’s' : `not user ${expected}’s`
  throw new NetdaemonError(
    'UNTRUSTED',
    `the daemon at ${where} is user ${uid}’s (pid ${pid}), and ${wanted}, so nothing was sent to it; if you mean that one, name its user id with daemonUid (ndctl: --daemon-uid ${uid})`,
    { detail: { path: where, uid, pid } },
  )
}
