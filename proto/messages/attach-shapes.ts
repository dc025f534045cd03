// The shapes of an attachment: what a client asks for, and what it is granted.

import * as v from 'valibot'
import { INPUT_WINDOW, WINDOW_DEFAULT, WINDOW_MAX, WINDOW_MIN } from '../limits.ts'
import { count, field, milliseconds, name, offset, terminalSize } from './basic-shapes.ts'

/** How to attach. */
export const attachOptions = v.object({
  from: field(
    v.optional(
      v.union([
        v.picklist(['start', 'now', 'screen']),
        v.object({ offset }),
        v.object({ lines: v.pipe(count, v.maxValue(1_000_000)) }),
      ]),
      'now',
    ),
    'where to begin: `start` (the oldest byte that is kept), `now`, an offset, or so many lines back; for a process on a terminal also `screen`: now, with what its screen shows',
  ),
  window: field(
    v.optional(v.pipe(count, v.minValue(WINDOW_MIN), v.maxValue(WINDOW_MAX)), WINDOW_DEFAULT),
    'bytes that the daemon may send before the client has ACKed them',
  ),
  lossless: field(
    v.optional(v.boolean(), false),
    'true: the process waits for this client, as it would for a pipe; false: it never waits, and a client that falls too far behind gets a GAP',
  ),
  until: field(
    v.optional(v.picklist(['run', 'rest', 'removed']), 'rest'),
    'how long it lasts: `run`: until this run has ended; `rest`: until the process will not run again by itself; `removed`: until the process is forgotten',
  ),
  readOnly: field(
    v.optional(v.boolean(), false),
    'true: this attachment sends no input; the daemon ABORTs the connection if it does',
  ),
  size: field(
    v.optional(terminalSize),
    'the size of the terminal that shows the process. A process on a terminal gets the smallest width and the smallest height of all clients that state one and are not read-only; see RESIZE',
  ),
  keep: field(
    v.optional(
      v.object({
        as: field(name, 'the name of the kept place'),
        ms: field(milliseconds, 'how long to keep it'),
      }),
    ),
    'with `lossless`: if the connection breaks, keep the place for so many milliseconds; an ATTACH with the same name takes it over',
  ),
})

/** What was granted to an attachment. */
/** Names an attachment. */
export const attachment = field(
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff_ffff)),
  'an attachment of this connection, as ATTACHED has named it',
)

export const streamInfo = v.object({
  attachment,
  from: field(offset, 'where the stream begins'),
  window: field(count, 'bytes that the daemon may send before the client has ACKed them'),
  inputWindow: field(
    count,
    `bytes of input that the client may send before the daemon has ACKed them (${INPUT_WINDOW})`,
  ),
  inputOpen: field(v.boolean(), 'false: the process takes no input, or this attachment is `readOnly`'),
  screen: field(
    v.optional(v.string()),
    "with `from: screen`: the bytes that make a freshly reset terminal show the process's screen, as it was at `from`, in the same modes",
  ),
})
