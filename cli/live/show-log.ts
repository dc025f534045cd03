// One process's log: the output that is kept, filtered, and with `follow` what comes after it. Output comes in lines; where runs
// begin and end, and where output is missing, is told between them.

import type { Attachment, Client, OutputItem, ProcessRef } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { formatCount } from '../text/format.ts'
import { borderSentence } from '../text/process-text.ts'
import { LineCutter } from './line-cutter.ts'
import type { LogEntry, LogPrinter } from './log-printer.ts'

/** What is shown. */
export interface LogTerms {
  readonly follow: boolean
  /** So many lines of what is kept; undefined: all. */
  readonly last: number | undefined
  readonly stderr: boolean
  readonly run: number | undefined
  readonly grep: RegExp | undefined
}

/** An entry, and the run that wrote it, as far as is known: what comes before the first border belongs to the run before that. */
interface Held {
  readonly entry: LogEntry
  run: number | undefined
}

/** @throws NetdaemonError, OutputError */
export async function showLog(
  client: Client,
  id: string,
  process: ProcessRef,
  terms: LogTerms,
  printer: Pick<LogPrinter, 'print'>,
): Promise<void> {
  await using attachment = await client.attach(process, { from: 'start', readOnly: true })
  const log = new Log(attachment, terms)
  const { end } = attachment.process.output
  // What is at rest ends by itself, with its last border; else the log ends where the output did when it was asked for.
  const toEnd = isEnded(attachment.process.state)
  let isKept = attachment.stream.from < end || toEnd
  for await (const item of isKept || terms.follow ? attachment.output : []) {
    log.take(item, isKept && !toEnd && !terms.follow ? end : undefined)
    if (isKept && (toEnd || attachment.offset + sizeOf(item) < end)) continue
    if (!terms.follow) log.finish()
    if (isKept) await printer.print(id, log.kept())
    else await printer.print(id, log.fresh())
    isKept = false
    if (!terms.follow) break
  }
  log.finish()
  await printer.print(id, isKept || !terms.follow ? log.kept() : log.fresh())
}

const sizeOf = (item: OutputItem): number => (item.kind === 'data' ? item.bytes.length : 0)

class Log {
  readonly #terms: LogTerms
  readonly #id: string
  readonly #lines = new LineCutter()
  #held: Held[] = []
  /** Which run the next line is of; undefined: no border has told. */
  #run: number | undefined
  readonly #newest: number

  constructor({ process }: Attachment, terms: LogTerms) {
    this.#terms = terms
    this.#id = process.id
    this.#newest = process.runs ?? 1
  }

  /** @param end what lies after it is left out */
  take(item: OutputItem, end = Number.POSITIVE_INFINITY): void {
    switch (item.kind) {
      case 'data':
        for (const line of this.#lines.of(
          item.channel,
          item.offset,
          item.bytes.subarray(0, Math.max(0, end - item.offset)),
        ))
          this.#add({ kind: 'line', ...line })
        break
      case 'end':
        break
      case 'gap':
        this.finish()
        this.#add({
          kind: 'remark',
          isBorder: false,
          text: `${formatCount(item.to - item.from)} bytes of output are missing here`,
        })
        break
      case 'run':
        this.finish()
        this.#border(item)
        break
    }
  }

  /** Lines that nothing ended, and that nothing continues. */
  finish(): void {
    for (const line of this.#lines.rest()) this.#add({ kind: 'line', ...line })
  }

  /** What is kept, as far as it was asked for. */
  kept(): LogEntry[] {
    const newest = this.#run ?? this.#newest
    for (const held of this.#held) held.run ??= newest
    const fitting = this.#fitting()
    const { last } = this.#terms
    if (last === undefined) return fitting
    let lines = 0
    let from = fitting.length
    while (from > 0 && lines < last) {
      from -= 1
      if (fitting[from]?.kind === 'line') lines += 1
    }
    return last === 0 ? [] : fitting.slice(from)
  }

  /** What has come since. */
  fresh(): LogEntry[] {
    for (const held of this.#held) held.run ??= this.#run ?? this.#newest
    return this.#fitting()
  }

  #fitting(): LogEntry[] {
    const { stderr, run, grep } = this.#terms
    const held = this.#held
    this.#held = []
    return held
      .filter(({ entry, run: its }) => {
        if (run !== undefined && its !== run) return false
        return entry.kind !== 'line' || ((!stderr || entry.channel === 2) && (grep?.test(entry.text) ?? true))
      })
      .map(({ entry }) => entry)
  }

  #add(entry: LogEntry): void {
    this.#held.push({ entry, run: this.#run })
  }

  #border(border: Extract<OutputItem, { kind: 'run' }>): void {
    const before = border.event === 'ended' ? border.run : border.run - 1
    for (const held of this.#held) held.run ??= before
    this.#run = border.run
    this.#add({ kind: 'remark', isBorder: true, text: borderSentence(this.#id, border) })
  }
}
