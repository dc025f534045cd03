// A directory, a socket and a daemon (started by ndctl itself) of one test's own, and ndctl to run in it. When the test ends,
// the daemon has been stopped, and nothing that it started is left.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { execa, type Options, type ResultPromise } from 'execa'
import type { ProcessDetail, ProcessSummary } from '../../../client-lib/index.ts'
import { eventually, waitFor } from '../wait.ts'

const ndctl = fileURLToPath(new URL('../../../bin/ndctl.cjs', import.meta.url))

/** What a finished run of ndctl left behind. */
export interface Run {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode?: number
  readonly signal?: string
}

/** A run of ndctl that goes on, with what it has written so far. */
export type Running = ResultPromise & { readonly written: { stdout: string; stderr: string } }

export class CliRig {
  /** Short, since socket paths are. */
  readonly directory = mkdtempSync('/tmp/ndt-')
  readonly socket = join(this.directory, 's')
  readonly env: Record<string, string>

  constructor(t: TestContext) {
    const bin = join(this.directory, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'ndctl'), `#!/bin/sh\nexec '${process.execPath}' '${ndctl}' "$@"\n`, { mode: 0o755 })
    this.env = { NETDAEMON_SOCKET: this.socket, PATH: `${bin}:${process.env.PATH ?? ''}` }
    t.after(() => this.#stop())
  }

  /** Starts ndctl, and gives it to the test while it runs. Its stdin is empty unless `input` or `stdin` is given. */
  spawn(args: readonly string[], options: Options = {}): Running {
    const stdin = 'input' in options ? {} : ({ stdin: 'ignore' } as const)
    const all: Options = { reject: false, env: this.env, stripFinalNewline: false, ...stdin, ...options }
    const running = execa(process.execPath, [ndctl, ...args], all)
    const written = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      running[stream]?.on('data', (bytes: Buffer) => {
        written[stream] += String(bytes)
      })
    }
    return Object.assign(running, { written })
  }

  /** Runs ndctl to its end. */
  async run(...args: string[]): Promise<Run> {
    return (await this.spawn(args)) as unknown as Run
  }

  async runWithInput(input: string, ...args: string[]): Promise<Run> {
    return (await this.spawn(args, { input })) as unknown as Run
  }

  /** Runs a line of shell in which `ndctl` is ours. */
  async shell(script: string): Promise<Run> {
    const options: Options = { reject: false, env: this.env, stdin: 'ignore' }
    return (await execa('sh', ['-c', script], options)) as unknown as Run
  }

  /** What `ndctl … --json` prints. */
  async json<T>(...args: string[]): Promise<T> {
    const { stdout, stderr } = await this.run(...args, '--json')
    if (stdout === '') throw new Error(`ndctl ${args.join(' ')} printed nothing: ${stderr}`)
    return JSON.parse(stdout) as T
  }

  list = (...args: string[]): Promise<ProcessSummary[]> => this.json('list', ...args)
  show = (id: string): Promise<ProcessDetail> => this.json('show', id)

  /** Resolves when a process's details are so. */
  async until(id: string, what: string, holds: (detail: ProcessDetail) => boolean): Promise<void> {
    await eventually(`"${id}" to be ${what}`, () => this.show(id), holds)
  }

  async daemonPid(): Promise<number> {
    return (await this.json<{ pid: number }>('info')).pid
  }

  async #stop(): Promise<void> {
    await this.run('daemon', 'stop', '--timeout', '0')
    await waitFor(`everything with the socket ${this.socket} to be gone`, () => this.#remains().length === 0)
    rmSync(this.directory, { recursive: true })
  }

  /** Processes that know our socket, from their command line or their environment. */
  #remains(): string[] {
    return readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
      return [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].some((file) => read(file).includes(this.socket))
    })
  }
}

/** A file of /proc; empty when the process has gone, or is somebody else's. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'code' in error) return ''
    throw error
  }
}

/** Resolves when a running ndctl has written this to stdout. */
export async function seen({ written }: Running, text: string): Promise<void> {
  await waitFor(`${JSON.stringify(text)} on stdout`, () => written.stdout.includes(text))
}
