// What the tests of daemon/linux share: the real kernel, kernels that fail on demand, and a program run to its end.

import { readdirSync } from 'node:fs'
import type { Kernel } from '../../../daemon/linux/kernel.ts'
import { realKernel } from '../../../daemon/linux/libc.ts'
import { type SpawnSpec, spawnProcess } from '../../../daemon/linux/spawn/spawn.ts'
import { OutputPipe } from '../../../daemon/linux/stdio/output-pipe.ts'
import { createReadBuffer } from '../../../daemon/linux/stdio/read-buffer.ts'
import { type ExitStatus, Reaper, type ReaperOptions } from '../../../daemon/linux/tree/reaper.ts'

export const kernel: Kernel = realKernel()
export const readBuffer = createReadBuffer(32)

/** How many fds this process has open. */
export function openFdCount(): number {
  // Reading the directory opens one more.
  return readdirSync('/proc/self/fd').length - 1
}

/** A kernel in which some calls are replaced. */
export function kernelWith(replaced: Partial<Kernel>): Kernel {
  return { ...kernel, ...replaced }
}

/** All that came out of a pipe. */
export function readAll(fd: number): Promise<string> {
  const parts: Buffer[] = []
  return new Promise((resolve, reject) => {
    new OutputPipe(fd, readBuffer, {
      onBytes: (buffer, start, end) => parts.push(Buffer.from(buffer.subarray(start, end))),
      onEnd: (error) => (error ? reject(error) : resolve(Buffer.concat(parts).toString())),
    })
  })
}

/** What is to be started; what is missing is as harmless as possible. */
export type Started = Partial<SpawnSpec> & { readonly file: string }

/** The whole spec of a program, with an environment that holds a PATH only. */
export function specOf(started: Started): SpawnSpec {
  return { argv: [started.file], env: { PATH: '/usr/bin:/bin' }, cwd: '/', stdin: 'null', stderr: 'pipe', ...started }
}

/** The spec of a shell script. `$0` is `sh`; the arguments are `$1` and on. */
export function shell(script: string, ...args: readonly string[]): Started {
  return { file: '/bin/sh', argv: ['sh', '-c', script, 'sh', ...args] }
}

export interface Ended {
  readonly pid: number
  readonly status: ExitStatus
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end and collects what it wrote. Its stdin, if it is a pipe, ends at once. */
export async function runToEnd(reaper: Reaper, started: Started, withKernel: Kernel = kernel): Promise<Ended> {
  const child = spawnProcess(withKernel, specOf(started))
  const ended = new Promise<ExitStatus>((resolve) => reaper.watch(child.pid, resolve))
  if (child.stdin !== null) kernel.close(child.stdin)
  const [stdout, stderr, status] = await Promise.all([
    readAll(child.stdout),
    child.stderr === null ? '' : readAll(child.stderr),
    ended,
  ])
  return { pid: child.pid, status, stdout, stderr }
}

/**
 * A reaper that has started, and that hears of deaths by SIGCHLD alone. Like a daemon's socket it keeps the event loop
 * going, until stop().
 */
export function startReaper(options: ReaperOptions = {}, withKernel: Kernel = kernel): Reaper {
  const every = (): (() => void) => {
    const timer = setInterval(() => {}, 60_000)
    return () => clearInterval(timer)
  }
  const reaper = new Reaper(withKernel, { every, ...options })
  reaper.start()
  return reaper
}
