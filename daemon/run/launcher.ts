// Launches programs: finds the file, puts the environment together, starts it with pipes or on a terminal, and has its death
// reported. Invariant: a program that has been started is supervised, or killed at once.

import { accessSync, constants } from 'node:fs'
import { errnoOf, isDirectoryGone } from '../../proto/errno.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessSpec, TerminalSize } from '../../proto/protocol.ts'
import type { Kernel } from '../linux/kernel.ts'
import { randomWord } from '../linux/random-word.ts'
import { resolveProgram } from '../linux/spawn/program-path.ts'
import { openSidePipe, type ProgramSpec, spawnProcess } from '../linux/spawn/spawn.ts'
import type { ReadBuffer } from '../linux/stdio/read-buffer.ts'
import { Terminal } from '../linux/stdio/terminal.ts'
import type { ProcessTree } from '../linux/tree/process-tree.ts'
import type { Reaper } from '../linux/tree/reaper.ts'
import type { Clock } from '../loop/clock.ts'
import { PipeStreams } from '../streams/pipe-streams.ts'
import { TerminalStreams } from '../streams/terminal-streams.ts'
import { InheritedVariables } from './inherited-variables.ts'
import type { Notifications } from './notifications.ts'
import { watchReadyPipe } from './ready-pipe.ts'
import { Run, type RunHandlers, type StartedProgram } from './run.ts'
import { RUN_VARIABLE, RunTree, type RunTreePorts } from './run-tree.ts'
import { runSideCommand, type SideEnd } from './side-command.ts'

const SIGKILL = 9
/** Variables that each program has of its own, whatever it inherits. */
const OWN_VARIABLES = ['PWD', 'NETDAEMON_ID', 'NETDAEMON_SOCKET', RUN_VARIABLE]
/** The path of a program that is not there yet. */
const NOT_FOUND = ''

export interface LauncherPorts {
  readonly kernel: Kernel
  readonly reaper: Reaper
  readonly clock: Clock
  /** Shared by all runs: its contents last for one callback. */
  readonly readBuffer: ReadBuffer
  readonly processes: ProcessTree
  readonly notifications: Notifications
}

/** A command that runs beside a program. */
export interface BesideCall {
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly timeoutMs: number
  /** Variables that it has beside those of the program. */
  readonly more?: Readonly<Record<string, string>>
}

export interface LauncherOptions {
  /** Told to the processes in `NETDAEMON_SOCKET`. */
  readonly socketPath: string
  /** What `inherit` inherits. */
  readonly environment: Readonly<Record<string, string>>
  /** The umask of processes whose spec states none. */
  readonly umask: number
  /** The soft limit of open files of all processes; absent: the daemon's own. */
  readonly softFiles: number | undefined
}

/** A program and all that it takes to start it, at any time. */
export interface Program {
  /** Of the process that it is. */
  readonly id: string
  readonly spec: ProcessSpec
  /** The file that is executed. */
  readonly path: string
  readonly cwd: string
  /** What the marks of its runs begin with; absent: what those of this daemon do. */
  readonly key?: string | undefined
  /** All its variables. Made anew for each call: a thousand processes would keep a thousand copies of the daemon's own. */
  readonly env: () => Record<string, string>
}

export class Launcher {
  readonly #ports: LauncherPorts
  readonly #options: LauncherOptions
  readonly #inherited: InheritedVariables
  readonly #treePorts: RunTreePorts
  /** Names this launcher's runs, among those of all daemons of the machine. */
  readonly #instance = randomWord()
  #launched = 0

  constructor(ports: LauncherPorts, options: LauncherOptions) {
    this.#ports = ports
    this.#options = options
    this.#inherited = new InheritedVariables(options.environment, OWN_VARIABLES)
    const { kernel, processes, reaper } = ports
    this.#treePorts = { kernel, processes, isMain: (pid) => reaper.watches(pid) }
  }

  /**
   * Finds the program of a spec. Nothing is started.
   *
   * @param key what the marks of its runs begin with
   * @throws NetdaemonError CANNOT_START with the errno
   */
  find(id: string, spec: ProcessSpec, key?: string): Program {
    const { inherit, set } = spec.env
    const cwd = spec.cwd ?? ownDirectory(spec.command)
    const pathVariable = set.PATH ?? (inherit ? this.#options.environment.PATH : undefined)
    const path = resolveProgram(spec.command, { pathVariable, cwd })
    return { id, spec, path, cwd, key, env: () => this.#environmentOf(id, spec, cwd) }
  }

  /**
   * As {@link find}, of a file that can be executed.
   *
   * @throws NetdaemonError CANNOT_START with the errno
   */
  check(id: string, spec: ProcessSpec): void {
    const { path, cwd } = this.find(id, spec)
    for (const [each, mode] of [
      [cwd, constants.F_OK],
      [path, constants.X_OK],
    ] as const) {
      try {
        accessSync(each, mode)
      } catch (cause) {
        const errno = errnoOf(cause)
        if (errno === undefined) throw cause
        const sentence = `cannot start "${spec.command}": "${each}" is not there, or not for it (${errno})`
        throw new NetdaemonError('CANNOT_START', sentence, { errno, detail: { path: each }, cause })
      }
    }
  }

  /** As {@link find}, and if it can't be found it is looked for again at each start. */
  findOrAwait(id: string, spec: ProcessSpec, key?: string): Program {
    try {
      return this.find(id, spec, key)
    } catch (error) {
      if (!(error instanceof NetdaemonError)) throw error
      const cwd = spec.cwd ?? ownDirectory(spec.command)
      return { id, spec, path: NOT_FOUND, cwd, key, env: () => this.#environmentOf(id, spec, cwd) }
    }
  }

  /**
   * Starts a program.
   *
   * @param size of its terminal, if it is to have one
   * @throws NetdaemonError CANNOT_START with the errno
   */
  launch<Tag>(program: Program, size: TerminalSize | undefined, handlers: RunHandlers<Tag>): Run<Tag> {
    const { kernel, reaper } = this.#ports
    const found = program.path === NOT_FOUND ? this.find(program.id, program.spec, program.key) : program
    const started = this.#execute<Tag>(found, size)
    try {
      const run = new Run(started, kernel, handlers)
      const watch = (pid: number) => {
        reaper.watch(pid, (status) => {
          const heir = run.inherit()
          if (heir === undefined) run.died(status)
          else watch(heir)
        })
      }
      watch(started.pid)
      return run
    } catch (error) {
      // Its streams could not be watched: a process that nobody supervises must not run.
      kernel.kill(-started.pid, SIGKILL)
      throw error
    }
  }

  /**
   * Runs a command beside a program, for it, and calls back once with how it ended; the returned function kills it.
   *
   * @param more variables that it has beside those of the program
   */
  runBeside(program: Program, { command, timeoutMs, more = {} }: BesideCall, done: (end: SideEnd) => void): () => void {
    const { spec, cwd, env, key } = program
    const { umask, softFiles } = this.#options
    const rules = { umask: spec.umask ?? umask, softFiles, nice: spec.nice }
    const ports = { ...this.#ports, tree: this.#treePorts }
    const call = { command, timeoutMs, cwd, env: { ...env(), ...more }, mark: this.#nextMark(key), ...rules }
    return runSideCommand(ports, call, done)
  }

  /** Starts it with pipes or on a terminal, and with what it says by that it is ready. */
  #execute<Tag>(program: Program, size: TerminalSize | undefined): StartedProgram<Tag> {
    const ready = program.spec.start?.ready
    if (ready?.kind === 'notify') {
      const { watchdogMs } = ready
      const watchdog = watchdogMs === undefined ? {} : { WATCHDOG_USEC: String(watchdogMs * 1000) }
      const { notifications } = this.#ports
      try {
        return this.#executeWith(program, size, { NOTIFY_SOCKET: notifications.address(), ...watchdog })
      } catch (error) {
        notifications.closeIfUnused()
        throw error
      }
    }
    if (ready?.kind !== 'fd') return this.#executeWith(program, size)
    const { kernel, readBuffer } = this.#ports
    const pipe = openSidePipe(kernel, program.path)
    try {
      const started = this.#executeWith<Tag>(program, size, undefined, { fd: pipe.child, as: ready.fd })
      return { ...started, watchReady: (onReady) => watchReadyPipe(pipe.daemon, readBuffer, onReady) }
    } catch (error) {
      kernel.close(pipe.daemon)
      throw error
    } finally {
      kernel.close(pipe.child)
    }
  }

  #executeWith<Tag>(
    { id, spec, path, cwd, key }: Program,
    size: TerminalSize | undefined,
    more?: Readonly<Record<string, string>>,
    passed?: ProgramSpec['passed'],
  ): StartedProgram<Tag> {
    const { kernel, readBuffer } = this.#ports
    const { softFiles } = this.#options
    const mark = this.#nextMark(key)
    const env = this.#ownVariables(id, spec, cwd)
    env[RUN_VARIABLE] = mark
    if (more !== undefined) Object.assign(env, more)
    // Not put together with those of a process's own: they are the same for thousands, and made ready for the kernel once.
    const inherited = spec.env.inherit ? this.#inherited.beside(env) : undefined
    const argv = [spec.command, ...spec.args]
    const umask = spec.umask ?? this.#options.umask
    // Written out, once for both: spreading costs more than all that is in it.
    const { nice, stdin, stderr } = spec
    const call = { file: path, argv, env, inherited, cwd, umask, softFiles, nice, passed, stdin, stderr }
    if (size === undefined) {
      const ends = spawnProcess(kernel, call)
      return {
        id,
        pid: ends.pid,
        tree: new RunTree(this.#treePorts, ends.pid, mark),
        openStreams: (handlers) => new PipeStreams(ends, this.#ports, handlers),
      }
    }
    const terminal = Terminal.open(kernel, path, size, readBuffer)
    const pid = terminal.execute(call)
    return {
      id,
      pid,
      tree: new RunTree(this.#treePorts, pid, mark),
      openStreams: (handlers) => new TerminalStreams(terminal, handlers),
    }
  }

  /** What marks the processes of one run, or of one command beside it. */
  #nextMark(key: Program['key']): string {
    this.#launched += 1
    // Kept with the run: a string by itself takes less than one that V8 puts together only when it is read.
    return [...(key === undefined ? [] : [key]), this.#instance, this.#launched].join('-')
  }

  /** All variables of a program, as people are shown them, and as commands beside it get them. */
  #environmentOf(id: string, spec: ProcessSpec, cwd: string): Record<string, string> {
    const env = spec.env.inherit ? this.#inherited.copy() : {}
    return Object.assign(env, this.#ownVariables(id, spec, cwd))
  }

  /** Those that it does not inherit. */
  #ownVariables(id: string, { env: { inherit, set } }: ProcessSpec, cwd: string): Record<string, string> {
    const own: Record<string, string> = inherit ? { PWD: cwd } : {}
    return Object.assign(own, { NETDAEMON_ID: id, NETDAEMON_SOCKET: this.#options.socketPath }, set)
  }
}

/** Where a program begins that is given no directory. @throws NetdaemonError CANNOT_START when it has been removed */
function ownDirectory(command: string): string {
  try {
    return process.cwd()
  } catch (cause) {
    if (!isDirectoryGone(cause)) throw cause
    const message = `cannot start ${JSON.stringify(command)}: the daemon's own working directory has been removed; name another one (spec.cwd)`
    throw new NetdaemonError('CANNOT_START', message, { errno: 'ENOENT', detail: { cwd: '.' }, cause })
  }
}
