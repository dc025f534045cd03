// Makes what varies from run to run on a screen the same: process ids, ages, ids. Every replacement keeps its width, so that
// columns stay where they are.

import type { Cell, Screen } from './screen.ts'

/**
 * What varies, and what is shown in its place: a text that is cut, or repeated from its first letter, to the width of what
 * was there, or one that is made of it.
 */
export type StableRule = readonly [varying: RegExp, shown: string | ((found: string) => string)]

export function stable(screen: Screen, rules: readonly StableRule[]): Screen {
  return { ...screen, lines: screen.lines.map((line) => rules.reduce(replaceIn, line)) }
}

function replaceIn(line: readonly Cell[], [varying, shown]: StableRule): readonly Cell[] {
  // One letter a cell, so that an index into the text is an index into the cells.
  const whole = line.map((cell) => (cell.text.length === 1 ? cell.text : '\uffff')).join('')
  const cells = [...line]
  for (const match of whole.matchAll(
    new RegExp(varying, varying.flags.includes('g') ? varying.flags : `${varying.flags}g`),
  )) {
    const text = typeof shown === 'string' ? shown : shown(match[0])
    for (let at = 0; at < match[0].length; at++) {
      const cell = cells[match.index + at]
      if (cell !== undefined) cells[match.index + at] = { ...cell, text: text[at % text.length] ?? ' ' }
    }
  }
  return cells
}
