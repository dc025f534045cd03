// A directory, a socket and a daemon of one test's own, and ndctl to run in it. When the test ends, the daemon has been
// stopped, and nothing that it started is left. What a test only prepares or looks at goes through the client library: each run
// of ndctl takes a tenth of a second, and belongs to what is tested.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { execa, type Options, type ResultPromise } from 'execa'
import {
  type Client,
  connect,
  NetdaemonError,
  type ProcessDetail,
  type ProcessSummary,
} from '../../../client-lib/index.ts'
import { stateDirectory } from '../../../daemon/state/state-directory.ts'
import { daemonProgram } from '../daemon/daemon-harness.ts'
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

type Spec = Parameters<Client['start']>[0]

export class CliRig {
  /** Short, since socket paths are. */
  readonly directory = mkdtempSync('/tmp/ndt-')
  readonly socket = join(this.directory, 's')
  readonly env: Record<string, string>
  readonly #running = new Set<ResultPromise>()

  constructor(t: TestContext) {
    const bin = join(this.directory, 'bin')
    mkdirSync(bin)
    symlinkSync(ndctl, join(bin, 'ndctl'))
    this.env = { NETDAEMON_SOCKET: this.socket, PATH: `${bin}:${process.env.PATH ?? ''}` }
    t.after(() => this.#stop())
  }

  /** A rig whose daemon runs. One without, whose ndctl starts it, takes two more starts of Node. */
  static async withDaemon(t: TestContext): Promise<CliRig> {
    const rig = new CliRig(t)
    await rig.startDaemon()
    return rig
  }

  /** Starts ndctl, and gives it to the test while it runs. Its stdin is empty unless `input` or `stdin` is given. */
  spawn(args: readonly string[], options: Options = {}): Running {
    const stdin = 'input' in options ? {} : ({ stdin: 'ignore' } as const)
    const all: Options = { reject: false, env: this.env, stripFinalNewline: false, ...stdin, ...options }
    const running = execa(ndctl, args, all)
    this.#running.add(running)
    void running.finally(() => this.#running.delete(running))
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

  /** Starts the daemon; resolves when it accepts connections. */
  async startDaemon(): Promise<void> {
    const daemon = spawn(process.execPath, [daemonProgram, '--socket', this.socket, '--ready-fd', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.env },
      detached: true,
    })
    daemon.unref()
    const ready = daemon.stdio[3] as Readable
    const [word] = await Promise.race([once(ready, 'data'), once(daemon, 'exit')])
    if (!Buffer.isBuffer(word)) throw new Error(`the daemon ended with ${word}`)
    ready.resume()
  }

  /** Starts a process in the background, and a daemon for it if there is none. */
  async start(
    id: string,
    [command = '', ...args]: readonly string[],
    spec: Partial<Spec> = {},
  ): Promise<ProcessSummary> {
    if (!existsSync(this.socket)) await this.startDaemon()
    return await this.#ask((client) => client.start({ name: id, command, args, ...spec }))
  }

  /** Waits for the process's end. */
  ended = (id: string): Promise<ProcessSummary> => this.#ask((client) => client.wait(id))
  list = (): Promise<ProcessSummary[]> => this.#ask((client) => client.list())
  show = (id: string): Promise<ProcessDetail> => this.#ask((client) => client.show(id))

  /** Resolves when a process's details are so. */
  async until(id: string, what: string, holds: (detail: ProcessDetail) => boolean): Promise<void> {
    await eventually(`"${id}" to be ${what}`, () => this.show(id), holds)
  }

  async daemonPid(): Promise<number> {
    return (await this.#ask((client) => client.info())).pid
  }

  /** Ends the daemon and its processes; comes back when it has gone. */
  async stopDaemon(): Promise<void> {
    let pid = 0
    try {
      pid = await this.daemonPid()
      await this.#ask((client) => client.shutdown({ timeoutMs: 0 }))
    } catch (error) {
      if (!(error instanceof NetdaemonError && ['NO_DAEMON', 'DISCONNECTED'].includes(error.code))) throw error
    }
    await waitFor('the daemon to be gone', () => pid === 0 || !existsSync(`/proc/${pid}`))
  }

  async #ask<T>(question: (client: Client) => Promise<T>): Promise<T> {
    await using client = await connect({ socket: this.socket, software: 'test' })
    return await question(client)
  }

  async #stop(): Promise<void> {
    // What a test that failed has left to run.
    for (const running of this.#running) running.kill('SIGKILL')
    await this.stopDaemon()
    await waitFor(`everything with the socket ${this.socket} to be gone`, () => this.#remains().length === 0)
    rmSync(this.directory, { recursive: true })
    // Its daemons keep their services where every daemon of this user does.
    rmSync(stateDirectory(this.socket), { recursive: true, force: true })
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
