// A daemon without sockets, time or programs: real sessions and a real table of processes, over connections in memory, with a
// clock that a test moves and children that a test plays.

import { createReadBuffer } from '../../../daemon/linux/stdio/read-buffer.ts'
import { Procfs } from '../../../daemon/linux/tree/procfs.ts'
import { OutputTurn } from '../../../daemon/loop/output-turn.ts'
import { RequestTurn } from '../../../daemon/loop/request-turn.ts'
import { Slices } from '../../../daemon/loop/slices.ts'
import { type Bounds, boundsFor } from '../../../daemon/memory/bounds.ts'
import { EventLog } from '../../../daemon/observe/event-log.ts'
import { UsageMeter } from '../../../daemon/observe/usage.ts'
import { PacketBuffer } from '../../../daemon/output/packet-buffer.ts'
import { isSupervised } from '../../../daemon/process/life-spec.ts'
import { Launcher } from '../../../daemon/run/launcher.ts'
import { Notifications } from '../../../daemon/run/notifications.ts'
import { type ScreenServices, screenServices } from '../../../daemon/screen/screen-services.ts'
import type { DaemonContext } from '../../../daemon/session/request-context.ts'
import { Session } from '../../../daemon/session/session.ts'
import { KeptFiles } from '../../../daemon/state/kept-files.ts'
import { KeptProcesses } from '../../../daemon/supervisor/kept-processes.ts'
import { Leftovers } from '../../../daemon/supervisor/leftovers.ts'
import { ProcessTable, type ProcessTableOptions } from '../../../daemon/supervisor/process-table.ts'
import { type StopPorts, stopAll } from '../../../daemon/supervisor/stop-all.ts'
import { DATA_HEADER } from '../../../proto/codec/stream-codec.ts'
import { UnfinishedMessages } from '../../../proto/codec/unfinished-messages.ts'
import { UNFINISHED_MAX, UNFINISHED_MS } from '../../../proto/limits.ts'
import type { TerminalSize } from '../../../proto/protocol.ts'
import type { Connection } from '../../../proto/transport/connection.ts'
import { RawClient } from '../client/raw-client.ts'
import { memoryPair } from '../transport/memory-pair.ts'
import { waitFor } from '../wait.ts'
import { type FakeChild, FakeChildren } from './fake-children.ts'
import { noProcesses } from './fake-proc.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryDisk } from './memory-disk.ts'

export interface MemoryDaemonParts {
  /** Bytes that the daemon may count on. */
  readonly available?: { readonly memory: number; readonly heap: number }
  /** What its screens share, where it is not the usual. */
  readonly screens?: Partial<ScreenServices>
  /** What starts its programs, where that is not {@link MemoryDaemon.children}. */
  readonly launcher?: (clock: ManualClock) => Launcher
  /** When requests are carried out, where that must not depend on how long they take. */
  readonly requestTurn?: RequestTurn
}

export class MemoryDaemon implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly children = new FakeChildren()
  readonly requestTurn: RequestTurn
  readonly slices = new Slices()
  readonly events: EventLog
  /** Bytes of memory and heap that it believes to have. */
  readonly bounds: Bounds
  readonly processes: ProcessTable
  readonly disk = new MemoryDisk()
  readonly kept: KeptProcesses
  readonly leftovers = new Leftovers(this.clock)
  readonly usage: UsageMeter
  readonly unfinished: UnfinishedMessages
  /** What sessions wrote to the daemon's log: bugs. */
  readonly logged: string[] = []
  /** What each process has of memory, in bytes, when it is measured. */
  memoryOfProcesses: number | undefined
  readonly clients: RawClient[] = []
  openSessions = 0
  readonly stopPorts: StopPorts = {
    watch: this.leftovers,
    stop: (all, killAfterMs) => this.processes.dependencies.stop(all, killAfterMs),
  }

  constructor(
    options: Partial<ProcessTableOptions> = {},
    {
      available = { memory: 2 ** 30, heap: 2 ** 30 },
      screens = {},
      launcher: given,
      requestTurn,
    }: MemoryDaemonParts = {},
  ) {
    this.requestTurn = requestTurn ?? new RequestTurn()
    this.bounds = boundsFor(available)
    const turn = new OutputTurn()
    this.events = new EventLog('run-1', turn, { count: 4096, bytes: this.bounds.eventBytes })
    const { slices } = this
    const { kernel, reaper } = this.children
    this.children.onSwept = (orphans) => this.leftovers.swept(orphans)
    const readBuffer = createReadBuffer(DATA_HEADER)
    const notifications = new Notifications({ kernel, processes: noProcesses }, '/nowhere/notify')
    const launcher =
      given?.(this.clock) ??
      new Launcher(
        { kernel, reaper, clock: this.clock, readBuffer, processes: noProcesses, notifications },
        { socketPath: '/run/test.sock', umask: 0o022, softFiles: undefined, environment: { PATH: '/usr/bin:/bin' } },
      )
    const failing = { onFailing: () => {}, onRecovered: () => {} }
    const files = new KeptFiles('/state', this.disk, this.clock, failing)
    this.kept = new KeptProcesses({ files, clock: this.clock, startTimeOf: () => 'boot 1' })
    this.processes = new ProcessTable(
      {
        kept: this.kept,
        launcher,
        leftovers: this.leftovers,
        notifications,
        clock: this.clock,
        events: this.events,
        turn,
        packetBuffer: new PacketBuffer(),
        bounds: this.bounds,
        screens: { ...screenServices(slices, this.bounds.screens), ...screens },
        measureMemory: (_handle, callback) => {
          callback(this.memoryOfProcesses)
          return () => {}
        },
      },
      { retainCount: 100, retainMs: 60_000, maxProcesses: 1000, ...options },
    )
    const running = () => this.processes.running()
    this.unfinished = new UnfinishedMessages({
      bytesMax: UNFINISHED_MAX,
      deadlineMs: UNFINISHED_MS,
      after: (delayMs, callback) => this.clock.after(delayMs, callback),
    })
    this.usage = new UsageMeter({ clock: this.clock, slices, procfs: new Procfs(), running })
  }

  /** A client that has not said HELLO. */
  connect(bufferBytes?: number): RawClient {
    // Each a program of its own.
    const [theirs, ours] = memoryPair({ bufferBytes, peer: { pid: 77 + this.clients.length, uid: 0, gid: 0 } })
    this.welcome(ours)
    const client = new RawClient(theirs)
    this.clients.push(client)
    return client
  }

  /** A client that has said HELLO. */
  async client(bufferBytes?: number): Promise<RawClient> {
    const client = this.connect(bufferBytes)
    await client.hello()
    return client
  }

  welcome(connection: Connection): void {
    this.openSessions += 1
    new Session(connection, this.#context(), {
      software: 'test 1',
      log: (message, error) => this.logged.push(`${message}: ${error instanceof Error ? error.stack : error}`),
      onClosed: () => {
        this.openSessions -= 1
      },
    })
  }

  /** Starts a child that the test plays. */
  async start(
    client: RawClient,
    spec: {
      name?: string
      autoRemove?: boolean
      outputLimit?: number
      stdin?: 'pipe' | 'null'
      terminal?: TerminalSize
    } = {},
    replace = false,
  ): Promise<{ child: FakeChild; handle: number; id: string }> {
    const { process } = await client.request('START', { spec: { command: '/bin/true', ...spec }, replace })
    return { child: this.children.last, handle: process.handle, id: process.id }
  }

  /** Fails if a session met a bug; ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.connection.destroy()
    await waitFor('the sessions to end', () => this.openSessions === 0)
    this.children.dispose()
    // The end of a pause in reading a flood.
    this.clock.advance(1)
    for (const process of this.processes.all()) {
      // The output of a service goes on across runs.
      if (isSupervised(process.spec)) continue
      await waitFor(`the output of ${process.id} to end`, () => process.log.ended)
    }
    this.processes.dispose()
    if (this.logged.length > 0) throw new Error(`bugs were logged:\n${this.logged.join('\n')}`)
  }

  #context(): DaemonContext {
    const { processes, kept, events, clock, usage, bounds, requestTurn, slices, unfinished } = this
    return {
      kept,
      requestTurn,
      slices,
      bounds,
      usage,
      unfinished,
      processes,
      events,
      clock,
      describe: () => ({
        instance: events.instance,
        pid: 1,
        software: 'test 1',
        address: 'memory',
        startedAt: 0,
        connections: this.openSessions,
        started: processes.started,
        orphansReaped: 0,
        outputBytes: processes.outputBytes,
        limits: { retainCount: 1, retainMs: 1, maxProcesses: 1, maxConnections: 1 },
      }),
      shutdown: ({ timeoutMs }) => stopAll(processes.all(), timeoutMs ?? 10_000, clock, [], this.stopPorts).done,
    }
  }
}
