// The commands that run beside a process, for its life: those before a run, those after it, and those of its stop steps.

import { NetdaemonError } from '../../proto/errors.ts'
import type { BesideCall, Program } from '../run/launcher.ts'
import { type SideEnd, sideProblem } from '../run/side-command.ts'
import type { Rules } from './rules.ts'

/** Runs a command beside a program; the returned function kills it. */
export type RunBeside = (program: Program, call: BesideCall, done: (end: SideEnd) => void) => () => void

/** One command of a list. */
export interface ListedCommand {
  readonly command: readonly string[]
  readonly timeoutMs: number
}

/**
 * Runs commands one after the other, up to the first that fails, or all of them. Tells once, never at once: what was wrong with the
 * first that failed. The returned function kills the one under way; then nothing is told.
 */
export function runInOrder(
  commands: readonly ListedCommand[],
  { program, runBeside, goOn }: { readonly program: Program; readonly runBeside: RunBeside; readonly goOn: boolean },
  done: (problem: string | undefined) => void,
): () => void {
  let cancel = () => {}
  let first: string | undefined
  const runFrom = (at: number): void => {
    const next = commands[at]
    if (next === undefined || (first !== undefined && !goOn)) {
      done(first)
      return
    }
    cancel = runBeside(program, next, (end) => {
      first ??= sideProblem(next.command, end, next.timeoutMs)
      runFrom(at + 1)
    })
  }
  runFrom(0)
  return () => cancel()
}

/** Those of one process. */
export class Besides {
  readonly #rules: Pick<Rules, 'program'>
  readonly #runBeside: RunBeside
  /** Kill what is under way; undefined: nothing is. */
  #endBefore: (() => void) | undefined
  #endStep: (() => void) | undefined
  #endAfter: (() => void) | undefined
  /** The run that the commands after it have been run for, or are being run. */
  #cleared: unknown

  constructor(rules: Pick<Rules, 'program'>, runBeside: RunBeside) {
    this.#rules = rules
    this.#runBeside = runBeside
  }

  /** Runs those before a run, and tells what was wrong; at once if there are none. */
  before(done: (problem: string | undefined) => void): void {
    const { program } = this.#rules
    const commands = program.spec.start?.before ?? []
    if (commands.length === 0) {
      done(undefined)
      return
    }
    this.#endBefore = runInOrder(commands, { program, runBeside: this.#runBeside, goOn: false }, (problem) => {
      this.#endBefore = undefined
      done(problem === undefined ? undefined : `a command before it failed: ${problem}`)
    })
  }

  /** Kills those before a run; whether there were any. */
  endBefore(): boolean {
    const end = this.#endBefore
    this.#endBefore = undefined
    end?.()
    return end !== undefined
  }

  /** Runs that of a stop step. What comes of it shows in the tree. */
  beginStep(call: BesideCall): void {
    this.#endStep = this.#runBeside(this.#rules.program, call, () => {})
  }

  endStep(): void {
    this.#endStep?.()
    this.#endStep = undefined
  }

  /** Runs those after a run, once for each run, and calls back; at once if there are none, or they have been run. */
  after(run: object, done: () => void): void {
    const { program } = this.#rules
    const commands = program.spec.stop?.after ?? []
    const isCleared = run === this.#cleared
    if (commands.length === 0 || (isCleared && this.#endAfter === undefined)) done()
    if (commands.length === 0 || isCleared) return
    this.#cleared = run
    this.#endAfter = runInOrder(commands, { program, runBeside: this.#runBeside, goOn: true }, () => {
      this.#endAfter = undefined
      done()
    })
  }

  /** Kills all that is under way. */
  dispose(): void {
    this.endBefore()
    this.endStep()
    this.#endAfter?.()
  }
}

/** The error of a command that failed; undefined: it did not. */
export function commandFailure(id: string, what: string, problem: string | undefined): NetdaemonError | undefined {
  if (problem === undefined) return undefined
  return new NetdaemonError('COMMAND_FAILED', `cannot ${what} "${id}": ${problem}`)
}
