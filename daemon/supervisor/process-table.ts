// All processes of the daemon: adding them, finding them, and forgetting the ended ones. Invariant: each has an id of its own
// and a handle that no other one ever has; whatever is added or forgotten is recorded as an event.

import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessRef, ProcessSpec } from '../../proto/protocol.ts'
import type { Bounds } from '../memory/bounds.ts'
import type { EventLog, NumberedEvent } from '../observe/event-log.ts'
import { Process } from '../process/process.ts'
import type { ProcessPorts } from '../process/process-ports.ts'
import type { Launcher } from '../run/launcher.ts'
import { Dependencies } from './dependencies.ts'
import { ambiguous, makeId, nameTaken } from './process-ids.ts'
import { Retention, type RetentionLimits } from './retention.ts'
import { SpecMemory } from './spec-memory.ts'

export interface ProcessTableOptions extends RetentionLimits {
  /** Processes, running and ended, at most. */
  readonly maxProcesses: number
}

export interface ProcessTablePorts extends Omit<ProcessPorts<Process>, 'launcher' | 'onState' | 'onEnded' | 'onIdle'> {
  readonly launcher: Launcher
  readonly events: EventLog
  readonly bounds: Bounds
}

/** When output finds no more room, ended processes go until so much of it is free. */
const OUTPUT_FREED = 1 / 8

export class ProcessTable {
  readonly options: ProcessTableOptions
  readonly #ports: ProcessTablePorts
  readonly #processPorts: ProcessPorts<Process>
  /** By handle, and so in the order of their start. */
  readonly #byHandle = new Map<number, Process>()
  readonly #byId = new Map<string, Process>()
  readonly #retention: Retention<Process>
  readonly #specs: SpecMemory<Process>
  #freeing = false
  readonly dependencies: Dependencies<Process>
  #started = 0
  #forgottenBytes = 0
  #accepting = true

  constructor(ports: ProcessTablePorts, options: ProcessTableOptions) {
    this.#ports = ports
    this.options = options
    this.#retention = new Retention(options, ports.clock, (process) => this.#forget(process))
    this.#specs = new SpecMemory(ports.bounds.specs)
    this.dependencies = new Dependencies(
      (name) => this.#byId.get(name),
      () => ports.clock.now(),
    )
    ports.bounds.output.whenShort(() => this.#freeOutputSoon())
    this.#processPorts = {
      ...ports,
      onState: (process, before) => this.#stateChanged(process, before),
      onEnded: (process) => this.#retain(process),
      onIdle: (process) => {
        if (process.ended) this.#retain(process)
      },
    }
  }

  /** Processes started so far. */
  get started(): number {
    return this.#started
  }

  /** Bytes of output that processes have written so far, forgotten ones included. */
  get outputBytes(): number {
    let bytes = this.#forgottenBytes
    for (const process of this.#byHandle.values()) bytes += process.log.end
    return bytes
  }

  get size(): number {
    return this.#byHandle.size
  }

  /** Those that run, by their pids. */
  *running(): IterableIterator<{ handle: number; pid: number }> {
    for (const { handle, pid } of this.#byHandle.values()) if (pid !== undefined) yield { handle, pid }
  }

  /** All of them with a handle above `after`, in the order of their start. */
  *all(after = 0): IterableIterator<Process> {
    for (const [handle, process] of this.#byHandle) if (handle > after) yield process
  }

  /**
   * Starts a program.
   *
   * @throws NetdaemonError CANNOT_START with the errno, NAME_TAKEN, LIMIT, SHUTTING_DOWN
   */
  start(spec: ProcessSpec, replace: boolean): Process {
    this.#checkAccepting(spec.command)
    const replaced = this.#claimName(spec, replace)
    this.dependencies.check(spec.name, spec.dependsOn)
    const surplus = replaced ?? this.#makeRoom(spec)
    const outgoing = new Set(this.#specs.outgoing(spec, this.#mayGo(surplus)))
    if (surplus !== undefined) outgoing.add(surplus)
    const program = this.#ports.launcher.find(spec.name ?? makeId(spec.command, (id) => this.#byId.has(id)), spec)
    const process = new Process(this.#started + 1, program, this.#processPorts)
    if (spec.dependsOn !== undefined) process.life.dependencies(this.dependencies.unmet(process), false)
    process.life.begin()
    // Only now: a program that can't be started must not cost the ended one its record.
    for (const ended of outgoing) this.#forget(ended)
    this.#specs.add(process)
    this.#started += 1
    this.#byHandle.set(process.handle, process)
    this.#byId.set(process.id, process)
    this.#record('started', process)
    this.dependencies.add(process)
    if (spec.dependsOn !== undefined) this.dependencies.up(process)
    return process
  }

  /**
   * The process that a request means: an id, a handle, or the only id that begins so.
   *
   * @throws NetdaemonError NOT_FOUND, AMBIGUOUS
   */
  find(ref: ProcessRef): Process {
    const exact = typeof ref === 'number' ? this.#byHandle.get(ref) : this.#byId.get(ref)
    if (exact !== undefined) return exact
    const candidates: Process[] = []
    if (typeof ref === 'string') {
      for (const process of this.#byHandle.values()) if (process.id.startsWith(ref)) candidates.push(process)
    }
    const [found, ...others] = candidates
    if (found === undefined) throw new NetdaemonError('NOT_FOUND', `there is no process "${ref}"`)
    if (others.length === 0) return found
    throw ambiguous(String(ref), candidates)
  }

  /**
   * Forgets an ended process.
   *
   * @throws NetdaemonError STILL_RUNNING
   */
  remove(process: Process): void {
    if (!process.ended) {
      throw new NetdaemonError(
        'STILL_RUNNING',
        `cannot remove "${process.id}": ${unendedText(process)}; end it first, or remove it with force`,
        { detail: { id: process.id } },
      )
    }
    if (this.#has(process)) this.#forget(process)
  }

  /**
   * Wants a process to run.
   *
   * @throws NetdaemonError SHUTTING_DOWN
   */
  up(process: Process): void {
    this.#checkAccepting(process.id)
    this.dependencies.up(process)
  }

  /**
   * Wants another run of a process.
   *
   * @throws NetdaemonError SHUTTING_DOWN
   */
  again(process: Process): void {
    this.#checkAccepting(process.id)
    this.dependencies.again(process, 'restart')
  }

  /** Refuses every start from now on. */
  stopAccepting(): void {
    this.#accepting = false
  }

  /** Lets go of timers. The processes run on. */
  dispose(): void {
    this.#accepting = false
    this.#retention.dispose()
  }

  #checkAccepting(what: string): void {
    if (this.#accepting) return
    throw new NetdaemonError('SHUTTING_DOWN', `cannot start "${what}": the daemon is ending`)
  }

  #claimName(spec: ProcessSpec, replace: boolean): Process | undefined {
    if (spec.name === undefined) return undefined
    const holder = this.#byId.get(spec.name)
    if (holder === undefined) return undefined
    if (!holder.ended)
      throw nameTaken(spec.name, false, 'a process that has not ended; choose another, or end that one first')
    if (!replace) throw nameTaken(spec.name, true, 'an ended process; remove it first, or start with replace')
    return holder
  }

  /** The ended process that must be forgotten for a new one, if there are as many as there may be. */
  #makeRoom(spec: ProcessSpec): Process | undefined {
    if (this.size < this.options.maxProcesses) return undefined
    const { first } = this.#retention
    if (first !== undefined) return first
    throw new NetdaemonError(
      'LIMIT',
      `cannot start "${spec.command}": the daemon has ${this.size} processes already; raise --max-processes`,
    )
  }

  /** What is forgotten for a new process: this one first, and then those that ended first. */
  *#mayGo(first: Process | undefined): Iterable<Process> {
    if (first !== undefined) yield first
    for (const ended of this.#retention.idle()) if (ended !== first) yield ended
  }

  /** Not at once: it is asked for in the middle of somebody's output. */
  #freeOutputSoon(): void {
    if (this.#freeing || this.#retention.first === undefined) return
    this.#freeing = true
    this.#ports.clock.after(0, () => {
      this.#freeing = false
      const { output } = this.#ports.bounds
      for (const ended of this.#retention.idle()) {
        if (output.used <= output.limit * (1 - OUTPUT_FREED)) return
        this.#forget(ended)
      }
    })
  }

  #stateChanged(process: Process, before: string): void {
    // It is started for the first time, or has been removed.
    if (!this.#has(process)) return
    this.dependencies.changed(process)
    if (!process.ended) this.#retention.drop(process)
    if (process.state.kind === before) return
    switch (process.state.kind) {
      case 'stopping':
        this.#record('stopping', process)
        break
      case 'exited':
      case 'killed':
      case 'stopped':
      case 'failed':
        // Its end is recorded when its output has come.
        break
      default:
        this.#record('changed', process)
    }
  }

  /** An ended process is kept for a while, unless it asked not to be. */
  #retain(process: Process): void {
    // It may have been removed already: by the last client that it was kept for, or with force.
    if (!this.#has(process)) return
    if (!this.#retention.has(process)) this.#record('ended', process)
    if (process.spec.autoRemove && process.idle) this.#forget(process)
    else this.#retention.keep(process)
  }

  #forget(process: Process): void {
    this.#retention.drop(process)
    this.#specs.delete(process)
    this.#byHandle.delete(process.handle)
    this.#byId.delete(process.id)
    this.dependencies.delete(process)
    this.#forgottenBytes += process.log.end
    process.forget()
    this.#record('removed', process)
  }

  /** Whether it has not been forgotten; another one may have its id since. */
  #has(process: Process): boolean {
    return this.#byId.get(process.id) === process
  }

  #record(kind: NumberedEvent['kind'], process: Process): void {
    this.#ports.events.record(kind, process, this.#ports.clock.now())
  }
}

function unendedText({ pid, state }: Process): string {
  if (pid !== undefined) return 'it is running'
  return state.kind === 'exited' || state.kind === 'killed' ? 'its output has not ended yet' : `it is ${state.kind}`
}
