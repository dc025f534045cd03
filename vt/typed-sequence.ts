// The control sequences that a terminal sends when keys are struck: each is whole in what was typed at once, or it is none. An
// ordinary stream of output is read by sequence-reader.ts instead.

import { ESCAPE, GROUND, isFinal, isIntermediate, isParameter, isString, transitions } from './grammar.ts'

/** No key and no report is longer. */
export const TYPED_MAX = 64

export interface TypedSequence {
  /** Characters from ESC on that belong together. */
  readonly length: number
  readonly parameters: string
  readonly intermediates: string
  /** Undefined: it is not complete, or goes on with a character that can't be part of it. */
  readonly final?: string
}

/** The control sequence at the beginning of `text`, which begins with `ESC [`. */
export function typedSequence(text: string): TypedSequence {
  let end = 2
  while (end < text.length && isParameter(text.charCodeAt(end))) end++
  const parameters = text.slice(2, end)
  const begin = end
  while (end < text.length && isIntermediate(text.charCodeAt(end))) end++
  const intermediates = text.slice(begin, end)
  if (end === text.length || !isFinal(text.charCodeAt(end))) return { length: end, parameters, intermediates }
  return { length: end + 1, parameters, intermediates, final: text.charAt(end) }
}

/** Whether ESC and this character begin a string: OSC, DCS, SOS, PM or APC. */
export const beginsString = (character: string): boolean =>
  isString(transitions[(ESCAPE << 8) | character.charCodeAt(0)] ?? GROUND)
