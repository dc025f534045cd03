// The messages of the attached stream: ATTACH, DETACH and RESIZE, the events about an attachment, and the three positional
// messages that carry the bytes.

import * as v from 'valibot'
import { attachment, attachOptions, streamInfo } from './attach-shapes.ts'
import {
  count,
  field,
  handle,
  nothing,
  offset,
  otherThan,
  processRef,
  reportedSize,
  terminalSize,
  time,
} from './basic-shapes.ts'
import { processState, processSummary, runEnd } from './process-shapes.ts'

/** Requests that begin, change and end an attachment. */
export const streamRequests = {
  ATTACH: {
    code: 0x0102,
    doc: 'Attaches this connection to a process. The answer is ATTACHED, with the number that names the attachment on this connection. A connection may be attached to a process more than once. DATA and GAP follow from the requested place on, and STATUS when the process has ended.',
    params: v.object({ process: processRef, ...attachOptions.entries }),
    result: v.object({ process: processSummary, stream: v.optional(streamInfo) }),
  },
  DETACH: {
    code: 0x0206,
    doc: 'Ends an attachment of this connection. Nothing of it comes after the OK. The input of the process stays open; a place that was kept is given up.',
    params: v.object({ attachment }),
    result: nothing,
  },
  RESIZE: {
    code: 0x0208,
    doc: 'States the size of the terminal that shows an attached process (see `size` of ATTACH). The process gets SIGWINCH if its own terminal changes.',
    params: v.object({
      attachment,
      size: field(v.nullable(terminalSize), 'null: this client does not count for the size'),
    }),
    result: v.object({ size: field(reportedSize, 'the size of the terminal of the process after that') }),
  },
} as const

const border = {
  attachment,
  handle,
  run: field(count, 'which run: the first is 1'),
  offset,
  at: time,
}

/** What the daemon tells about an attachment. */
export const streamEvents = {
  STATUS: {
    code: 0x0202,
    doc: 'Something changed about a process that this connection is attached to. With `final`, it comes after all output and ends the attachment; `state` is then how the process was at that place of its output.',
    body: v.object({
      attachment,
      handle,
      state: processState,
      inputOpen: field(
        v.boolean(),
        'false: the daemon takes no more input from this client, and input without an ACK is lost; always false with `readOnly`',
      ),
      final: field(
        v.boolean(),
        'what the attachment was to last for is over, all output up to then was sent, and the attachment has ended',
      ),
      terminal: field(v.optional(reportedSize), 'the size of its terminal, if it has one; this may be what changed'),
    }),
  },
  RUN: {
    code: 0x0209,
    doc: 'A run of an attached process began, or ended, at this place of its output. Not sent for the beginning of the first run; for the end of a plain program (no `restart`, `start`, `stop` or `dependsOn` in its spec), a final STATUS comes instead.',
    body: v.variant('kind', [
      v.object({ kind: v.literal('began'), ...border, pid: field(count, 'process id') }),
      v.object({ kind: v.literal('ended'), ...border, end: field(runEnd, 'how it ended') }),
      v.pipe(
        v.looseObject({ kind: otherThan(['began', 'ended']), ...border }),
        v.transform(({ kind: word, attachment, handle, run, offset, at, ...facts }) => ({
          kind: 'unknown' as const,
          word,
          ...{ attachment, handle, run, offset, at, facts },
        })),
      ),
    ]),
  },
  DROPPED: {
    code: 0x020a,
    doc: 'Input that the run had not taken when it ended is gone; it is never given to the next run. This counts as its ACK.',
    body: v.object({
      attachment,
      handle,
      run: field(count, 'the run that had not taken it'),
      to: field(count, 'the offset of input after it; everything below has been taken, or is gone'),
      bytes: field(count, 'how much of it is gone'),
    }),
  },
  DETACHED: {
    code: 0x0207,
    doc: 'The daemon ended an attachment, because another client took over its kept place.',
    body: v.object({ attachment, handle, reason: field(v.string(), 'a sentence for people') }),
  },
} as const

/** Positional messages of the attached stream: hot, so their bodies are arrays and their codec is written by hand. */
export const streamMessages = {
  DATA: {
    code: 0x0201,
    doc: 'Bytes of a stream. From the daemon: output on channel 1 or 2; `offset` counts the bytes of both. From the client: input on channel 0; `offset` counts the bytes that this attachment has sent. No bytes mean the end of that channel.',
    fields: ['attachment', 'channel', 'offset', 'bytes'],
  },
  ACK: {
    code: 0x0204,
    doc: 'Everything below `offset` has been consumed. From the client: output (channel 1). From the daemon: input that the process has taken (channel 0). The offset is absolute, so sending an ACK twice does no harm.',
    fields: ['attachment', 'channel', 'offset'],
  },
  GAP: {
    code: 0x0205,
    doc: 'The daemon has discarded the output from `from` up to `to`; the stream continues at `to`.',
    fields: ['attachment', 'from', 'to'],
  },
} as const
