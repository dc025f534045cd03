// The files of what is kept, one for each process: written one batch after the other, and atomically: a temporary file,
// fsync, rename, fsync of the directory. Whoever asked is told when it is on the disk, or why not. What could not be written is
// tried again by itself. Invariants: the files of one process are written in the order of what was asked; the loop never
// waits for the disk.

import { join } from 'node:path'
import { errnoOf } from '../../proto/errno.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import type { Clock } from '../loop/clock.ts'
import type { Disk } from './disk.ts'

/** What is to stand in a file, asked when it is written; undefined: the file is to be gone. */
export type Content = () => string | undefined
/** It is on the disk, or it is not, for this reason. */
export type Done = (error: NetdaemonError | undefined) => void

/** Processes of one batch. */
const BATCH = 64
const RETRY_MS = 1_000
const RETRY_MAX_MS = 30_000

/** What the files end with. */
export const KEPT_SUFFIX = '.process'

interface Task {
  content: Content
  readonly done: Done[]
}

export interface KeptFilesHost {
  /** Nothing can be written, for this reason. Told once, until it can again. */
  onFailing(error: NetdaemonError): void
  onRecovered(): void
}

export class KeptFiles {
  readonly #directory: string
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #host: KeptFilesHost
  /** What is to be written, by process. */
  #tasks = new Map<string, Task>()
  #busy = false
  /** A file has been removed in the batch under way: it may have been the last. */
  #hasRemoved = false
  #scheduled = false
  #error: NetdaemonError | undefined
  #retryMs = RETRY_MS
  #cancelRetry: (() => void) | undefined
  #waiters: (() => void)[] = []

  constructor(directory: string, disk: Disk, clock: Clock, host: KeptFilesHost) {
    this.#directory = directory
    this.#disk = disk
    this.#clock = clock
    this.#host = host
  }

  /** Why nothing can be written at present; undefined: it can. */
  get error(): NetdaemonError | undefined {
    return this.#error
  }

  /** Writes the file of a process. */
  put(id: string, content: Content, done?: Done): void {
    const task = this.#tasks.get(id)
    if (task === undefined) this.#tasks.set(id, { content, done: done === undefined ? [] : [done] })
    else {
      task.content = content
      if (done !== undefined) task.done.push(done)
    }
    this.#schedule()
  }

  /** Calls back when all has been written that could be. */
  whenIdle(callback: () => void): void {
    if (!this.#busy && !this.#scheduled) callback()
    else this.#waiters.push(callback)
  }

  /** Nothing is tried again from now on. */
  dispose(): void {
    this.#cancelRetry?.()
  }

  #schedule(): void {
    if (this.#busy || this.#scheduled) return
    this.#scheduled = true
    // Not at once: what one turn of the loop asks for is one batch.
    setImmediate(() => {
      this.#scheduled = false
      this.#busy = true
      void this.#write()
    })
  }

  async #write(): Promise<void> {
    const batch = Array.from(this.#tasks).slice(0, BATCH)
    for (const [id] of batch) this.#tasks.delete(id)
    const errors = await this.#writeBatch(batch)
    this.#busy = false
    const failed = batch.filter(([id]) => errors.has(id))
    const [error] = errors.values()
    for (const [id, { done }] of batch) for (const tell of done) tell(errors.get(id))
    // What nobody asks for any more must become so, sooner or later. Something newer may wait already.
    for (const [id, { content }] of failed) if (!this.#tasks.has(id)) this.#tasks.set(id, { content, done: [] })
    this.#became(error)
    const isAsked = Array.from(this.#tasks.values()).some(({ done }) => done.length > 0)
    if (isAsked || (error === undefined && this.#tasks.size > 0)) this.#schedule()
    else this.#rest()
  }

  #rest(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    if (this.#tasks.size === 0) return
    this.#cancelRetry = this.#clock.after(this.#retryMs, () => this.#schedule())
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
  }

  #became(error: NetdaemonError | undefined): void {
    const before = this.#error
    this.#error = error
    if (error !== undefined && before === undefined) this.#host.onFailing(error)
    if (error !== undefined) return
    this.#retryMs = RETRY_MS
    if (before !== undefined) this.#host.onRecovered()
  }

  /** Those that are not on the disk, and why. */
  async #writeBatch(batch: readonly [string, Task][]): Promise<Map<string, NetdaemonError>> {
    const errors = new Map<string, NetdaemonError>()
    const attempt = async (ids: readonly string[], act: () => Promise<void>): Promise<void> => {
      try {
        await act()
      } catch (error) {
        for (const id of ids) errors.set(id, this.#told(error))
      }
    }
    const all = batch.map(([id]) => id)
    await attempt(all, () => this.#disk.prepare(this.#directory))
    if (errors.size > 0) return errors
    for (const [id, { content }] of batch) await attempt([id], () => this.#writeOne(id, content()))
    await attempt(all, () => this.#disk.syncDirectory(this.#directory))
    if (this.#hasRemoved) await this.#disk.removeIfEmpty(this.#directory)
    this.#hasRemoved = false
    return errors
  }

  async #writeOne(id: string, text: string | undefined): Promise<void> {
    const path = join(this.#directory, `${id}${KEPT_SUFFIX}`)
    if (text === undefined) {
      this.#hasRemoved = true
      return await this.#disk.remove(path)
    }
    const temporary = join(this.#directory, `.${id}.new`)
    try {
      await this.#disk.write(temporary, text)
      await this.#disk.rename(temporary, path)
    } catch (error) {
      // It would take the room that is missing.
      await this.#disk.remove(temporary).catch(() => undefined)
      throw error
    }
  }

  #told(cause: unknown): NetdaemonError {
    if (cause instanceof NetdaemonError) return cause
    const errno = errnoOf(cause)
    if (errno === undefined) throw cause
    return new NetdaemonError(
      'SYSTEM',
      `cannot write to ${this.#directory}: ${reasons[errno] ?? 'it failed'} (${errno})`,
      {
        errno,
        cause,
      },
    )
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk has an error',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  ENOTDIR: 'something on the way is not a directory',
}
