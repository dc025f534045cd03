// What must be known of a machine to make sense of its figures.

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
  /** The load average of the minute before the run, and the share of all cores that others used just before it. */
  readonly load: number
  readonly busy: number
  /** Whether the kernel says that it is a virtual machine. */
  readonly virtual: boolean
}

export async function describeMachine(): Promise<Machine> {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
    busy: await busyShare(),
    virtual: /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')),
  }
}

/** What part of the time of all cores is used at present, from 0 to 1. */
async function busyShare(): Promise<number> {
  const ticks = () => {
    const [, ...numbers] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).map(Number)
    const idle = (numbers[3] ?? 0) + (numbers[4] ?? 0)
    return { idle, all: numbers.reduce((sum, value) => sum + value, 0) }
  }
  const before = ticks()
  await sleep(2000)
  const after = ticks()
  return Number((1 - (after.idle - before.idle) / (after.all - before.all)).toFixed(2))
}

/** One sentence. */
export function machineText({ cores, processor, memoryGb, kernel, node, load, busy, virtual }: Machine): string {
  return `${cores} cores of ${virtual ? 'a virtual machine' : 'a machine'} (${processor.trim()}, ${memoryGb} GB), Linux ${kernel}, Node ${node}; just before the run others used ${Math.round(100 * busy)} % of them (load ${load})`
}
