// The daemon put together: what it is made of, in the order in which it starts, and its end in the reverse order.

import { getPriority } from 'node:os'
import { resolve } from 'node:path'
import { DATA_HEADER } from '../proto/codec/stream-codec.ts'
import { UnfinishedMessages } from '../proto/codec/unfinished-messages.ts'
import { UNFINISHED_MAX, UNFINISHED_MS } from '../proto/limits.ts'
import type { Result } from '../proto/protocol.ts'
import type { Connection, Listener } from '../proto/transport/connection.ts'
import { lockFileOf, prepareSocketDirectory } from '../proto/transport/default-socket.ts'
import { listenSeqpacket } from '../proto/transport/seqpacket/seqpacket-listener.ts'
import { realSocketCalls, type SocketCalls } from '../proto/transport/seqpacket/socket-calls.ts'
import { removeStaleSocket } from '../proto/transport/seqpacket/socket-file.ts'
import type { DaemonOptions } from './config/flags.ts'
import type { Kernel } from './linux/kernel.ts'
import { realKernel } from './linux/libc.ts'
import { acquireLock, type Lock } from './linux/lock-file.ts'
import { randomWord } from './linux/random-word.ts'
import { inheritedSoftFiles } from './linux/spawn/soft-files.ts'
import { closeOnExecEverything } from './linux/spawn/spawn.ts'
import { createReadBuffer } from './linux/stdio/read-buffer.ts'
import { ProcessTree } from './linux/tree/process-tree.ts'
import { Procfs } from './linux/tree/procfs.ts'
import { Reaper } from './linux/tree/reaper.ts'
import { type Clock, systemClock } from './loop/clock.ts'
import { OutputTurn } from './loop/output-turn.ts'
import { RequestTurn } from './loop/request-turn.ts'
import { Slices } from './loop/slices.ts'
import { type Bounds, boundsFor } from './memory/bounds.ts'
import { logStartOrEnd } from './observe/event-entries.ts'
import { EventLog } from './observe/event-log.ts'
import type { Log } from './observe/log.ts'
import { UsageMeter } from './observe/usage.ts'
import { PacketBuffer } from './output/packet-buffer.ts'
import type { Process } from './process/process.ts'
import { refusal } from './refusal.ts'
import { inheritedEnvironment } from './run/inherited-environment.ts'
import { Launcher } from './run/launcher.ts'
import { Notifications } from './run/notifications.ts'
import { screenServices } from './screen/screen-services.ts'
import { ServicesDirectory } from './services-directory.ts'
import type { Client, DaemonContext } from './session/request-context.ts'
import { Session } from './session/session.ts'
import { SocketKeeper } from './socket-keeper.ts'
import { softwareName } from './software-name.ts'
import { stateDirectory } from './state/state-directory.ts'
import type { KeptProcesses } from './supervisor/kept-processes.ts'
import { KeptState } from './supervisor/kept-state.ts'
import { Leftovers } from './supervisor/leftovers.ts'
import { ProcessTable } from './supervisor/process-table.ts'
import { type StopAll, stopAll } from './supervisor/stop-all.ts'

/** Events kept, if they have few labels. */
const EVENTS_MAX = 4096

export interface DaemonParts {
  readonly kernel?: Kernel
  readonly calls?: SocketCalls
  readonly clock?: Clock
  readonly log: Log
}

export class Daemon implements DaemonContext {
  readonly processes: ProcessTable
  readonly kept: KeptProcesses
  readonly services: ServicesDirectory
  readonly bounds: Bounds
  readonly requestTurn = new RequestTurn()
  readonly slices = new Slices()
  readonly events: EventLog
  readonly clock: Clock
  readonly usage: UsageMeter
  readonly unfinished: UnfinishedMessages
  /** Resolves when the daemon has let go of everything. */
  readonly ended: Promise<void>
  readonly #options: DaemonOptions
  readonly #log: Log
  readonly #lock: Lock
  readonly #listener: Listener
  readonly #keeper: SocketKeeper
  readonly #reaper: Reaper
  readonly #sessions = new Set<Session>()
  /** Those whose client asked for the end. */
  readonly #askedToEnd = new Set<Client>()
  readonly #whenGone = new WeakMap<Session, () => void>()
  readonly #startedAt: number
  readonly #leftovers: Leftovers
  readonly #state: KeptState
  readonly #notifications: Notifications
  readonly #softFiles: number | undefined
  readonly #software = softwareName()
  #markEnded = () => {}
  #shutdown: Promise<Result<'SHUTDOWN'>> | undefined
  #stopping: StopAll | undefined

  /**
   * Takes the socket and begins.
   *
   * @throws NetdaemonError with the reason why it can't, for a person
   */
  constructor(socketPath: string, options: DaemonOptions, parts: DaemonParts) {
    const { kernel = realKernel(), calls = realSocketCalls(), clock = systemClock, log } = parts
    this.clock = clock
    this.#leftovers = new Leftovers(clock)
    this.bounds = boundsFor({ memory: options.memory })
    const turn = new OutputTurn()
    const { slices } = this
    const instance = randomWord()
    const eventLimits = { count: EVENTS_MAX, bytes: this.bounds.eventBytes }
    this.events = new EventLog(instance, turn, eventLimits, (event) => logStartOrEnd(log, event))
    this.unfinished = new UnfinishedMessages({
      bytesMax: UNFINISHED_MAX,
      deadlineMs: UNFINISHED_MS,
      after: (delayMs, callback) => clock.after(delayMs, callback),
    })
    this.#options = options
    this.#log = log
    this.#startedAt = clock.now()
    this.ended = new Promise((settle) => {
      this.#markEnded = settle
    })
    this.#softFiles = options.softFiles ?? inheritedSoftFiles()
    prepareSocketDirectory(socketPath)
    closeOnExecEverything(kernel)
    const lockPath = lockFileOf(socketPath)
    this.#lock = acquireLock(kernel, lockPath, socketPath)
    try {
      removeStaleSocket(socketPath, calls)
      this.#reaper = new Reaper(kernel, {
        onWarning: (message) => log.warning(message),
        onSwept: (orphans) => this.#leftovers.swept(orphans),
      })
      const processes = new ProcessTree()
      const onRefused = (sentence: string) => log.debug(sentence)
      this.#notifications = new Notifications({ kernel, processes, onRefused }, resolve(`${socketPath}.notify`))
      const launcher = new Launcher(
        {
          kernel,
          reaper: this.#reaper,
          clock,
          readBuffer: createReadBuffer(DATA_HEADER),
          processes,
          notifications: this.#notifications,
        },
        // The socket is theirs to find from whatever directory they are in.
        {
          socketPath: resolve(socketPath),
          environment: inheritedEnvironment(process.env, (message) => log.warning(message)),
          umask: options.umask,
          softFiles: this.#softFiles,
        },
      )
      this.services = new ServicesDirectory(options.configDir, { launcher, log, socketPath: resolve(socketPath) })
      const directory = stateDirectory(socketPath, options.stateDir)
      this.#state = new KeptState({ directory, kernel, clock, log })
      this.kept = this.#state.processes
      this.processes = new ProcessTable(
        {
          launcher,
          kept: this.kept,
          earlier: this.#state.earlier,
          leftovers: this.#leftovers,
          notifications: this.#notifications,
          clock,
          events: this.events,
          turn,
          packetBuffer: new PacketBuffer(),
          bounds: this.bounds,
          screens: screenServices(slices, this.bounds.screens),
          measureMemory: (handle, callback) => this.usage.memoryOf(handle, callback),
        },
        options,
      )
      this.usage = new UsageMeter({ clock, slices, procfs: new Procfs(), running: () => this.processes.running() })
      this.#listener = listenSeqpacket({
        path: socketPath,
        calls,
        maxConnections: options.maxConnections,
        refusal: (why) => refusal(why, options.maxConnections),
        onConnection: (connection) => this.#welcome(connection),
        onError: (error) => log.warning(`connection not accepted: ${error.message}`),
      })
    } catch (error) {
      this.#lock.release()
      throw error
    }
    const { lock, listener } = { lock: this.#lock, listener: this.#listener }
    this.#keeper = new SocketKeeper({ path: socketPath, lockPath, lock, listener, clock, log })
    this.#reaper.start()
    log.info(`${this.#software} (pid ${process.pid}) listens on ${socketPath}`)
    this.#state.restore(this.processes, slices)
    this.services.load()
  }

  describe(): ReturnType<DaemonContext['describe']> {
    const { processes } = this
    return {
      instance: this.events.instance,
      pid: process.pid,
      software: this.#software,
      address: resolve(this.#listener.address),
      startedAt: this.#startedAt,
      connections: this.#sessions.size,
      started: processes.started,
      orphansReaped: this.#reaper.orphansReaped,
      outputBytes: processes.outputBytes,
      limits: {
        retainCount: this.#options.retainCount,
        retainMs: this.#options.retainMs,
        maxProcesses: this.#options.maxProcesses,
        maxConnections: this.#options.maxConnections,
      },
      children: { umask: this.#options.umask, softFiles: this.#softFiles ?? null, nice: getPriority() },
    }
  }

  /**
   * Ends the processes (or leaves those that can be left), then the daemon itself. A second call waits for the first, and may
   * shorten its timeout. When
   * it answers, the next daemon can begin; the connection of a client that asked for it closes last.
   */
  shutdown(
    { leave, timeoutMs }: { leave: boolean; timeoutMs?: number | undefined },
    client?: Client,
  ): Promise<Result<'SHUTDOWN'>> {
    if (client !== undefined) this.#askedToEnd.add(client)
    if (this.#shutdown !== undefined && timeoutMs !== undefined) this.#stopping?.hurryAfter(timeoutMs)
    this.#shutdown ??= this.#end(leave, timeoutMs ?? this.#options.stopTimeoutMs)
    return this.#shutdown
  }

  /** Makes the socket and the lock anew if their files have gone, which is done by itself where the kernel tells of it. */
  lookAtSocket(): void {
    this.#keeper.look()
  }

  /** Kills what a shutdown under way still waits for. */
  hurry(): void {
    this.#stopping?.hurry()
  }

  async #end(leave: boolean, timeoutMs: number): Promise<Result<'SHUTDOWN'>> {
    this.#log.info(
      leave ? 'ending; processes are left running, except those on a terminal' : 'ending, and all processes with it',
    )
    this.processes.stopAccepting()
    this.#state.end()
    this.services.dispose()
    // A terminal closes with the daemon: what runs on one can't be left, and is asked to end like any other.
    const canBeLeft = (process: Process) => leave && process.terminal === undefined
    const processes = Array.from(this.processes.all())
    const ending = processes.filter((process) => !canBeLeft(process))
    const forgotten = leave ? [] : Array.from(this.#leftovers)
    this.#stopping = stopAll(ending, timeoutMs, this.clock, forgotten, {
      watch: this.#leftovers,
      stop: (all, killAfterMs) => this.processes.dependencies.stop(all, killAfterMs),
    })
    const { ended, killed, left, survivors } = await this.#stopping.done
    const running = processes.filter((process) => canBeLeft(process) && !process.ended).length
    await this.#state.settled()
    // Before anybody is told of the end: how long the clients take to close is to keep no successor waiting.
    this.#keeper.dispose()
    this.#listener.close()
    this.processes.dispose()
    this.#notifications.dispose()
    this.#reaper.stop()
    this.#leftovers.dispose()
    this.#lock.release()
    // Clients that wait for this answer are told before the connections close.
    setImmediate(() => void this.#letGo())
    return { ended, killed, left: left + running, ...(survivors === undefined ? {} : { survivors }) }
  }

  async #letGo(): Promise<void> {
    await this.#close(Array.from(this.#sessions).filter((session) => !this.#askedToEnd.has(session)))
    await this.#close(Array.from(this.#sessions))
    this.#log.info('ended')
    this.#markEnded()
  }

  /** Closes them, and waits until they have gone. */
  async #close(sessions: readonly Session[]): Promise<void> {
    const gone = sessions.map((session) => new Promise<void>((settle) => this.#whenGone.set(session, settle)))
    for (const session of sessions) session.close()
    await Promise.all(gone)
  }

  #welcome(connection: Connection): void {
    const session = new Session(connection, this, {
      software: this.#software,
      log: (message, error) => this.#log.error(message, error),
      onClosed: () => {
        this.#sessions.delete(session)
        this.#askedToEnd.delete(session)
        this.#whenGone.get(session)?.()
      },
    })
    this.#sessions.add(session)
  }
}
