// A command that runs beside a process, for it: with its environment, directory, umask and nice value, in a session of its own,
// and with an end. Its output is kept to a bound, for what is said of a failure. Invariant: nothing of it outlives it. When its
// main process has ended, or its time is up, all of its tree is killed.

import { NetdaemonError } from '../../proto/errors.ts'
import type { Kernel } from '../linux/kernel.ts'
import { resolveProgram } from '../linux/spawn/program-path.ts'
import { spawnProcess } from '../linux/spawn/spawn.ts'
import { OutputPipe } from '../linux/stdio/output-pipe.ts'
import type { ReadBuffer } from '../linux/stdio/read-buffer.ts'
import type { ExitStatus, Reaper } from '../linux/tree/reaper.ts'
import type { Clock } from '../loop/clock.ts'
import { RUN_VARIABLE, RunTree, type RunTreePorts } from './run-tree.ts'

/** Bytes of output that are kept, the newest. */
const OUTPUT_KEPT = 2000
/** What it has written is waited for so long after its end: a process that can't be killed may hold its pipe. */
const OUTPUT_WAIT_MS = 250

/** How it ended. */
export type SideEnd =
  | { readonly kind: 'ended'; readonly status: ExitStatus; readonly output: string }
  | { readonly kind: 'too late'; readonly output: string }
  | { readonly kind: 'not started'; readonly error: string }

export interface SidePorts {
  readonly kernel: Kernel
  readonly reaper: Reaper
  readonly clock: Clock
  readonly readBuffer: ReadBuffer
  readonly tree: RunTreePorts
}

/** What is run, and with what. */
export interface SideCall {
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly umask: number
  readonly softFiles: number | undefined
  readonly nice: number | undefined
  /** Of its tree, unlike any other. */
  readonly mark: string
  readonly timeoutMs: number
}

/**
 * Runs a command, and calls back once, never at once. The returned function kills it; then nothing is told any more.
 */
export function runSideCommand(ports: SidePorts, call: SideCall, done: (end: SideEnd) => void): () => void {
  const { clock } = ports
  let command: SideCommand
  try {
    command = new SideCommand(ports, call, done)
  } catch (error) {
    if (!(error instanceof NetdaemonError)) throw error
    return clock.after(0, () => done({ kind: 'not started', error: error.message }))
  }
  return () => command.cancel()
}

class SideCommand {
  readonly #done: (end: SideEnd) => void
  readonly #tree: RunTree
  readonly #pipe: OutputPipe
  readonly #cancels: (() => void)[] = []
  #output = Buffer.alloc(0)
  #outputOver = false
  #status: ExitStatus | undefined
  #late = false
  #told = false

  /** @throws NetdaemonError CANNOT_START with the errno */
  constructor({ kernel, reaper, clock, readBuffer, tree }: SidePorts, call: SideCall, done: (end: SideEnd) => void) {
    const [program = '', ...args] = call.command
    const { cwd, umask, softFiles, nice } = call
    const file = resolveProgram(program, { pathVariable: call.env.PATH, cwd })
    const env = { ...call.env, [RUN_VARIABLE]: call.mark }
    const spec = { file, argv: [program, ...args], env, cwd, umask, softFiles, nice }
    const { pid, stdout } = spawnProcess(kernel, { ...spec, stdin: 'null', stderr: 'stdout' })
    this.#done = done
    this.#tree = new RunTree(tree, pid, call.mark)
    reaper.watch(pid, (status) => this.#died(status, clock))
    try {
      this.#pipe = new OutputPipe(stdout, readBuffer, {
        onBytes: (buffer, start, end) => {
          const newest = Buffer.concat([this.#output, buffer.subarray(start, end)])
          this.#output = Buffer.from(newest.subarray(Math.max(0, newest.length - OUTPUT_KEPT)))
        },
        onEnd: () => {
          this.#outputOver = true
          this.#settle()
        },
      })
    } catch (error) {
      kernel.close(stdout)
      this.#told = true
      this.#tree.kill()
      throw error
    }
    this.#cancels.push(clock.after(call.timeoutMs, () => this.#timeIsUp()))
  }

  /** Kills it. Nothing is told any more. */
  cancel(): void {
    if (this.#told) return
    this.#close()
    if (this.#status === undefined) this.#tree.kill()
  }

  #timeIsUp(): void {
    this.#late = true
    this.#tree.kill()
  }

  #died(status: ExitStatus, clock: Clock): void {
    this.#status = status
    this.#tree.reaped()
    // What it has left behind goes with it.
    this.#tree.kill()
    if (this.#told) return
    this.#settle()
    if (!this.#told) this.#cancels.push(clock.after(OUTPUT_WAIT_MS, () => this.#tell()))
  }

  #settle(): void {
    if (this.#status !== undefined && this.#outputOver) this.#tell()
  }

  #tell(): void {
    const status = this.#status
    if (this.#told || status === undefined) return
    this.#close()
    const output = this.#output.toString().trimEnd()
    this.#done(this.#late ? { kind: 'too late', output } : { kind: 'ended', status, output })
  }

  #close(): void {
    this.#told = true
    for (const cancel of this.#cancels) cancel()
    this.#pipe.close()
  }
}

/** What is wrong with its end, for people; undefined: nothing, it exited with 0. */
export function sideProblem([program = '']: readonly string[], end: SideEnd, timeoutMs: number): string | undefined {
  switch (end.kind) {
    case 'not started':
      return end.error
    case 'too late':
      return `"${program}" did not end within ${timeoutMs / 1000} s${withOutput(end.output)}`
    case 'ended': {
      const { status } = end
      if (status.kind === 'killed') return `${status.signal} ended "${program}"${withOutput(end.output)}`
      return status.code === 0 ? undefined : `"${program}" exited with ${status.code}${withOutput(end.output)}`
    }
  }
}

/** Characters of its output in a sentence. */
const SHOWN_MAX = 300

function withOutput(output: string): string {
  const shown = output
    .slice(-SHOWN_MAX)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
  return shown === '' ? '' : `: ${shown}`
}
