// The requests about a client's attachments to processes.

import { NetdaemonError } from '../../proto/errors.ts'
import { INPUT_WINDOW } from '../../proto/limits.ts'
import type { AttachOptions } from '../../proto/protocol.ts'
import type { Slices } from '../loop/slices.ts'
import type { OutputLog } from '../output/output-log.ts'
import type { Process } from '../process/process.ts'
import type { Shown } from '../screen/screen.ts'
import { type AnswerTo, type Client, type Handlers, Later, ok } from './request-context.ts'

/** Bytes of output that are searched for lines in one go: half a million of the shortest lines. */
const SEARCH_BYTES = 1024 * 1024

export const streamHandlers: Pick<Handlers, 'ATTACH' | 'DETACH' | 'RESIZE'> = {
  ATTACH({ processes, slices }, client, { process, ...options }) {
    const target = processes.find(process)
    if (typeof options.from === 'object' && 'lines' in options.from) {
      return attachAtLine(target, client, options, options.from.lines, slices)
    }
    if (options.from !== 'screen') return attachTo(target, client, options)
    // What is refused anyway must not cost a drawing.
    client.attachments.checkRoom(target)
    const shown = target.show()
    if (!(shown instanceof Promise)) return attachTo(target, client, options, shown)
    return new Later((settle) => {
      let wanted = true
      const attach = () => {
        if (wanted) settle.answer(attachTo(target, client, options, shownNow(target)))
      }
      shown.then(attach).catch(settle.fail)
      return () => {
        wanted = false
      }
    })
  },

  DETACH(_daemon, client, { attachment }) {
    client.attachments.detach(attachment)
    return ok({})
  },

  RESIZE(_daemon, client, { attachment, size }) {
    const attached = client.attachments.get(attachment)
    return ok({ size: attached.process.resize(attached.attachment, size) })
  },
}

/**
 * Attaches a client. Its output begins when the answer has been sent.
 *
 * @param begin where to begin, if that was found out already, and what is on the screen there, if that is asked for
 * @throws NetdaemonError as `Attachments.attach`
 */
export function attachTo(
  process: Process,
  client: Client,
  options: AttachOptions,
  begin?: Partial<Shown>,
): AnswerTo<'ATTACH'> {
  const terms = {
    from: begin?.from ?? beginning(process.log, options.from),
    // A kept place holds all that is not ACKed in the log, so no more than that can be on the way.
    window: options.keep === undefined ? options.window : Math.min(options.window, process.log.limit),
    lossless: options.lossless,
    keep: options.keep,
    readOnly: options.readOnly,
    until: options.until,
    // Whoever reads what was written before is told where in it the runs began and ended.
    earlierBorders: options.from === 'start' || typeof options.from === 'object',
    size: options.size,
  }
  const attachment = client.attachments.attach(process, terms)
  const stream = {
    attachment: attachment.id,
    from: terms.from,
    window: terms.window,
    inputWindow: INPUT_WINDOW,
    inputOpen: process.inputOpen && !options.readOnly,
    ...(begin?.screen === undefined ? {} : { screen: begin.screen }),
  }
  return { frame: 'ATTACHED', result: { process: process.summary(), stream }, afterwards: () => attachment.pump() }
}

/** Finds the line first, which in much output takes a while: then in slices between everything else. */
function attachAtLine(
  target: Process,
  client: Client,
  options: AttachOptions,
  lines: number,
  slices: Slices,
): AnswerTo<'ATTACH'> | Later<AnswerTo<'ATTACH'>> {
  client.attachments.checkRoom(target)
  const search = target.log.searchLines(lines)
  const attach = (found: number) => attachTo(target, client, options, { from: Math.max(found, target.log.start) })
  const found = search(SEARCH_BYTES)
  if (found !== undefined) return attach(found)
  return new Later((settle) => {
    const slice = () => {
      const later = search(SEARCH_BYTES)
      if (later === undefined) return true
      try {
        settle.answer(attach(later))
      } catch (error) {
        settle.fail(error)
      }
      return false
    }
    slices.add(slice)
    return () => slices.delete(slice)
  })
}

/**
 * Whether a process that is about to start can be attached to in that way.
 *
 * @throws NetdaemonError BAD_REQUEST, NO_TERMINAL
 */
export function checkAttachAtStart({ from }: AttachOptions, hasTerminal: boolean): void {
  if (typeof from === 'object' && 'offset' in from && from.offset > 0) {
    throw new NetdaemonError('BAD_REQUEST', 'START: "attach.from": a process that starts has no output yet')
  }
  if (from === 'screen' && !hasTerminal) {
    throw new NetdaemonError('NO_TERMINAL', 'START: "attach.from": a process without a terminal has no screen')
  }
}

function beginning(log: OutputLog, from: AttachOptions['from']): number {
  if (from === 'start') return log.start
  if (from === 'now' || from === 'screen') return log.end
  return 'lines' in from ? log.lastLines(from.lines) : from.offset
}

/** What a process shows, once everything is prepared for it. */
function shownNow(process: Process): Shown {
  const shown = process.show()
  if (shown instanceof Promise) throw new Error('internal error: the screen is still not ready')
  return shown
}
