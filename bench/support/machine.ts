// What must be known of a machine to make sense of its figures.

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
  /** The load of the minute before the run: what else was going on. */
  readonly load: number
  /** Whether the kernel says that it is a virtual machine. */
  readonly virtual: boolean
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
    virtual: /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')),
  }
}

/** One sentence. */
export function machineText({ cores, processor, memoryGb, kernel, node, load, virtual }: Machine): string {
  return `${cores} cores of ${virtual ? 'a virtual machine' : 'a machine'} (${processor.trim()}, ${memoryGb} GB), Linux ${kernel}, Node ${node}; load before the run ${load}`
}
