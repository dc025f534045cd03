// Children that exist only as pipes: a kernel whose spawn starts nothing, so that a test plays the program. It writes to
// the real pipe, reads from it, and ends when the test says so; deaths are told by the real reaper.

import { readSync, writeSync } from 'node:fs'
import type { SpawnCall } from '../../../daemon/linux/kernel.ts'
import {
  CLD_EXITED,
  CLD_KILLED,
  errnos,
  F_DUPFD_CLOEXEC,
  type Kernel,
  O_CLOEXEC,
  O_NOCTTY,
  O_RDWR,
} from '../../../daemon/linux/kernel.ts'
import { Reaper } from '../../../daemon/linux/tree/reaper.ts'
import type { OutputChannel } from '../../../proto/protocol.ts'
import { kernelWith, kernel as realKernel } from './linux.ts'

export class FakeChild {
  readonly pid: number
  readonly call: SpawnCall
  /** Signals that it was sent, in order. */
  readonly signals: number[] = []
  readonly #fds: (number | undefined)[]

  constructor(pid: number, call: SpawnCall) {
    this.pid = pid
    this.call = call
    const fds: (number | undefined)[] = []
    for (const fd of call.fds) {
      if (fd === undefined) fds.push(undefined)
      else if (typeof fd !== 'number' && 'opened' in fd)
        fds.push(realKernel.open(fd.opened, O_RDWR | O_NOCTTY | O_CLOEXEC))
      else fds.push(realKernel.fcntl(typeof fd === 'number' ? fd : (fds[fd.sameAs] ?? -1), F_DUPFD_CLOEXEC, 3))
    }
    this.#fds = fds
  }

  /** The file descriptor behind one of its streams, for looking at it. */
  fd(channel: number): number {
    return this.#fds[channel] ?? -1
  }

  /** Writes to its stdout or stderr. No more than the pipe takes. */
  write(channel: number, text: string | Uint8Array): void {
    const fd = this.#fds[channel]
    if (fd === undefined) throw new Error(`the fake child has closed ${channel}`)
    const bytes = Buffer.from(text)
    if (writeSync(fd, bytes) !== bytes.length) throw new Error('the pipe did not take it all')
  }

  /** What it reads from its stdin at once; empty at the end of file. Waits if nothing is there. */
  read(max = 65536): Buffer {
    const fd = this.#fds[0]
    if (fd === undefined) throw new Error('the fake child has closed its stdin')
    const bytes = Buffer.alloc(max)
    return bytes.subarray(0, readSync(fd, bytes))
  }

  close(channel: 0 | OutputChannel): void {
    const fd = this.#fds[channel]
    this.#fds[channel] = undefined
    if (fd !== undefined) realKernel.close(fd)
  }

  closeAll(): void {
    for (const channel of [0, 1, 2] as const) this.close(channel)
  }
}

export class FakeChildren {
  readonly kernel: Kernel
  readonly reaper: Reaper
  /** Told after each sweep. */
  onSwept: (orphans: readonly number[]) => void = () => {}
  readonly all: FakeChild[] = []
  /** What the next spawns answer instead of starting: negative errnos. */
  readonly failures: number[] = []
  readonly #alive = new Map<number, FakeChild>()
  readonly #ended: { pid: number; code: number; status: number }[] = []
  #lastPid = 1000

  constructor() {
    this.kernel = kernelWith({
      spawn: (call) => this.failures.shift() ?? this.#spawn(call).pid,
      peekEnded: () => this.#ended[0] ?? -errnos.ECHILD,
      reap: (pid) => {
        const at = this.#ended.findIndex((child) => child.pid === pid)
        return at < 0 ? 0 : (this.#ended.splice(at, 1)[0] ?? 0)
      },
      kill: (pid, signal) => {
        const child = this.#alive.get(Math.abs(pid))
        child?.signals.push(signal)
        return child === undefined ? -errnos.ESRCH : 0
      },
    })
    this.reaper = new Reaper(this.kernel, { onSwept: (orphans) => this.onSwept(orphans) })
  }

  /** The newest child. */
  get last(): FakeChild {
    return this.all.at(-1) ?? this.#none()
  }

  /** The main process dies; with `keepPipes`, a descendant of it still holds its pipes. */
  end(child: FakeChild, how: { code?: number; signal?: number; keepPipes?: boolean } = {}): void {
    if (!this.#alive.delete(child.pid)) throw new Error('the fake child has ended already')
    const { code = 0, signal, keepPipes = false } = how
    if (!keepPipes) child.closeAll()
    this.#ended.push(
      signal === undefined
        ? { pid: child.pid, code: CLD_EXITED, status: code }
        : { pid: child.pid, code: CLD_KILLED, status: signal },
    )
    this.reaper.sweep()
  }

  /** Ends all that still live, and closes what descendants hold. */
  dispose(): void {
    for (const child of this.#alive.values()) this.end(child)
    for (const child of this.all) child.closeAll()
  }

  #spawn(call: SpawnCall): FakeChild {
    const child = new FakeChild(++this.#lastPid, call)
    this.all.push(child)
    this.#alive.set(child.pid, child)
    return child
  }

  #none(): never {
    throw new Error('nothing was started')
  }
}
