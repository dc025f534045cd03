// A directory that looks like /proc: the processes that a test says there are.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProcessTree } from '../../../daemon/linux/tree/process-tree.ts'

/** Sees no processes. */
export const noProcesses = new ProcessTree(1, '/nowhere')

export interface FakeProcess {
  readonly parent: number
  readonly name?: string
  readonly state?: string
  readonly group?: number
  readonly session?: number
  readonly environment?: readonly string[]
  /** It is being executed: neither its environment nor its arguments can be seen. */
  readonly isBeingExecuted?: boolean
}

export class FakeProc implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'nd-'))
  readonly #parents = new Map<number, number>()

  constructor(processes: Readonly<Record<number, FakeProcess>>) {
    for (const [pid, fake] of Object.entries(processes)) this.#make(Number(pid), fake, processes)
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true })
  }

  /** It is between two programs: the kernel shows neither its environment nor its arguments. */
  beginExecution(pid: number): void {
    for (const file of ['environ', 'cmdline']) writeFileSync(join(this.root, String(pid), file), '')
  }

  /** It has been executed, with this environment. */
  execute(pid: number, environment: readonly string[]): void {
    writeFileSync(join(this.root, String(pid), 'environ'), environment.map((entry) => `${entry}\0`).join(''))
    writeFileSync(join(this.root, String(pid), 'cmdline'), 'it\0')
  }

  /** It has been reaped. */
  remove(pid: number): void {
    const parent = this.#parents.get(pid)
    rmSync(join(this.root, String(pid)), { recursive: true })
    const file = join(this.root, String(parent), 'task', String(parent), 'children')
    const left = readFileSync(file, 'utf8')
      .split(' ')
      .filter((each) => each !== '' && each !== String(pid))
    writeFileSync(file, left.map((child) => `${child} `).join(''))
  }

  #make(pid: number, fake: FakeProcess, all: Readonly<Record<number, FakeProcess>>): void {
    const { parent, name = 'it', state = 'S', group = pid, session = pid, environment = [] } = fake
    this.#parents.set(pid, parent)
    const place = join(this.root, String(pid))
    mkdirSync(join(place, 'task', String(pid)), { recursive: true })
    const children = Object.entries(all).filter(([, other]) => other.parent === pid)
    writeFileSync(join(place, 'task', String(pid), 'children'), children.map(([child]) => `${child} `).join(''))
    writeFileSync(join(place, 'stat'), `${pid} (${name}) ${state} ${parent} ${group} ${session} 0\n`)
    writeFileSync(join(place, 'environ'), environment.map((entry) => `${entry}\0`).join(''))
    writeFileSync(join(place, 'cmdline'), fake.isBeingExecuted ? '' : `${name}\0`)
  }
}
