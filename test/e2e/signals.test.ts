// Every signal, 1 to 64, sent to `ndctl start`: what becomes of the program is what becomes of it without ndctl, and so is ndctl's
// end. A shell with job control starts each program twice, so that all can be stopped.

import { equal } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { signalName } from '../../daemon/linux/tree/signals.ts'
import { statOf } from '../support/daemon/daemon-harness.ts'
import { needs } from '../support/programs.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { waitFor } from '../support/wait.ts'

const { SIGKILL, SIGSTOP, SIGCONT, SIGTERM, SIGCHLD, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU } = constants.signals
/** Nobody can catch two of them, and the C library keeps two for itself. */
const numbers = Array.from({ length: 64 }, (_, index) => index + 1).filter(
  (number) => ![SIGKILL, SIGSTOP, 32, 33].includes(number),
)
/** Signals of one shell: each has two programs. */
const AT_ONCE = 10

interface Kind {
  readonly interpreter: string
  readonly script: string
  effect(number: number): Effect
}
type Effect = 'caught' | 'stopped' | 'ignored' | 'ended'

/** What programs do about the signal, and what that does. (Of shells, some run no trap for another's SIGCHLD.) */
const kinds: Readonly<Record<string, Kind>> = {
  'that catches it': {
    interpreter: 'python3',
    script: `
import os, signal, sys, time
def catch(*_):
    os.write(1, b'caught\\n')
    os._exit(7)
signal.signal(int(sys.argv[1]), catch)
print('ready', os.getpid(), flush=True)
while True: time.sleep(0.1)`,
    effect: () => 'caught',
  },
  'that leaves it to the kernel': {
    interpreter: 'sh',
    script: 'echo "ready $$"; exec sleep 3600',
    effect(number) {
      if ([SIGTSTP, SIGTTIN, SIGTTOU].includes(number)) return 'stopped'
      return [SIGCHLD, SIGCONT, SIGURG, SIGWINCH].includes(number) ? 'ignored' : 'ended'
    },
  },
}

/** One program that the shell starts. */
class Job {
  readonly #base: string
  readonly #words: string

  constructor(base: string, words: string) {
    this.#base = base
    this.#words = words
  }

  /** Waits for it, and notes its status. */
  get line(): string {
    const program = `echo $$ >${this.#base}.pid; exec ${this.#words} <idle >${this.#base}.out 2>${this.#base}.err`
    return `( sh -c '${program}'; echo $? >${this.#base}.status ) &`
  }

  /** Whom the shell started: the program, or ndctl. */
  get pid(): number {
    return Number(this.read('pid'))
  }

  /** The program itself. */
  get program(): number {
    return Number(/^ready (\d+)$/m.exec(this.read('out'))?.[1] ?? 0)
  }

  get stopped(): boolean {
    return this.#states.every((state) => state === 'T')
  }

  get status(): string {
    return this.read('status').trim()
  }

  get #states(): (string | undefined)[] {
    return [this.pid, this.program].map((pid) => statOf(pid)?.state)
  }

  begun = () => waitFor(`${this.#words} to begin`, () => this.program > 0)
  wentOn = () => waitFor(`${this.#words} to go on`, () => !this.#states.includes('T'))

  /** Sends the signal, and resolves when it has had that effect; says how it ended after it. */
  async take(number: number, effect: Effect): Promise<string> {
    process.kill(this.pid, number)
    if (effect === 'stopped') {
      await waitFor(`${this.#words} to be stopped`, () => this.stopped)
      process.kill(this.pid, SIGCONT)
      await this.wentOn()
    }
    if (effect === 'stopped' || effect === 'ignored') process.kill(this.pid, SIGTERM)
    await waitFor(`${this.#words} to end`, () => this.status !== '')
    return `${effect}, ${this.read('out').includes('caught') ? 'caught, ' : ''}status ${this.status}`
  }

  read(what: string): string {
    const file = `${this.#base}.${what}`
    return existsSync(file) ? readFileSync(file, 'latin1') : ''
  }
}

describe('a signal to ndctl start does what it does to a bare program', needs('bash', 'python3'), () => {
  for (const [name, { interpreter, script, effect }] of Object.entries(kinds)) {
    it(name, async (t) => {
      const rig = await CliRig.withDaemon(t)
      const path = (file: string) => join(rig.directory, file)
      writeFileSync(path('program'), `${script}\n`)
      for (let at = 0; at < numbers.length; at += AT_ONCE) {
        const pairs = numbers.slice(at, at + AT_ONCE).map((number) => {
          const words = `${interpreter} ${path('program')} ${number}`
          return {
            number,
            bare: new Job(path(`bare-${number}`), words),
            under: new Job(path(`ndctl-${number}`), `ndctl start -q -- ${words}`),
          }
        })
        const jobs = pairs.flatMap(({ bare, under }) => [bare, under])
        const lines = [
          'ulimit -c 0; set -m; [ -p idle ] || mkfifo idle; exec 9<>idle',
          ...jobs.map(({ line }) => line),
          'wait',
        ]
        const shell = spawn('bash', ['-c', lines.join('\n')], {
          ...{ cwd: rig.directory, env: { ...process.env, ...rig.env }, stdio: 'ignore' },
        })
        const over = once(shell, 'exit')
        try {
          await Promise.all(jobs.map((job) => job.begun()))
          for (const { number, bare, under } of pairs) {
            const expected = await bare.take(number, effect(number))
            const found = await under.take(number, effect(number))
            t.diagnostic(`${signalName(number)}: bare ${expected}; under ndctl ${found}`)
            equal(found, expected, signalName(number))
            equal(under.read('err'), bare.read('err'), `what is said about ${signalName(number)}`)
          }
        } finally {
          for (const { pid, program } of jobs) {
            for (const one of [pid, program]) if (one > 0 && statOf(one) !== undefined) process.kill(one, SIGKILL)
          }
          await over
        }
      }
    })
  }
})
