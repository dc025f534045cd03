// Reads what was kept, when the daemon starts. A file that can't be used is set aside, with a sentence, and costs nothing else.

import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../proto/errno.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { OWN_FILE, whyNotOwn } from '../linux/own-file.ts'
import { KEPT_SUFFIX } from './kept-files.ts'
import { type KeptProcess, readKeptText } from './kept-process.ts'

/** No file of a process is longer: a spec has the size of a message at most. */
const FILE_MAX = 32 * 1024 * 1024

/**
 * What is kept in a directory; nothing if there is none.
 *
 * @param warn is told what was wrong
 */
export function readKept(directory: string, warn: (sentence: string) => void, now = new Date()): KeptProcess[] {
  let names: string[]
  try {
    names = readdirSync(directory).sort()
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === undefined) throw error
    if (errno !== 'ENOENT') warn(`cannot read what was kept in "${directory}" (${errno}); no process of it is there`)
    return []
  }
  const kept: KeptProcess[] = []
  for (const name of names) {
    const path = join(directory, name)
    // The daemon was killed while it wrote it.
    if (name.startsWith('.') && name.endsWith('.new')) removeIfPossible(path)
    if (name.startsWith('.') || !name.endsWith(KEPT_SUFFIX)) continue
    try {
      const one = readKeptText(readOwn(path))
      if (`${one.id}${KEPT_SUFFIX}` !== name) throw new NetdaemonError('SYSTEM', `it is about "${one.id}"`)
      kept.push(one)
    } catch (error) {
      setAside(path, whyText(error), warn, now)
    }
  }
  return kept.sort((one, other) => one.startedAt - other.startedAt)
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    // EROFS, EACCES: it is never read, so it may stay.
    if (errnoOf(error) === undefined) throw error
  }
}

function readOwn(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | OWN_FILE)
  try {
    const wrong = whyNotOwn(fd)
    if (wrong !== undefined) throw new NetdaemonError('SYSTEM', wrong)
    if (fstatSync(fd).size > FILE_MAX) throw new NetdaemonError('SYSTEM', 'it is too long')
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

function whyText(error: unknown): string {
  if (error instanceof NetdaemonError) return error.message
  const errno = errnoOf(error)
  if (errno === undefined) throw error
  return `it cannot be read (${errno})`
}

function setAside(path: string, why: string, warn: (sentence: string) => void, now: Date): void {
  const aside = `${path}.damaged-${now.toISOString().replaceAll(':', '-')}`
  let where = `it is "${aside}" now`
  try {
    renameSync(path, aside)
  } catch (error) {
    where = `and it cannot be renamed (${errnoOf(error)})`
  }
  warn(`the process of "${path}" is not there: ${why}; ${where}`)
}
