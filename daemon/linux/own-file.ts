// The files that the daemon keeps beside its socket, its lock and its log. Others may be able to write to that directory, and to plant
// something under those names: a link to a file that we would then truncate or fill, or a pipe that nobody reads. So these are
// opened with OWN_FILE, and looked at before anything is done with them.

import { constants, fstatSync } from 'node:fs'

/** Flags of open(2): no symbolic link is followed, and no pipe or device waited for. */
export const OWN_FILE = constants.O_NOFOLLOW | constants.O_NONBLOCK

/** What is wrong with an open file, to complete a sentence; undefined if it can only be ours. A file that has been removed is fine. */
export function whyNotOwn(fd: number, uid = process.geteuid?.() ?? 0): string | undefined {
  const found = fstatSync(fd)
  if (!found.isFile()) return 'it is not a regular file'
  if (found.nlink > 1) return `it has ${found.nlink} names (hard links)`
  if (found.uid !== uid) return `it belongs to user ${found.uid}`
  return undefined
}
