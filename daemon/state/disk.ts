// The calls by which state comes to the disk. None blocks the loop; a test's disk fails when it is told to.

import { constants } from 'node:fs'
import { lstat, mkdir, open, rename, rm, rmdir } from 'node:fs/promises'
import { NetdaemonError } from '../../proto/errors.ts'
import { OWN_FILE } from '../linux/own-file.ts'

export interface Disk {
  /** Makes a directory for this user alone, unless it is there. */
  prepare(directory: string): Promise<void>
  /** Writes a whole file, and waits until it is on the disk. */
  write(path: string, text: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Removes a file, if it is there. */
  remove(path: string): Promise<void>
  /** Removes a directory if nothing is in it, and leaves it if that can't be. */
  removeIfEmpty(directory: string): Promise<void>
  /** Waits until what was renamed and removed in a directory is on the disk. */
  syncDirectory(path: string): Promise<void>
}

const { O_WRONLY, O_CREAT, O_TRUNC, O_DIRECTORY, O_RDONLY } = constants

export const realDisk: Disk = {
  async prepare(directory) {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const { mode, uid } = await lstat(directory)
    if (uid === (process.geteuid?.() ?? 0) && (mode & 0o022) === 0 && (mode & constants.S_IFMT) === constants.S_IFDIR)
      return
    throw new NetdaemonError('SYSTEM', `"${directory}" is not a directory of this user alone`, { errno: 'EPERM' })
  },
  async write(path, text) {
    const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | OWN_FILE, 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  async removeIfEmpty(directory) {
    // ENOTEMPTY, ENOENT, EBUSY where something is mounted: it does no harm.
    await rmdir(directory).catch(() => undefined)
  },
  async syncDirectory(path) {
    const directory = await open(path, O_RDONLY | O_DIRECTORY)
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  },
}
