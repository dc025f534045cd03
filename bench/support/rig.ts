// What the benchmarks share: a daemon of their own, a file of random bytes, and the C programs, compiled if this machine
// has a compiler. Everything lies in one directory, which goes away at the end.

import { spawnSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { type Client, connect } from '../../client-lib/index.ts'

const MIB = 1024 * 1024

/** A file, and what must come out when it is read. */
export interface RandomFile {
  readonly path: string
  readonly size: number
  readonly sha256: string
}

export class Rig implements AsyncDisposable {
  readonly #directory = mkdtempSync('/tmp/netdaemon-bench-')
  readonly #floors = new Map<string, string>()
  readonly socket = join(this.#directory, 'socket')
  /** The built project. */
  readonly dist = fileURLToPath(new URL('../..', import.meta.url))
  /** The environment of everything that is started for a benchmark. */
  readonly env = { ...process.env, NETDAEMON_SOCKET: this.socket }

  /** A rig whose daemon runs. */
  static async create(): Promise<Rig> {
    const rig = new Rig()
    await execa(process.execPath, [join(rig.dist, 'daemon/main.js'), '--background', '--quiet'], { env: rig.env })
    rig.#compile()
    return rig
  }

  connect(): Promise<Client> {
    return connect({ socket: this.socket, software: 'bench' })
  }

  /** A shell command that runs this build's ndctl. */
  get ndctl(): string {
    return `${process.execPath} ${join(this.dist, 'bin/ndctl.cjs')}`
  }

  randomFile(mebibytes: number): RandomFile {
    const path = join(this.#directory, `random-${mebibytes}`)
    const hash = createHash('sha256')
    const piece = Buffer.alloc(MIB)
    const fd = openSync(path, 'w')
    for (let written = 0; written < mebibytes; written++) {
      randomFillSync(piece)
      hash.update(piece)
      writeSync(fd, piece)
    }
    closeSync(fd)
    return { path, size: mebibytes * MIB, sha256: hash.digest('hex') }
  }

  /** The lines that the C program prints, as numbers; undefined if it could not be compiled here. */
  async floor(name: string, ...args: readonly string[]): Promise<number[][] | undefined> {
    const program = this.#floors.get(name)
    if (program === undefined) return undefined
    const { stdout } = await execa(program, [...args])
    return stdout.split('\n').map((line) => line.split(' ').map(Number))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = await this.connect()
    await client.shutdown({ timeoutMs: 1000 })
    await client.close()
    rmSync(this.#directory, { recursive: true })
  }

  #compile(): void {
    const sources = join(this.dist, '../bench/floor')
    for (const source of readdirSync(sources)) {
      const name = basename(source, '.c')
      const program = join(this.#directory, name)
      const { error, status, stderr } = spawnSync('cc', ['-O2', '-Wall', '-o', program, join(sources, source)], {
        encoding: 'utf8',
      })
      if (error === undefined && status === 0) this.#floors.set(name, program)
      else console.error(`bench/floor/${source} is skipped: ${error?.message ?? stderr.trim()}`)
    }
  }
}
