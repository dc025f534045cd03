// A real daemon in a process and a directory of its own. Disposing of it checks that nothing is left: no child of it, no
// file descriptor above those it began with, no socket and no lock; and that it ended as it should.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, connect, NetdaemonError, type OutputItem } from '../../../client-lib/index.ts'
import { errnoOf } from '../../../proto/errno.ts'
import type { AttachOptionsInput } from '../../../proto/protocol.ts'
import { connectSeqpacket } from '../../../proto/transport/seqpacket/seqpacket.ts'
import { RawClient } from '../client/raw-client.ts'
import { waitFor } from '../wait.ts'

export const daemonProgram = fileURLToPath(new URL('../../../bin/netdaemon.mjs', import.meta.url))
export const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}.js`, import.meta.url))

/** See `DaemonHarness.reader`. `said` is what it printed. */
export type Reader = ChildProcess & { said: string }

export interface HarnessOptions {
  /** Flags besides --socket. */
  readonly args?: readonly string[]
  /** Most files it may have open (ulimit -n). */
  readonly openFiles?: number
  readonly env?: NodeJS.ProcessEnv
  /** File descriptors that it inherits, above 3. */
  readonly inherited?: readonly number[]
  /** Its file, if it is not the one of the build. */
  readonly program?: string
}

export class DaemonHarness implements AsyncDisposable {
  readonly directory: string
  readonly socket: string
  /** Where it keeps its services, in a directory of its own. */
  readonly state: string
  /** What it wrote to stderr so far. */
  log = ''
  readonly #options: HarnessOptions
  readonly #clients = new Set<Client>()
  readonly #raw = new Set<RawClient>()
  readonly #readers = new Set<ChildProcess>()
  #daemon: ChildProcess | undefined
  #filesAtFirst = 0

  private constructor(options: HarnessOptions) {
    this.#options = options
    this.directory = mkdtempSync('/tmp/ndd-')
    this.socket = join(this.directory, 's')
    this.state = join(this.directory, 'state')
  }

  static async start(options: HarnessOptions = {}): Promise<DaemonHarness> {
    const harness = new DaemonHarness(options)
    try {
      await harness.launch()
    } catch (error) {
      rmSync(harness.directory, { recursive: true })
      throw error
    }
    return harness
  }

  get pid(): number {
    return this.#daemon?.pid ?? assert.fail('the daemon does not run')
  }

  /** Starts the daemon, again after {@link killed} or {@link exited}; resolves when it accepts connections. */
  async launch(): Promise<void> {
    const { args = [], openFiles, env = {}, inherited = [], program = daemonProgram } = this.#options
    const command = [
      process.execPath,
      program,
      '--socket',
      this.socket,
      '--ready-fd',
      '3',
      '--state-dir',
      this.state,
      ...args,
    ]
    const limit = openFiles === undefined ? '' : `ulimit -n ${openFiles}; `
    const daemon = spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...inherited],
      env: { ...process.env, ...env },
    })
    this.#daemon = daemon
    daemon.stderr?.on('data', (text: Buffer) => {
      this.log += text
    })
    let ready = ''
    daemon.stdio[3]?.on('data', (text: Buffer) => {
      ready += text
    })
    await waitFor('the daemon to be ready', () => ready.endsWith('\n') || daemon.exitCode !== null)
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}: ${this.log}`)
    await this.#warmUp()
    this.#filesAtFirst = this.openFiles().length
  }

  /** A client, closed at the end if not before. */
  async connect(): Promise<Client> {
    const client = await connect({ socket: this.socket, software: 'test' })
    this.#clients.add(client)
    return client
  }

  /** A connection without a client library; it has not said HELLO. */
  async raw(): Promise<RawClient> {
    const client = new RawClient(await connectSeqpacket(this.socket))
    this.#raw.add(client)
    return client
  }

  /** A connection that is closed already. */
  forget(client: RawClient): void {
    this.#raw.delete(client)
  }

  /** A client in a process of its own that appends the output of a process to a file. */
  reader(process_: string, file: string, options: AttachOptionsInput): Reader {
    const args = [fixture('read-output'), this.socket, process_, file, JSON.stringify(options)]
    const child = Object.assign(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }), { said: '' })
    child.stdout.on('data', (text: Buffer) => {
      child.said += text
    })
    this.#readers.add(child)
    return child
  }

  /** What its file descriptors lead to. */
  openFiles(): string[] {
    return openFilesOf(this.pid)
  }

  /** Its resident memory in bytes. */
  memory(): number {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes) * 1024
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Kills it with SIGKILL; its children run on. */
  async killed(): Promise<void> {
    this.signal('SIGKILL')
    await this.#exit()
  }

  /** Waits until it has ended by itself; answers its exit code. */
  async exited(): Promise<number | null> {
    return (await this.#exit())[0]
  }

  /** All processes that were started by it, or by what it started, and that still exist. */
  descendants(): number[] {
    return pids().filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`NETDAEMON_SOCKET=${this.socket}`)
      } catch {
        return false // gone meanwhile
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#closeClients()
      if (this.#daemon !== undefined) await this.#checkAndStop()
      const left = readdirSync(this.directory).filter((name) => name === 's' || name === 's.lock')
      assert.deepEqual(left, [], 'files are left')
      assert.deepEqual(this.descendants(), [], 'processes are left')
      assert.doesNotMatch(this.log, /internal error/)
    } finally {
      for (const pid of this.descendants()) ignoreMissing(() => process.kill(pid, 'SIGKILL'))
      if (this.#daemon !== undefined) await this.killed()
      rmSync(this.directory, { recursive: true })
    }
  }

  /** Kills what a test has left to run after the daemon's own death. */
  async killDescendants(): Promise<void> {
    // Again and again: one that is executing another program has no environment for a moment, and is not found by it.
    await waitFor('them to be gone', () => {
      const left = this.descendants()
      for (const pid of left) ignoreMissing(() => process.kill(pid, 'SIGKILL'))
      return left.length === 0
    })
  }

  async #closeClients(): Promise<void> {
    for (const reader of this.#readers) reader.kill('SIGKILL')
    await Promise.all([
      ...Array.from(this.#clients, (client) => client.close()),
      ...Array.from(this.#raw, (client) => client.close()),
    ])
    this.#clients.clear()
    this.#raw.clear()
  }

  /** Everything that was started is ended and removed: then the daemon must have no more files open than at first. */
  async #checkAndStop(): Promise<void> {
    const client = await this.connect()
    for (const { id } of await client.list()) {
      await client.remove(id, { force: true }).catch((error: unknown) => {
        if (!(error instanceof NetdaemonError && error.code === 'NOT_FOUND')) throw error
      })
    }
    await this.#closeClients()
    await waitFor(`its files to be closed: ${this.openFiles().join(' ')}`, () => {
      return this.openFiles().length <= this.#filesAtFirst
    })
    await waitFor('its zombies to be reaped', () => zombiesOf(this.pid).length === 0)
    this.signal('SIGTERM')
    assert.equal(await this.exited(), 0, 'the daemon must end well')
  }

  async #exit(): Promise<[number | null, NodeJS.Signals | null]> {
    const daemon = this.#daemon ?? assert.fail('the daemon does not run')
    if (daemon.exitCode === null && daemon.signalCode === null) await once(daemon, 'exit')
    this.#daemon = undefined
    return [daemon.exitCode, daemon.signalCode]
  }

  /** What is opened only once, at the first client or the first process, is open after this. */
  async #warmUp(): Promise<void> {
    const client = await this.connect()
    await client.startAttached({ command: '/bin/true', autoRemove: true }).then(
      (attachment) => attachment.exited,
      () => undefined, // a daemon with few files
    )
    this.#clients.delete(client)
    // Not all files: what it kept may be starting.
    const sockets = () => this.openFiles().filter((file) => file.startsWith('socket:')).length
    const before = sockets()
    await client.close()
    await waitFor('the first client to be gone', () => sockets() < before)
  }
}

/** What the file descriptors of a process lead to. */
export function openFilesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch {
      return 'closed meanwhile'
    }
  })
}

export function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** State, parent, process group and session of a process, or undefined when it is gone. */
export function statOf(pid: number): { state: string; parent: number; group: number; session: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state = '', parent, group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent), group: Number(group), session: Number(session) }
  } catch {
    return undefined
  }
}

export function zombiesOf(parent: number): number[] {
  return pids().filter((pid) => {
    const stat = statOf(pid)
    return stat?.state === 'Z' && stat.parent === parent
  })
}

/** All output, as it was written; fails at a gap. */
export async function readAll(output: AsyncIterable<OutputItem>, channel?: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const item of output) {
    assert.notEqual(item.kind, 'gap', 'output is missing')
    if (item.kind === 'data' && (channel === undefined || item.channel === channel)) parts.push(item.bytes)
  }
  return Buffer.concat(parts)
}

function ignoreMissing(action: () => void): void {
  try {
    action()
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}
