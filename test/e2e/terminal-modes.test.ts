// Whose modes a terminal has: whatever ndctl or a netdaemon that was started there does at its end, and whatever shell it was,
// the terminal's modes are those of whoever uses it, and the status is the process's. Node itself would put back the modes that
// it found at its start, and abort where the terminal has hung up.
//
// Run by itself, it prints the table of what was seen.

import { equal } from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { statOf } from '../support/daemon/daemon-harness.ts'
import { needs } from '../support/programs.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { type Shell, Tmux } from '../support/terminal/tmux-rig.ts'
import { waitFor } from '../support/wait.ts'

const size = { columns: 100, rows: 30 }
const netdaemon = fileURLToPath(new URL('../../bin/netdaemon.mjs', import.meta.url))

/** What the shell runs, all of which ends when it is told to. */
const scripts = {
  // What ndctl is about: writes a line, and exits with 3.
  process: 'echo begun; read line <$1; exit 3',
  // Whoever has the terminal in front: sets modes that no shell has.
  front: 'stty -icanon -echo -isig; echo in front; read line <front.fifo; stty sane',
  // The same behind a pipe, once there is something to read; it stays until it is told.
  'pager that stays':
    'read line; stty -icanon -echo -isig </dev/tty; echo in front; read line <front.fifo; stty sane </dev/tty; cat',
  // It has the terminal before the writer begins, and ends before it ends.
  'pager that leaves': 'stty -icanon -echo -isig </dev/tty; echo >gate; read line; stty sane </dev/tty; echo left',
}

type Kind = 'start' | 'attach' | 'wait' | 'netdaemon'
const kinds: readonly Kind[] = ['start', 'attach', 'wait', 'netdaemon']

/** Something that the shell runs. */
interface Program {
  readonly kind: Kind
  /** A subshell, so that it stops as a whole. */
  readonly line: string
  /** How it ends when it is told to. */
  readonly status: string
  begun(): Promise<void>
  end(): Promise<void>
  /** Resolves with how it has ended. */
  ended(): Promise<string>
}

const pidIn = (file: string) => Number(readFileSync(file, 'latin1'))

/** Whether the process would not just die of SIGTERM (proc_pid_status(5)). */
function catchesTerm(pid: number): boolean {
  const caught = /^SigCgt:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0'
  return (BigInt(`0x${caught}`) & (1n << BigInt(constants.signals.SIGTERM - 1))) !== 0n
}

/** What was seen, by situation and program: a status for each shell, where the modes were right. */
const seen = new Map<string, Map<string, string[]>>()

function printTable(): void {
  console.log(`on Node ${process.versions.node}: the exit status in each shell; the modes were right after each`)
  for (const [situation, programs] of seen) {
    const cells = Array.from(programs, ([program, statuses]) => `${program}: ${statuses.sort().join(', ')}`)
    console.log(`  ${situation}\n    ${cells.join('\n    ')}`)
  }
}

/** One terminal, and what is started there. */
class Terminal {
  situation = ''
  readonly #rig: CliRig
  readonly #shell: Shell
  readonly tmux: Tmux
  #count = 0

  constructor(rig: CliRig, tmux: Tmux, shell: Shell) {
    this.#rig = rig
    this.#shell = shell
    this.tmux = tmux
  }

  /** All was right with it here. */
  note(program: Kind | 'ui', status: string): void {
    const programs = seen.get(this.situation) ?? new Map<string, string[]>()
    seen.set(this.situation, programs)
    programs.set(program, [...(programs.get(program) ?? []), `${this.#shell} ${status}`])
  }

  path = (name: string) => `${this.#rig.directory}/${name}`

  /** Lets whoever reads this FIFO go on, once it does. */
  tell = (fifo: string) => writeFile(this.path(fifo), '\n')

  async modesAre(modes: string, when: string): Promise<void> {
    equal(await this.tmux.termios(), modes, `the modes ${when}`)
  }

  async run(line: string): Promise<void> {
    await this.tmux.type(line)
    await this.tmux.keys('Enter')
  }

  async status(name: string): Promise<string> {
    const file = this.path(`${name}.status`)
    await waitFor(`the status of ${name}`, () => existsSync(file) && readFileSync(file, 'latin1').endsWith('\n'))
    return readFileSync(file, 'latin1').trim()
  }

  /** @param first what the subshell does before */
  async program(kind: Kind, first = 'true'): Promise<Program> {
    const name = `${kind}${this.#count++}`
    const common = { kind, ended: () => this.status(name) }
    const line = (words: string) => `(${first}; ${words}; echo $? >${name}.status)`
    if (kind === 'netdaemon') {
      const [socket, pid] = [this.path(`${name}.socket`), this.path(`${name}.pid`)]
      const words = `${process.execPath} ${netdaemon} --socket ${socket}`
      return {
        ...{ ...common, status: '0' },
        line: line(`echo begun; sh -c 'echo $$ >${pid}; exec ${words}'`),
        begun: () => waitFor(`a daemon on ${socket}`, () => existsSync(socket) && catchesTerm(pidIn(pid))),
        end: async () => void process.kill(pidIn(pid), 'SIGTERM'),
      }
    }
    await execa('mkfifo', [this.path(name)])
    const command = ['sh', this.path('process'), this.path(name)]
    if (kind !== 'start') await this.#rig.start(name, command)
    const words = {
      start: `ndctl start -q --name ${name} -- ${command.join(' ')}`,
      attach: `ndctl attach -q ${name} 2>/dev/null`,
      wait: `echo begun; ndctl wait ${name}`,
    }[kind]
    const attached = () => this.#rig.until(name, 'attached to', ({ clients }) => clients.length > 0)
    return {
      ...{ ...common, status: '3', line: line(words) },
      begun: kind === 'attach' ? attached : async () => {},
      end: () => this.tell(name),
    }
  }

  /** Programs of all kinds, each of them started like that. */
  async all(start: (program: Program) => Promise<void>): Promise<Program[]> {
    const programs: Program[] = []
    for (const kind of kinds) {
      const program = await this.program(kind)
      await start(program)
      programs.push(program)
    }
    for (const program of programs) await program.begun()
    return programs
  }

  /** Ends them, one after the other, while somebody else has the terminal in these modes. */
  async endAll(programs: readonly Program[], modes?: string): Promise<void> {
    for (const program of programs) {
      await program.end()
      equal(await program.ended(), program.status, `the status of ${program.kind}`)
      if (modes !== undefined) await this.modesAre(modes, `after ${program.kind} has ended`)
      this.note(program.kind, program.status)
    }
  }
}

const situations: Readonly<Record<string, (terminal: Terminal, shell: Shell) => Promise<void>>> = {
  async 'in the background, behind a program that has set modes of its own'(terminal) {
    const { tmux } = terminal
    const programs = await terminal.all((program) => tmux.command(`${program.line} >/dev/null & true`))
    await tmux.command('ndctl ui & echo $! >ui.pid')
    const ui = pidIn(terminal.path('ui.pid'))
    await waitFor('the UI to be stopped, as any full-screen program', () => statOf(ui)?.state === 'T')
    await terminal.run('sh front')
    await tmux.shows('in front')
    terminal.note('ui', 'stopped')
    await terminal.endAll(programs, await tmux.termios())
    process.kill(ui, 'SIGKILL')
    await terminal.tell('front.fifo')
    await tmux.command('clear')
  },

  async 'in the background after Ctrl-Z, at the prompt'(terminal) {
    const { tmux } = terminal
    const modes = await tmux.termios()
    const programs = await terminal.all(async (program) => {
      await terminal.run(`${program.line} >/dev/null`)
      const job = await tmux.foreground()
      await program.begun()
      await tmux.keys('C-z')
      await waitFor('the job to be stopped', () => statOf(job)?.state === 'T')
      await tmux.command('bg; clear')
    })
    await terminal.endAll(programs, modes)
    await terminal.run('ndctl ui')
    await tmux.shows(/^ netdaemon/)
    const ui = await tmux.foreground()
    await tmux.keys('C-z')
    await waitFor('the UI to be stopped', () => statOf(ui)?.state === 'T')
    await tmux.command('bg; true')
    await waitFor('the UI to be stopped again, as any full-screen program', () => statOf(ui)?.state === 'T')
    await terminal.modesAre(modes, 'behind the UI')
    await terminal.run('fg; echo $? >bg-ui.status')
    await tmux.shows(/^ netdaemon/)
    await tmux.keys('q')
    equal(await terminal.status('bg-ui'), '0')
    await tmux.prompt()
    await terminal.modesAre(modes, 'after the UI')
    terminal.note('ui', '0')
    await tmux.command('clear')
  },

  async 'in the foreground'(terminal) {
    const { tmux } = terminal
    const [modes, usual] = [await tmux.termios(), await tmux.modes()]
    for (const kind of kinds) {
      const program = await terminal.program(kind)
      await terminal.run(program.line)
      await program.begun()
      await terminal.endAll([program])
      await tmux.prompt()
      await terminal.modesAre(modes, `after ${kind}`)
      equal(await tmux.modes(), usual, `the modes for another program after ${kind}`)
    }
    await terminal.run('(ndctl ui; echo $? >ui.status)')
    await tmux.shows(/^ netdaemon/)
    await tmux.keys('q')
    equal(await terminal.status('ui'), '0')
    await tmux.prompt()
    await terminal.modesAre(modes, 'after the UI')
    terminal.note('ui', '0')
  },

  async 'before a pager that stays'(terminal) {
    const { tmux } = terminal
    await terminal.run("(ndctl ui 2>/dev/null; echo $? >ui-pager.status; echo) | sh 'pager that stays'")
    await tmux.shows('in front')
    const front = await tmux.termios()
    equal(await terminal.status('ui-pager'), '125', 'the UI refuses to write to a pipe')
    await terminal.modesAre(front, 'after the UI')
    await terminal.tell('front.fifo')
    await tmux.prompt()
    await tmux.command('clear')
    terminal.note('ui', '125')
    for (const kind of kinds) {
      const program = await terminal.program(kind)
      await terminal.run(`${program.line} | sh 'pager that stays'`)
      await tmux.shows('in front')
      await program.begun()
      await terminal.endAll([program], await tmux.termios())
      await terminal.tell('front.fifo')
      await tmux.prompt()
      await tmux.command('clear')
    }
  },

  async 'behind a pager that leaves'(terminal) {
    const { tmux } = terminal
    const [modes, usual] = [await tmux.termios(), await tmux.modes()]
    for (const kind of kinds) {
      const program = await terminal.program(kind, 'read line <gate')
      await terminal.run(`${program.line} | sh 'pager that leaves'`)
      await tmux.shows('left')
      if (kind === 'attach') {
        // A guest, whom nobody reads: it leaves at once, and the process runs on.
        equal(await program.ended(), '141', 'the status of attach')
        await program.end()
        terminal.note(kind, '141')
      } else {
        await program.begun()
        await terminal.endAll([program])
      }
      await tmux.prompt()
      await terminal.modesAre(modes, `after ${kind}`)
      equal(await tmux.modes(), usual, `the modes for another program after ${kind}`)
      await tmux.command('clear')
    }
    await terminal.run("(read line <gate; ndctl ui 2>/dev/null; echo $? >ui-left.status) | sh 'pager that leaves'")
    await tmux.shows('left')
    equal(await terminal.status('ui-left'), '125', 'the UI refuses to write to a pipe')
    await tmux.prompt()
    await terminal.modesAre(modes, 'after the UI')
    terminal.note('ui', '125')
    await tmux.command('clear')
  },

  async 'on a terminal that hangs up'(terminal, shell) {
    const { tmux } = terminal
    const forget = shell === 'dash' ? 'true' : 'disown'
    const programs = await terminal.all((program) => tmux.command(`${program.line} >/dev/null & ${forget}`))
    await terminal.run("(trap '' HUP; ndctl ui; echo $? >hung-up.status)")
    await tmux.shows(/^ netdaemon/)
    await tmux.close()
    equal(await terminal.status('hung-up'), '129', 'the UI ends of SIGHUP')
    terminal.note('ui', '129')
    await terminal.endAll(programs)
  },
}

describe('a terminal has the modes of whoever uses it, and every status is right', { concurrency: true }, () => {
  after(printTable)
  for (const shell of ['bash', 'zsh', 'dash'] as const) {
    it(`in ${shell}`, needs('tmux', shell), async (t: TestContext) => {
      const rig = await CliRig.withDaemon(t)
      for (const [name, text] of Object.entries(scripts)) writeFileSync(join(rig.directory, name), `${text}\n`)
      for (const fifo of ['front.fifo', 'gate']) await execa('mkfifo', [join(rig.directory, fifo)])
      const tmux = await Tmux.open(rig, size, 'tmux', shell)
      try {
        const terminal = new Terminal(rig, tmux, shell)
        for (const [name, run] of Object.entries(situations)) {
          terminal.situation = name
          await t.test(name, () => run(terminal, shell))
        }
      } finally {
        await tmux.close()
      }
    })
  }
})
