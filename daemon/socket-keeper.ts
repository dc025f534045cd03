// Keeps the daemon the one that its socket's path leads to. Cleaners of /tmp, and people, remove the socket file or the lock file
// of a daemon that runs: the kernel tells when that happens (inotify), and they are made anew. While nothing happens to
// them this costs nothing; only where the kernel can't tell, or they can't be made anew, it looks again and again.
//
// Order matters: the lock first. A daemon that came in between has a lock of its own on the new file, and then the path is its.

import { watch as watchPath } from 'node:fs'
import type { Listener } from '../proto/transport/connection.ts'
import { prepareSocketDirectory } from '../proto/transport/default-socket.ts'
import type { Lock } from './linux/lock-file.ts'
import type { Clock } from './loop/clock.ts'
import type { Log } from './observe/log.ts'

/** How long until it looks again by itself, where it has to. */
const AGAIN_MS = 10_000

export interface KeptSocket {
  readonly path: string
  readonly lockPath: string
  readonly lock: Pick<Lock, 'renew'>
  readonly listener: Pick<Listener, 'restore'>
  readonly clock: Pick<Clock, 'after'>
  readonly log: Pick<Log, 'warning' | 'error'>
  /** Calls back when a file is removed, renamed or changed, until the returned function is called. @throws if it cannot */
  readonly watch?: (path: string, changed: () => void) => () => void
}

export class SocketKeeper {
  readonly #kept: KeptSocket
  readonly #watch: NonNullable<KeptSocket['watch']>
  #unwatch: (() => void)[] = []
  #watching = false
  #cancelAgain = () => {}
  #lookScheduled = false
  #problem: string | undefined
  #disposed = false

  constructor(kept: KeptSocket) {
    this.#kept = kept
    this.#watch = kept.watch ?? watchFile
    this.look()
  }

  /** Makes anew what has gone. */
  look(): void {
    if (this.#disposed) return
    this.#cancelAgain()
    let whole = false
    // What happens between a repair and the watch of what it made is seen by looking once more.
    for (let round = 0; round < 3 && !whole; round++) {
      const repaired = this.#repair()
      if (repaired === undefined) break
      whole = !repaired && this.#watching
      if (!whole) this.#watchAnew()
    }
    if (!whole) {
      this.#watchAnew()
      this.#cancelAgain = this.#kept.clock.after(AGAIN_MS, () => this.look())
    }
  }

  /** Looks no more: from here on the files may go. */
  dispose(): void {
    this.#disposed = true
    this.#cancelAgain()
    this.#stopWatching()
  }

  /** Whether something had to be done; undefined if it could not be. */
  #repair(): boolean | undefined {
    const { path, lockPath, lock, listener, log } = this.#kept
    try {
      prepareSocketDirectory(path)
      const renewed = lock.renew()
      if (renewed) log.warning(`the lock file ${lockPath} was gone; it is made anew`)
      const restored = listener.restore()
      if (restored) log.warning(`the socket ${path} was gone; it is made anew, and connections live on`)
      this.#problem = undefined
      return renewed || restored
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (why !== this.#problem) log.error(`nobody can connect to this daemon at the moment: ${why}`)
      this.#problem = why
      return undefined
    }
  }

  #watchAnew(): void {
    this.#stopWatching()
    try {
      const { path, lockPath } = this.#kept
      for (const file of [path, lockPath]) this.#unwatch.push(this.#watch(file, () => this.#schedule()))
      this.#watching = true
    } catch {
      // ENOENT: it has just gone again. EMFILE, ENOSPC: no more of inotify for this user. It looks by itself then.
      this.#stopWatching()
    }
  }

  #stopWatching(): void {
    for (const unwatch of this.#unwatch) unwatch()
    this.#unwatch = []
    this.#watching = false
  }

  #schedule(): void {
    if (this.#lookScheduled) return
    this.#lookScheduled = true
    setImmediate(() => {
      this.#lookScheduled = false
      this.look()
    })
  }
}

/** The kernel tells of a file, not of its directory: in /tmp others make and remove files all the time. */
function watchFile(path: string, changed: () => void): () => void {
  const watcher = watchPath(path, { persistent: false }, changed)
  watcher.on('error', changed)
  return () => watcher.close()
}
