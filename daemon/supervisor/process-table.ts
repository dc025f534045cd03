// All processes of the daemon: adding them, finding them, and forgetting the ended ones. Invariant: each has an id of its own
// and a handle that no other one ever has; whatever is added or forgotten is recorded as an event.

import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessRef, ProcessSpec } from '../../proto/protocol.ts'
import type { Bounds } from '../memory/bounds.ts'
import type { EventLog, Happening } from '../observe/event-log.ts'
import type { State } from '../process/life-model.ts'
import type { Past } from '../process/past.ts'
import { Process } from '../process/process.ts'
import type { ProcessPorts } from '../process/process-ports.ts'
import type { Launcher } from '../run/launcher.ts'
import { changeEvent, isToBeTold } from './change-event.ts'
import { Dependencies } from './dependencies.ts'
import { freeOutputWhenShort } from './free-output.ts'
import type { KeptHooks, Reserved } from './kept-hooks.ts'
import { Names } from './names.ts'
import { findIn, stillRunning } from './process-ids.ts'
import { Retention, type RetentionLimits } from './retention.ts'
import { mayGo, surplusFor } from './room.ts'
import { SpecMemory } from './spec-memory.ts'

export interface ProcessTableOptions extends RetentionLimits {
  /** Processes, running and ended, at most. */
  readonly maxProcesses: number
}

export interface ProcessTablePorts
  extends Omit<ProcessPorts<Process>, 'launcher' | 'onState' | 'onMatched' | 'onEnded' | 'onIdle'> {
  readonly launcher: Launcher
  readonly events: EventLog
  readonly bounds: Bounds
  /** What is kept on disk; absent: nothing. */
  readonly kept?: KeptHooks
}

export class ProcessTable {
  readonly options: ProcessTableOptions
  readonly #ports: ProcessTablePorts
  readonly #processPorts: ProcessPorts<Process>
  /** By handle, and so in the order of their start. */
  readonly #byHandle = new Map<number, Process>()
  readonly #byId = new Map<string, Process>()
  readonly #retention: Retention<Process>
  readonly #specs: SpecMemory<Process>
  /** Those whose end has been told, and that stay: they were applied, or kept. */
  readonly #staying = new Set<Process>()
  readonly #names = new Names(this.#byId)
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
    freeOutputWhenShort(ports.bounds.output, ports.clock, this.#retention, (ended) => this.#forget(ended))
    this.#processPorts = {
      ...ports,
      onState: (process, before) => this.#stateChanged(process, before),
      onMatched: (process, match, line) => this.#record({ kind: 'matched', match, line }, process),
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
  start(spec: ProcessSpec, replace: boolean, reserved?: Reserved): Process {
    this.#checkAccepting(spec.command)
    const replaced = reserved === undefined ? this.#names.claim(spec, replace) : this.#byId.get(reserved.id)
    this.dependencies.check(spec.name, spec.dependsOn)
    const surplus = replaced ?? surplusFor(spec, this, this.#retention)
    const outgoing = new Set(this.#specs.outgoing(spec, mayGo(surplus, this.#retention)))
    if (surplus !== undefined) outgoing.add(surplus)
    const program = this.#ports.launcher.find(reserved?.id ?? this.#names.idFor(spec), spec, reserved?.key)
    const process = new Process(this.#started + 1, program, this.#processPorts)
    if (spec.dependsOn !== undefined) process.life.dependencies(this.dependencies.unmet(process), false)
    process.life.begin()
    // Only now: a program that can't be started must not cost the ended one its record.
    for (const ended of outgoing) this.#forget(ended)
    this.#add(process)
    this.#record({ kind: 'started' }, process)
    this.dependencies.add(process)
    if (spec.dependsOn !== undefined) this.dependencies.up(process)
    return process
  }

  /**
   * Takes an id for a process that is to be started in a moment, if it could be started now.
   *
   * @param mayBeMissing its program may be, at first
   * @throws NetdaemonError as {@link start}
   */
  reserve(spec: ProcessSpec, replace: boolean, { mayBeMissing = false } = {}): string {
    this.#checkAccepting(spec.command)
    if (this.#names.claim(spec, replace) === undefined) surplusFor(spec, this, this.#retention)
    this.dependencies.check(spec.name, spec.dependsOn)
    const id = this.#names.idFor(spec)
    if (!mayBeMissing) this.#ports.launcher.find(id, spec)
    this.#names.reserve(id)
    return id
  }

  /** Gives up, or has made use of, what {@link reserve} has taken. */
  release(id: string): void {
    this.#names.release(id)
  }

  /**
   * A process that nobody wants to run yet. Its program may be missing.
   *
   * @param past how it has lived under an earlier daemon
   */
  create(spec: ProcessSpec, { id, key }: Reserved, past?: Past): Process {
    const program = this.#ports.launcher.findOrAwait(id, spec, key)
    const process = new Process(this.#started + 1, program, this.#processPorts, past)
    this.#add(process)
    this.dependencies.add(process)
    if (past === undefined) this.#record({ kind: 'started' }, process)
    else {
      // Its end was told by the daemon before.
      this.#staying.add(process)
      process.life.restore()
    }
    return process
  }

  /** @throws NetdaemonError CANNOT_START if there is no such program */
  checkProgram(id: string, spec: ProcessSpec): void {
    this.#ports.launcher.check(id, spec)
  }

  /** Lets a process be as this spec says; its run under way goes on. @throws NetdaemonError BAD_REQUEST */
  respecify(process: Process, spec: ProcessSpec, key: string | undefined): void {
    this.dependencies.check(process.id, spec.dependsOn)
    const program = this.#ports.launcher.findOrAwait(process.id, spec, key)
    this.dependencies.unlink(process)
    this.#specs.delete(process)
    try {
      process.respecify(program)
    } finally {
      this.#specs.add(process)
      this.dependencies.add(process)
    }
    if (!this.#retention.has(process) || !this.#ports.kept?.isApplied(process)) return
    this.#retention.drop(process)
    this.#staying.add(process)
  }

  /**
   * The process that a request means: an id, a handle, or the only id that begins so.
   *
   * @throws NetdaemonError NOT_FOUND, AMBIGUOUS
   */
  find(ref: ProcessRef): Process {
    return findIn(ref, this.#byHandle, this.#byId)
  }

  /** Whether it has not been forgotten; another one may have its id since. */
  has(process: Process): boolean {
    return this.#byId.get(process.id) === process
  }

  /** @throws NetdaemonError STILL_RUNNING */
  checkRemovable(process: Process): void {
    if (!process.ended) throw stillRunning(process)
  }

  /**
   * Forgets an ended process.
   *
   * @throws NetdaemonError STILL_RUNNING
   */
  remove(process: Process): void {
    this.checkRemovable(process)
    if (this.has(process)) this.#forget(process)
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
  again(process: Process, why: 'restart' | 'changed' = 'restart'): void {
    this.#checkAccepting(process.id)
    this.dependencies.again(process, why)
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

  #add(process: Process): void {
    this.#specs.add(process)
    this.#started += 1
    this.#byHandle.set(process.handle, process)
    this.#byId.set(process.id, process)
  }

  #stateChanged(process: Process, before: State): void {
    // It is started for the first time, or has been removed.
    if (!this.has(process)) return
    this.dependencies.changed(process)
    this.#ports.kept?.changed(process)
    if (!process.ended) {
      this.#retention.drop(process)
      this.#staying.delete(process)
    }
    if (!isToBeTold(before, process.life.model.state)) return
    const kind = changeEvent(process.state)
    if (kind !== undefined) this.#record({ kind }, process)
  }

  /** An ended process is kept for a while, unless it asked not to be. */
  #retain(process: Process): void {
    // It may have been removed already: by the last client that it was kept for, or with force.
    if (!this.has(process)) return
    if (!this.#retention.has(process) && !this.#staying.has(process)) this.#record({ kind: 'ended' }, process)
    if (this.#ports.kept?.isApplied(process)) this.#staying.add(process)
    else if (process.spec.autoRemove && process.idle) this.#forget(process)
    else this.#retention.keep(process)
  }

  #forget(process: Process): void {
    this.#retention.drop(process)
    this.#staying.delete(process)
    this.#specs.delete(process)
    this.#byHandle.delete(process.handle)
    this.#byId.delete(process.id)
    this.dependencies.delete(process)
    this.#forgottenBytes += process.log.end
    process.forget()
    this.#ports.kept?.forgotten(process)
    this.#record({ kind: 'removed' }, process)
  }

  #record(happening: Happening, process: Process): void {
    this.#ports.events.record(happening, process, this.#ports.clock.now())
  }
}
