// What the benchmarks share: a daemon, files of bytes to send, the C programs, compiled if this machine has a compiler, and
// the peers that it has. Everything lies in one directory, which goes away at the end.

import { spawnSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { Client } from '../../client-lib/index.ts'
import { installed } from '../../scripts/installed.ts'
import { repository } from '../../scripts/repository.ts'
import type { DataFile, Peer, PeerRig } from '../peers/peer.ts'
import { BenchDaemon } from './daemon.ts'

const MIB = 1024 * 1024

export class Rig implements PeerRig, AsyncDisposable {
  /** The peers to measure. */
  readonly peers: readonly Peer[]
  readonly directory = mkdtempSync('/tmp/netdaemon-bench-')
  /** The built project. */
  readonly dist = fileURLToPath(new URL('../..', import.meta.url))
  /** The environment of everything that is started for a benchmark. */
  readonly env = { ...process.env, NETDAEMON_SOCKET: join(this.directory, 'daemon') }
  readonly #programs = new Map<string, string>()
  readonly #files = new Map<string, DataFile>()
  #shared: BenchDaemon | undefined
  #count = 0

  private constructor(peers: readonly Peer[]) {
    this.peers = peers
  }

  /** A rig whose shared daemon runs. */
  static async create(peers: readonly Peer[]): Promise<Rig> {
    const rig = new Rig(peers)
    rig.#compile()
    rig.#shared = await BenchDaemon.start({ directory: rig.directory, name: 'daemon', dist: rig.dist })
    return rig
  }

  /** The daemon that all benchmarks use that need none of their own. */
  get daemon(): BenchDaemon {
    if (this.#shared === undefined) throw new Error('the rig has no daemon yet')
    return this.#shared
  }

  connect(): Promise<Client> {
    return this.daemon.connect()
  }

  /** Another daemon, for who changes what the others would feel. The caller ends it. */
  startDaemon(prefix: readonly string[] = [], flags: readonly string[] = []): Promise<BenchDaemon> {
    this.#count += 1
    return BenchDaemon.start({ directory: this.directory, name: `own-${this.#count}`, dist: this.dist, prefix, flags })
  }

  /** A new empty name in the rig's directory. */
  fresh(word: string): string {
    this.#count += 1
    return join(this.directory, `${word}-${this.#count}`)
  }

  /** A shell command that runs this build's ndctl. */
  get ndctl(): string {
    return `${process.execPath} ${join(this.dist, 'bin/ndctl.cjs')}`
  }

  /** Random bytes. */
  randomFile(mebibytes: number): DataFile {
    return this.#file(`random-${mebibytes}`, mebibytes, (piece) => randomFillSync(piece))
  }

  /** Lines of 79 random letters and digits, and a newline: what terminals and line-wise loggers can carry. */
  textFile(mebibytes: number): DataFile {
    return this.#file(`text-${mebibytes}`, mebibytes, (piece) => {
      const text = randomFillSync(Buffer.alloc(MIB)).toString('hex')
      for (let at = 0; at < MIB; at += 80) piece.write(`${text.slice(at, at + 79)}\n`, at, 'latin1')
      piece.write('\n', MIB - 1)
    })
  }

  /** The compiled C program; undefined if it could not be compiled here. */
  program(name: string): string | undefined {
    return this.#programs.get(name)
  }

  /** The lines that the C program prints, as numbers; undefined if it could not be compiled here. */
  async floor(name: string, ...args: readonly string[]): Promise<number[][] | undefined> {
    const program = this.#programs.get(name)
    if (program === undefined) return undefined
    const { stdout } = await execa(program, [...args])
    return numbers(stdout)
  }

  /** As {@link floor}, on one CPU with all that it starts. */
  async pinned(cpu: number, name: string, ...args: readonly string[]): Promise<number[][] | undefined> {
    const program = this.#programs.get(name)
    if (program === undefined || !installed('taskset')) return undefined
    const { stdout } = await execa('taskset', ['-c', String(cpu), program, ...args])
    return numbers(stdout)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shared?.[Symbol.asyncDispose]()
    rmSync(this.directory, { recursive: true })
  }

  #file(name: string, mebibytes: number, fill: (piece: Buffer) => void): DataFile {
    const known = this.#files.get(name)
    if (known !== undefined) return known
    const path = join(this.directory, name)
    const hash = createHash('sha256')
    const piece = Buffer.alloc(MIB)
    const fd = openSync(path, 'w')
    for (let written = 0; written < mebibytes; written++) {
      fill(piece)
      hash.update(piece)
      writeSync(fd, piece)
    }
    closeSync(fd)
    const file = { path, size: mebibytes * MIB, sha256: hash.digest('hex') }
    this.#files.set(name, file)
    return file
  }

  #compile(): void {
    const sources = join(repository, 'bench/floor')
    for (const source of readdirSync(sources)) {
      const name = basename(source, '.c')
      const program = join(this.directory, name)
      const { error, status, stderr } = spawnSync('cc', ['-O2', '-Wall', '-o', program, join(sources, source)], {
        encoding: 'utf8',
      })
      if (error === undefined && status === 0) this.#programs.set(name, program)
      else console.error(`bench/floor/${source} is skipped: ${error?.message ?? stderr.trim()}`)
    }
  }
}

function numbers(text: string): number[][] {
  return text.split('\n').map((line) => line.split(' ').map(Number))
}
