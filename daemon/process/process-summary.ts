// A process as LIST shows it, and the same encoded for the wire. Most processes of a long list have not changed since the
// last one, so the encoding is kept until something in it changes.

import { elementsOf, encodeValue } from '../../proto/codec/codec.ts'
import type { ProcessSpec, ProcessState, ProcessSummary, TerminalSize } from '../../proto/protocol.ts'
import type { Model } from './life-model.ts'

/** What a summary is made of. */
export interface Summarized {
  readonly id: string
  readonly handle: number
  readonly name: string | undefined
  readonly command: string
  readonly labels: Record<string, string>
  readonly state: ProcessState
  readonly startedAt: number
  readonly log: { readonly start: number; readonly end: number; readonly ended: boolean }
  readonly attachments: number
  /** The size of its terminal. A new object whenever it has changed. */
  readonly terminal: TerminalSize | undefined
  /** What has outlived its main process. Another object when it has changed. */
  readonly survivors: readonly unknown[]
  readonly spec: Pick<ProcessSpec, 'restart'>
  /** What changes of its life without changing its state. */
  readonly life: { readonly model: Pick<Model, 'wanted' | 'runs'> }
}

export function summarize(process: Summarized): ProcessSummary {
  const { log } = process
  const { wanted, runs } = process.life.model
  const policy = process.spec.restart?.policy ?? 'never'
  return {
    id: process.id,
    handle: process.handle,
    ...(process.name === undefined ? {} : { name: process.name }),
    command: process.command,
    labels: process.labels,
    state: process.state,
    startedAt: process.startedAt,
    ...(wanted === 'up' ? {} : { wanted }),
    ...(runs === 1 ? {} : { runs }),
    ...(policy === 'never' ? {} : { restart: policy }),
    output: { start: log.start, end: log.end, ended: log.ended },
    attached: process.attachments,
    ...(process.terminal === undefined ? {} : { terminal: process.terminal }),
    ...(process.survivors.length === 0 ? {} : { survivors: process.survivors.length }),
  }
}

/** A summary as it goes into an `EncodedList`. */
export interface Encoded {
  readonly bytes: Buffer
  /** As ELEMENTS_MAX counts them. */
  readonly elements: number
}

const NO_BYTES = Buffer.alloc(0)

/** The encoded summary of one process. */
export class EncodedSummary implements Encoded {
  bytes: Buffer = NO_BYTES
  elements = 0
  #state: ProcessState | undefined
  #end = -1
  #attached = -1
  #ended = false
  #terminal: TerminalSize | undefined
  #survivors: readonly unknown[] | undefined
  #wanted: Model['wanted'] = 'up'

  /** Something else in it has changed than what is compared. */
  forget(): void {
    this.#state = undefined
  }

  /** The summary as it is now. Everything that can change in it is compared; `log.start` changes with `log.end` only. */
  of(process: Summarized): Encoded {
    const { state, attachments, log, terminal, survivors, life } = process
    if (
      state !== this.#state ||
      log.end !== this.#end ||
      log.ended !== this.#ended ||
      attachments !== this.#attached ||
      terminal !== this.#terminal ||
      survivors !== this.#survivors ||
      life.model.wanted !== this.#wanted
    ) {
      this.bytes = encodeValue(summarize(process))
      this.elements = elementsOf(this.bytes)
      this.#state = state
      this.#end = log.end
      this.#attached = attachments
      this.#ended = log.ended
      this.#terminal = terminal
      this.#survivors = survivors
      this.#wanted = life.model.wanted
    }
    return this
  }
}
