// Which processes are kept on disk, and what of them: those that are supervised, and those that were applied. What somebody asks for is
// on disk before it is acted on; what happens by itself follows a moment later. Invariant: a refused request has left nothing
// behind; a process without a record costs the disk nothing.

import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessSpec } from '../../proto/protocol.ts'
import { randomWord } from '../linux/random-word.ts'
import type { Clock } from '../loop/clock.ts'
import type { Process } from '../process/process.ts'
import { isAtRest } from '../process/process-state.ts'
import type { Done, KeptFiles } from '../state/kept-files.ts'
import { type KeptProcess, keptText } from '../state/kept-process.ts'
import type { KeptHooks } from './kept-hooks.ts'

/** What requests say of a process. */
export interface Standing {
  readonly spec: ProcessSpec
  readonly wanted: 'up' | 'down'
  /** Whether it is started with the daemon. */
  readonly enabled: boolean
  /** Where it was applied from; null: it was not. */
  readonly source: string | null
}

interface Record {
  readonly id: string
  readonly key: string
  /** undefined: it is about to be there. */
  process: Process | undefined
  /** As it stands, on disk. */
  standing: Standing
  /** What is asked for, and not on disk yet, in this order. */
  readonly asked: Set<Partial<Standing>>
  cancelWrite: (() => void) | undefined
}

/** What happens by itself is written so long after: much of it happens together. */
const SETTLE_MS = 200

export interface KeptPorts {
  readonly files: Pick<KeptFiles, 'put'>
  readonly clock: Clock
  /** See `OldRuns.startTimeOf`. */
  readonly startTimeOf: (pid: number) => string | undefined
}

export class KeptProcesses implements KeptHooks {
  readonly #ports: KeptPorts
  readonly #records = new Map<string, Record>()
  /** Those that have been forgotten on disk, for as long as they are here. */
  readonly #forgotten = new WeakMap<Process, Record>()
  /** The daemon ends: what stops now was not asked to. */
  #ending = false

  constructor(ports: KeptPorts) {
    this.#ports = ports
  }

  /** What is kept of a process; undefined: nothing is. */
  standing(process: Process): Standing | undefined {
    return this.#of(process)?.standing
  }

  /** What the marks of its runs begin with; undefined: it is not kept. */
  keyOf(process: Process): string | undefined {
    return this.#of(process)?.key
  }

  isApplied(process: Process): boolean {
    return (this.#of(process)?.standing.source ?? null) !== null
  }

  /** The applied ones. */
  *applied(): IterableIterator<Process> {
    for (const { process, standing } of this.#records.values()) {
      if (process !== undefined && standing.source !== null) yield process
    }
  }

  /** Keeps a process that is about to be there; answers its key. */
  keep(id: string, standing: Standing, done: Done): string {
    const key = randomWord()
    const record: Record = { id, key, process: undefined, standing, asked: new Set(), cancelWrite: undefined }
    const before = this.#records.get(id)
    this.#records.set(id, record)
    this.#put(id, (error) => {
      if (error !== undefined) {
        if (before === undefined) this.#records.delete(id)
        else this.#records.set(id, before)
      }
      done(error)
    })
    return key
  }

  /** The process of a record is there now. */
  attach(process: Process): void {
    const record = this.#records.get(process.id)
    if (record === undefined) return
    record.process = process
    this.changed(process)
  }

  /** The process of a record does not come to be. */
  drop(id: string): void {
    this.#records.delete(id)
    this.#put(id)
  }

  /** It was kept, and is there again. */
  restored(process: Process, { id, key, spec, wanted, enabled, source }: KeptProcess): void {
    const standing = { spec, wanted, enabled, source }
    this.#records.set(id, { id, key, process, standing, asked: new Set(), cancelWrite: undefined })
  }

  /** Keeps a process that was not kept before: it has been applied to. */
  adopt(process: Process, standing: Standing, done: Done): void {
    const { id } = process
    const key = randomWord()
    this.#records.set(id, { id, key, process, standing, asked: new Set(), cancelWrite: undefined })
    this.#put(id, (error) => {
      if (error !== undefined) this.#records.delete(id)
      done(error)
    })
  }

  /**
   * Notes what somebody asks for, and calls back when it is on disk; at once if it is there, or if nothing is kept of this
   * process.
   */
  ask(process: Process, change: Partial<Standing>, done: Done): void {
    const record = this.#of(process)
    if (record === undefined || (record.asked.size === 0 && isIn(record.standing, change))) {
      done(undefined)
      return
    }
    record.asked.add(change)
    this.#put(record.id, (error) => {
      record.asked.delete(change)
      if (error === undefined) record.standing = { ...record.standing, ...change }
      done(error)
    })
  }

  /** As {@link ask}; a process that is not kept is from now on. */
  askOrAdopt(process: Process, change: Omit<Standing, 'enabled'>, done: Done): void {
    if (this.#of(process) === undefined) this.adopt(process, { ...change, enabled: true }, done)
    else this.ask(process, change, done)
  }

  /** @throws NetdaemonError BAD_REQUEST if nothing is kept of it */
  checkKept(process: Process): void {
    if (this.#of(process) !== undefined) return
    const why = 'it has no restart policy and was not applied, so it is not there when the daemon starts'
    throw new NetdaemonError('BAD_REQUEST', `"${process.id}": ${why}`)
  }

  /** Forgets a process on disk, before it is forgotten here. */
  forget(process: Process, done: Done): void {
    const record = this.#of(process)
    if (record === undefined) {
      done(undefined)
      return
    }
    this.#records.delete(record.id)
    this.#forgotten.set(process, record)
    this.#put(record.id, (error) => {
      if (error !== undefined) this.keepOn(process)
      done(error)
    })
  }

  /** It was forgotten on disk, and is not to be forgotten after all. */
  keepOn(process: Process): void {
    const record = this.#forgotten.get(process)
    if (record === undefined || this.#records.has(record.id)) return
    this.#records.set(record.id, record)
    this.#put(record.id)
  }

  changed(process: Process): void {
    const record = this.#of(process)
    if (record === undefined) return
    const { wanted } = process.life.model
    // By the policy, or with another that it needs. What was asked for stands there already, or waits for the disk.
    const isOwn = !this.#ending && record.asked.size === 0
    if (isOwn && wanted !== record.standing.wanted) record.standing = { ...record.standing, wanted }
    record.cancelWrite ??= this.#ports.clock.after(SETTLE_MS, () => {
      record.cancelWrite = undefined
      if (this.#of(process) === record) this.#put(record.id)
    })
  }

  forgotten(process: Process): void {
    const record = this.#of(process)
    if (record === undefined) return
    record.cancelWrite?.()
    this.drop(record.id)
  }

  /** The daemon ends: from now on processes go without having been asked to. */
  end(): void {
    this.#ending = true
  }

  /** Writes what has happened by itself, without waiting for more. */
  settle(): void {
    for (const { id, cancelWrite } of this.#records.values()) {
      if (cancelWrite === undefined) continue
      cancelWrite()
      this.#put(id)
    }
  }

  #of(process: Process): Record | undefined {
    const record = this.#records.get(process.id)
    return record?.process === process ? record : undefined
  }

  #put(id: string, done?: Done): void {
    this.#ports.files.put(
      id,
      () => this.#text(id),
      done === undefined ? undefined : (error) => done(refused(id, error)),
    )
  }

  /** The text of its file, as things are when it is written; undefined: there is to be none. */
  #text(id: string): string | undefined {
    const record = this.#records.get(id)
    if (record === undefined) return undefined
    const { key, process, standing, asked } = record
    const { spec, wanted, enabled, source } = Object.assign({}, standing, ...asked) as Standing
    return keptText({ id, key, spec, wanted, enabled, source, ...this.#lived(process) })
  }

  #lived(process: Process | undefined): Omit<KeptProcess, 'id' | 'key' | keyof Standing> {
    if (process === undefined) {
      const startedAt = this.#ports.clock.now()
      return { startedAt, runs: 0, failures: 0, failed: null, atEnd: false, ends: [], run: null }
    }
    const { startedAt, pid, tree } = process
    const { state, runs, failures } = process.life.model
    const startTime = pid === undefined ? undefined : this.#ports.startTimeOf(pid)
    const isRunning = pid !== undefined && startTime !== undefined && tree !== undefined
    return {
      startedAt,
      runs,
      failures,
      failed: state.kind === 'failed' ? state.why : null,
      atEnd: isAtRest(state) && (state.kind === 'exited' || state.kind === 'killed'),
      ends: [...process.life.history.ends],
      run: isRunning ? { pid, startTime, mark: tree.mark } : null,
    }
  }
}

function isIn(standing: Standing, change: Partial<Standing>): boolean {
  return Object.entries(change).every(([key, value]) => standing[key as keyof Standing] === value)
}

function refused(id: string, error: NetdaemonError | undefined): NetdaemonError | undefined {
  if (error === undefined) return undefined
  const { message, errno } = error
  return new NetdaemonError('SYSTEM', `cannot save what is kept of "${id}": ${message}`, { errno, cause: error })
}
