// runit and s6: a supervisor process for each service, told what to do through a FIFO, and a logger at the end of a pipe.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { installed } from '../../scripts/installed.ts'
import { proportionalMb, until } from '../support/daemon.ts'
import { holds, script, sizeOf, untilSize } from './files.ts'
import type { DataFile, Peer, PeerRig } from './peer.ts'

/** What differs between the two. */
interface Suite {
  readonly name: string
  readonly packageName: string
  /** The supervisor of a directory of services, and the name of that of one service. */
  readonly scan: (directory: string) => readonly string[]
  readonly supervisor: string
  readonly logger: string
  readonly prepareLog: (directory: string) => void
  readonly status: (service: string) => readonly string[]
}

const runitSuite: Suite = {
  name: 'runit',
  packageName: 'runit',
  scan: (directory) => ['runsvdir', directory],
  supervisor: 'runsv',
  logger: 'exec svlogd ./main',
  prepareLog: (directory) => writeFileSync(join(directory, 'config'), 's0\n'),
  status: (service) => ['sv', 'status', service],
}

const s6Suite: Suite = {
  name: 's6',
  packageName: 's6',
  scan: (directory) => ['s6-svscan', '-c', '4000', directory],
  supervisor: 's6-supervise',
  logger: 'exec s6-log n1 s268435455 ./main',
  prepareLog: () => {},
  status: (service) => ['s6-svstat', service],
}

interface Service {
  readonly name: string
  readonly run: string
  readonly up: boolean
  readonly logged: boolean
}

/** A directory of services and the process that supervises it. */
class Scan implements AsyncDisposable {
  readonly directory: string
  readonly #suite: Suite
  readonly #process: ChildProcess

  constructor(rig: PeerRig, suite: Suite, services: readonly Service[]) {
    this.#suite = suite
    this.directory = rig.fresh(suite.name)
    mkdirSync(this.directory)
    for (const { name, run, up, logged } of services) {
      const service = this.service(name)
      script(service, 'run', run)
      if (!up) writeFileSync(join(service, 'down'), '')
      if (!logged) continue
      script(join(service, 'log'), 'run', suite.logger)
      mkdirSync(join(service, 'log/main'))
      suite.prepareLog(join(service, 'log/main'))
    }
    const [command = '', ...args] = suite.scan(this.directory)
    // A process group of its own: everything in it is ended together.
    this.#process = spawn(command, args, { stdio: 'ignore', detached: true })
  }

  service(name: string): string {
    return join(this.directory, name)
  }

  /** Starts a service that is down, once. */
  async once(name: string): Promise<void> {
    const fifo = join(this.service(name), 'supervise/control')
    writeFileSync(fifo, 'o')
  }

  async ready(name: string): Promise<void> {
    const service = this.service(name)
    const ok = () => existsSync(join(service, 'supervise/ok')) || existsSync(join(service, 'supervise/control'))
    await until(`${this.#suite.supervisor} of ${name}`, ok, 30_000, 10)
    await until(`${name}'s logger`, () => existsSync(join(service, 'log/main/current')), 30_000, 10)
  }

  /** The process ids below the scanner, itself included. */
  descendants(): { pid: number; name: string }[] {
    const parents = new Map<number, { parent: number; name: string }>()
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
        const [, name = '', parent = '0'] = /^\d+ \((.*)\) \S (\d+)/s.exec(stat) ?? []
        parents.set(Number(entry), { parent: Number(parent), name })
      } catch {
        // ENOENT, ESRCH: it has ended meanwhile.
      }
    }
    const root = this.#process.pid ?? 0
    const below = (pid: number): boolean => pid === root || (pid > 1 && below(parents.get(pid)?.parent ?? 0))
    return [...parents].filter(([pid]) => below(pid)).map(([pid, { name }]) => ({ pid, name }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once('exit', resolve))
    // In one go from the top down, so that nothing is started again.
    const all = this.descendants()
    for (const { pid, name } of all) if (/svscan|runsvdir|supervise|runsv/.test(name)) end(pid)
    for (const { pid } of all) end(pid)
    await exited
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // ESRCH: it has ended already.
  }
}

function peerOf(suite: Suite): Peer {
  const bulkOnce = async (
    rig: PeerRig,
    file: DataFile,
    limitMs?: number,
  ): Promise<{ seconds: number; log: string }> => {
    await using scan = new Scan(rig, suite, [{ name: 'bulk', run: `exec cat ${file.path}`, up: false, logged: true }])
    await scan.ready('bulk')
    const log = join(scan.service('bulk'), 'log/main/current')
    const begun = performance.now()
    await scan.once('bulk')
    await untilSize(log, file.size, limitMs)
    return { seconds: (performance.now() - begun) / 1000, log }
  }
  return {
    name: suite.name,

    async version() {
      if (!installed(suite.supervisor)) return undefined
      const { stdout } = await execa('dpkg-query', ['-W', '-f', '$' + '{Version}', suite.packageName], {
        reject: false,
      })
      return `${suite.name} ${stdout || '(version unknown)'}`
    },

    async bulk(rig, file) {
      const { seconds, log } = await bulkOnce(rig, file)
      if (!holds(log, file)) throw new Error(`${suite.name}: the log holds other bytes`)
      return seconds
    },

    async starts(rig, count) {
      // One service for each: both wait a second before they start the same again.
      const names = Array.from({ length: count }, (_, index) => `echo${index}`)
      await using scan = new Scan(
        rig,
        suite,
        names.map((name) => ({ name, run: 'exec /bin/echo x', up: false, logged: true })),
      )
      const times: number[] = []
      for (const name of names) {
        await scan.ready(name)
        const begun = performance.now()
        await scan.once(name)
        await untilSize(join(scan.service(name), 'log/main/current'), 2)
        times.push((performance.now() - begun) * 1000)
      }
      return times
    },

    async scale(rig, processes) {
      const services = Array.from({ length: processes }, (_, index) => `sleep${index}`)
      await using scan = new Scan(
        rig,
        suite,
        services.map((name) => ({ name, run: 'exec /bin/sleep 100000', up: true, logged: false })),
      )
      const sleeping = () => scan.descendants().filter(({ name }) => name === 'sleep').length
      await until(`${processes} services`, () => sleeping() >= processes, 120_000, 200)
      let memoryMb = 0
      for (const { pid, name } of scan.descendants()) if (name !== 'sleep') memoryMb += proportionalMb(pid)
      return { memoryMb, listMs: [] }
    },

    async listCommand(rig, count) {
      await using scan = new Scan(rig, suite, [
        { name: 'sleep', run: 'exec /bin/sleep 100000', up: true, logged: true },
      ])
      await scan.ready('sleep')
      const [command = '', ...args] = suite.status(scan.service('sleep'))
      const times: number[] = []
      for (let run = 0; run < count; run++) {
        const begun = performance.now()
        await execa(command, args)
        times.push(performance.now() - begun)
      }
      return times
    },

    async completeRuns(rig, file, runs) {
      let complete = 0
      for (let run = 0; run < runs; run++) {
        const { log } = await bulkOnce(rig, file, 5000).catch(() => ({ log: '' }))
        if (log !== '' && sizeOf(log) === file.size) complete++
      }
      return complete
    },
  }
}

export const runit = peerOf(runitSuite)
export const s6 = peerOf(s6Suite)
