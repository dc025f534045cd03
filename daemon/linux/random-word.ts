// Words that nobody else has, of the kernel's own random numbers. Node's would load `node:crypto`, which takes as long as a tenth of
// the daemon's own code, at each start.

import { readFileSync } from 'node:fs'

/** The first digits of a UUID are all random (RFC 9562, version 4). */
const DIGITS = 12

/** Twelve hexadecimal digits. */
export function randomWord(): string {
  try {
    const uuid = readFileSync('/proc/sys/kernel/random/uuid', 'latin1')
    return uuid.replaceAll('-', '').slice(0, DIGITS)
  } catch {
    // Whatever it is, without /proc or a file descriptor: Node has another way.
    return process
      .getBuiltinModule('node:crypto')
      .randomBytes(DIGITS / 2)
      .toString('hex')
  }
}
