// What stands at the border of two runs in a console: which run, when, and how the one before it ended.

import { formatTime } from '../../text/format.ts'
import { runEndWords } from '../../text/process-text.ts'
import type { OutputItem, ProcessSummary } from '../protocol-types.ts'

type Border = Extract<OutputItem, { kind: 'run' }>

export class RunBorders {
  readonly #isSupervised: boolean
  /** How the run before ended, if no other has begun since. */
  #end: { readonly run: number; readonly words: string } | undefined

  constructor({ restart, runs = 1 }: Pick<ProcessSummary, 'restart' | 'runs'>) {
    this.#isSupervised = restart !== undefined || runs > 1
  }

  /** @returns the words, and whether they say all that the border before has said */
  next({ event, run, at, end }: Border): { readonly text: string; readonly joined: boolean } {
    if (event === 'ended') {
      const how = end === undefined ? 'ended' : runEndWords(end)
      // Of a process that runs once, everybody knows which run it was.
      const words = run > 1 || this.#isSupervised ? `run ${run} ${how}` : how
      this.#end = { run, words: `run ${run} ${how}` }
      return { text: `${words}, ${formatTime(at)}`, joined: false }
    }
    const before = this.#end?.run === run - 1 ? `; ${this.#end.words}` : ''
    this.#end = undefined
    return { text: `run ${run}, ${formatTime(at)}${before}`, joined: before !== '' }
  }
}
