// Hands what processes say of themselves (sd_notify(3)) to the runs that they belong to. One socket serves all runs; it is open as
// long as a run needs it. A datagram counts only if its sender is in the tree of a run that is listened to: below its main
// process, in its session or group, or, if it has lost its parents, with the run's mark in its environment.

import { errnoOf } from '../../proto/errno.ts'
import type { Kernel } from '../linux/kernel.ts'
import { type Notification, NotifySocket } from '../linux/notify-socket.ts'
import type { ProcessTree } from '../linux/tree/process-tree.ts'
import { type NotifyMessage, parseNotifyMessage } from './notify-message.ts'
import { RUN_VARIABLE } from './run-tree.ts'

/** A run that is listened to. */
export interface Notifier {
  readonly pid: number
  /** The value of {@link RUN_VARIABLE} of its processes. */
  readonly mark: string
}

export type NotifyHandler = (message: NotifyMessage) => void

interface Listener extends Notifier {
  readonly handler: NotifyHandler
}

export interface NotificationsPorts {
  readonly kernel: Kernel
  readonly processes: ProcessTree
  /** Told of what was refused. */
  readonly onRefused?: (sentence: string) => void
}

export class Notifications {
  readonly #ports: NotificationsPorts
  readonly #path: string
  readonly #byPid = new Map<number, Listener>()
  readonly #byMark = new Map<string, Listener>()
  #socket: NotifySocket | undefined
  #telling = false

  /** @param path where the socket will be */
  constructor(ports: NotificationsPorts, path: string) {
    this.#ports = ports
    this.#path = path
  }

  /**
   * Where processes send to, for their NOTIFY_SOCKET. It is listened to from now on.
   *
   * @throws NetdaemonError SYSTEM with the errno
   */
  address(): string {
    if (this.#socket?.reachable === false) this.dispose()
    this.#socket ??= new NotifySocket(this.#ports.kernel, this.#path, (notification) => this.#notified(notification))
    return this.#socket.path
  }

  /** Hands over what the tree of this run says; the returned function ends that. To be called in the turn of its start. */
  listen(run: Notifier, handler: NotifyHandler): () => void {
    const listener = { ...run, handler }
    this.#byPid.set(run.pid, listener)
    this.#byMark.set(run.mark, listener)
    return () => {
      if (this.#byPid.get(run.pid) === listener) this.#byPid.delete(run.pid)
      this.#byMark.delete(run.mark)
      this.closeIfUnused()
    }
  }

  /** Whether a process belongs to a run that is listened to. */
  belongs(pid: number, { mark }: Notifier): boolean {
    return this.#ownerOf(pid)?.mark === mark
  }

  /** Closes the socket. */
  dispose(): void {
    this.#socket?.close()
    this.#socket = undefined
  }

  /** Closes the socket if no run is listened to; not in the middle of a datagram. */
  closeIfUnused(): void {
    if (this.#byMark.size === 0 && !this.#telling) this.dispose()
  }

  #notified({ text, pid }: Notification): void {
    const owner = this.#ownerOf(pid)
    if (owner === undefined) {
      this.#ports.onRefused?.(`a notification of pid ${pid} was ignored: it belongs to no process that is listened to`)
      return
    }
    const message = parseNotifyMessage(text)
    if (message.fdStore) this.#ports.onRefused?.(`pid ${pid} asked for file descriptors to be kept; they were closed`)
    this.#telling = true
    try {
      owner.handler(message)
    } finally {
      this.#telling = false
    }
    // The next datagram is read after this.
    setImmediate(() => this.closeIfUnused())
  }

  #ownerOf(pid: number): Listener | undefined {
    const { processes } = this.#ports
    try {
      const lineage = processes.lineage(pid)
      for (const ancestor of lineage) {
        const owner =
          this.#byPid.get(ancestor.pid) ?? this.#byPid.get(ancestor.session) ?? this.#byPid.get(ancestor.group)
        if (owner !== undefined) return owner
      }
      const top = lineage.at(-1)
      const mark = top === undefined ? undefined : processes.variableOf(top.pid, RUN_VARIABLE)
      return mark === undefined ? undefined : this.#byMark.get(mark)
    } catch (error) {
      // The daemon has no file descriptor left to look with: nothing is believed.
      const errno = errnoOf(error)
      if (errno === 'EMFILE' || errno === 'ENFILE') return undefined
      throw error
    }
  }
}
