// Why a screen cannot be shown, as the client that asks for it is told.

import { NetdaemonError } from '../../proto/errors.ts'
import type { TerminalSize } from '../../proto/protocol.ts'
import type { Budget } from '../memory/budget.ts'

/** Larger screens would cost too much memory, and too much time to draw; higher ones, to scroll. */
const CELLS_MAX = 200_000
const ROWS_MAX = 500
/** Bytes of a screen's text: it must fit into one message. */
const TEXT_MAX = 3 * 1024 * 1024

/** What is wrong with a screen of this size, if anything. */
export function sizeProblem({ columns, rows }: TerminalSize): NetdaemonError | undefined {
  if (columns * rows <= CELLS_MAX && rows <= ROWS_MAX) return undefined
  return cannotShow(
    'LIMIT',
    `it had ${columns} columns and ${rows} rows, and only screens of up to ${ROWS_MAX} rows and ${CELLS_MAX} characters are kept`,
  )
}

/** What is wrong with a screen whose text has so many bytes, if anything. */
export function textProblem(bytes: number): NetdaemonError | undefined {
  if (bytes <= TEXT_MAX) return undefined
  return cannotShow('LIMIT', `its text has ${bytes} bytes, and at most ${TEXT_MAX} can be sent`)
}

/** The log did not wait for it, and has gone on without it. */
export function leftBehind(): NetdaemonError {
  return cannotShow('LIMIT', 'its last output takes too long to carry out')
}

export function emulatorFailed(cause: unknown): NetdaemonError {
  return cannotShow('INTERNAL', 'its emulator failed, as the daemon has logged', cause)
}

function cannotShow(code: 'LIMIT' | 'INTERNAL', why: string, cause?: unknown): NetdaemonError {
  return new NetdaemonError(code, `cannot show the screen: ${why}; attach from "now"`, { cause })
}

/** Why a screen is not kept for which there is no memory. */
export function noMemory({ used, limit }: Budget): NetdaemonError {
  const why = `the screens of all processes take ${used} of ${limit} bytes already`
  return new NetdaemonError('LIMIT', `cannot show the screen: it is not kept, because ${why}; attach from "now"`)
}
