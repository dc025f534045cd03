// What is kept on disk, put together: the files, which processes are in them, and what the runs of an earlier daemon have left.

import type { Kernel } from '../linux/kernel.ts'
import { OldRuns } from '../linux/tree/old-runs.ts'
import type { Clock } from '../loop/clock.ts'
import type { Slices } from '../loop/slices.ts'
import type { Log } from '../observe/log.ts'
import type { Process } from '../process/process.ts'
import { RUN_VARIABLE } from '../run/run-tree.ts'
import { type Disk, realDisk } from '../state/disk.ts'
import { KeptFiles } from '../state/kept-files.ts'
import type { KeptProcess } from '../state/kept-process.ts'
import { readKept } from '../state/read-kept.ts'
import { EarlierRuns } from './earlier-runs.ts'
import { KeptProcesses } from './kept-processes.ts'
import type { ProcessTable } from './process-table.ts'
import { earlierRuns, restore } from './restore.ts'

export interface KeptStatePorts {
  readonly directory: string
  readonly kernel: Kernel
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warning' | 'error'>
  readonly disk?: Disk
}

/** What the disk has not taken by then is not waited for when the daemon ends. */
const SETTLE_MS = 2_000

export class KeptState {
  readonly processes: KeptProcesses
  readonly earlier: EarlierRuns
  readonly #ports: KeptStatePorts
  readonly #files: KeptFiles
  #ended = false

  constructor(ports: KeptStatePorts) {
    const { directory, kernel, clock, log, disk = realDisk } = ports
    this.#ports = ports
    this.#files = new KeptFiles(directory, disk, clock, {
      onFailing: ({ message }) =>
        log.error(`${message}; processes run on, and what is asked of those that are kept is refused`),
      onRecovered: () => log.info(`what is kept can be written to ${directory} again`),
    })
    const oldRuns = new OldRuns(RUN_VARIABLE)
    this.earlier = new EarlierRuns({ kernel, clock, log, oldRuns })
    const startTimeOf = (pid: number) => oldRuns.startTimeOf(pid)
    this.processes = new KeptProcesses({ files: this.#files, clock, startTimeOf })
  }

  /** The processes that were kept are there again, and those that are to run are started, some at a time. */
  restore(table: ProcessTable, slices: Slices): void {
    const { directory, clock, log } = this.#ports
    const all = readKept(directory, (sentence) => log.warning(sentence))
    if (all.length === 0) return
    const there: KeptProcess[] = []
    const waiting: Process[] = restore(all, {
      table,
      kept: this.processes,
      now: () => clock.now(),
      // Two daemons of different versions may not agree about a spec.
      onFailed: ({ id }, error) => log.warning(`"${id}" was kept, and cannot be there again: ${error.message}`),
      onThere: (one) => there.push(one),
    })
    log.info(`${there.length} processes were kept; ${waiting.length} of them are started`)
    this.earlier.end(earlierRuns(there))
    slices.add(() => {
      const next = waiting.shift()
      if (next !== undefined && !this.#ended) table.up(next)
      return waiting.length > 0
    })
  }

  /** The daemon ends: what stops from now on was not asked to. */
  end(): void {
    this.#ended = true
    this.processes.end()
    this.earlier.dispose()
  }

  /** Resolves when all is on disk that can be, or after a while. */
  settled(): Promise<void> {
    this.processes.settle()
    return new Promise((settle) => {
      const cancel = this.#ports.clock.after(SETTLE_MS, settle)
      this.#files.whenIdle(() => {
        cancel()
        this.#files.dispose()
        settle()
      })
    })
  }
}
