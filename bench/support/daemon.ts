// A daemon for the benchmarks, with a socket of its own; and what the kernel says about a process.

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { type Client, connect } from '../../client-lib/index.ts'

export interface DaemonSettings {
  /** Where its socket lies; made unique by `name`. */
  readonly directory: string
  readonly name: string
  /** The built project. */
  readonly dist: string
  /** Words in front of the command: `taskset -c 0`. */
  readonly prefix?: readonly string[]
  readonly flags?: readonly string[]
}

export class BenchDaemon implements AsyncDisposable {
  readonly socket: string
  readonly pid: number

  private constructor(socket: string, pid: number) {
    this.socket = socket
    this.pid = pid
  }

  /** Starts one and waits until it accepts connections. */
  static async start({ directory, name, dist, prefix = [], flags = [] }: DaemonSettings): Promise<BenchDaemon> {
    const socket = join(directory, name)
    const [command = '', ...args] = [
      ...prefix,
      process.execPath,
      join(dist, 'bin/netdaemon.mjs'),
      ...['--background', '--quiet', '--socket', socket, ...flags],
    ]
    await execa(command, args)
    await using client = await connect({ socket })
    return new BenchDaemon(socket, (await client.info()).pid)
  }

  connect(): Promise<Client> {
    return connect({ socket: this.socket, software: 'bench' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = await this.connect()
    await client.shutdown({ timeoutMs: 1000 })
    await client.close()
    rmSync(`${this.socket}.log`, { force: true })
  }
}

/** Resident memory of a process, in MB. */
export function residentMb(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kib) * 1024) / 1e6
}

/** A process's share of memory, in MB: pages that several use count in parts. For programs that run many times. */
export function proportionalMb(pid: number): number {
  const [, kib = '0'] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? []
  return (Number(kib) * 1024) / 1e6
}

/** Waits until it holds. @throws when it does not within the time */
export async function until(what: string, holds: () => boolean, limitMs = 30_000, everyMs = 1): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what}`)
    await sleep(everyMs)
  }
}
