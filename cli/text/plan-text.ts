// What APPLY does or has done, in lines.

import type { ApplyStep } from '../../client-lib/index.ts'

/** What each step is called, before and after it is done. */
const words: Readonly<Record<string, readonly [todo: string, done: string]>> = {
  create: ['create', 'created'],
  start: ['start', 'started'],
  restart: ['restart', 'restarted'],
  replace: ['replace', 'replaced'],
  update: ['update in place', 'updated in place'],
  none: ['nothing', 'unchanged'],
  remove: ['remove', 'removed'],
}

/** Fields named in one line. */
const FIELDS_MAX = 6

/** A line for each step, and one if there is none. */
export function stepLines(steps: readonly ApplyStep[], dryRun: boolean, colour: boolean): string[] {
  if (steps.length === 0) return ['there is nothing to do']
  const width = Math.max(...steps.map(({ id }) => id.length))
  return steps.map(({ id, action, changes, error }) => {
    const [todo, done] = words[action] ?? [action, action]
    const word = dryRun ? todo : error === undefined ? done : `${todo}: failed`
    const why = changes.length === 0 ? '' : ` (${fieldsText(changes)})`
    const line = `${id.padEnd(width)}  ${word}${why}`
    return colour && action === 'none' ? `\x1b[2m${line}\x1b[22m` : line
  })
}

/** What went wrong, with the last that it wrote. */
export function errorLines(steps: readonly ApplyStep[]): string[] {
  return steps.flatMap(({ error }) => {
    if (error === undefined) return []
    const last = error.output?.trimEnd().split('\n').slice(-5) ?? []
    return [
      last.length === 0 || last[0] === ''
        ? error.message
        : `${error.message}; its last output:\n${last.map((line) => `    ${line}`).join('\n')}`,
    ]
  })
}

/** The fields of each step that changes something, before and after. */
export function diffLines(steps: readonly ApplyStep[], colour: boolean): string[] {
  const paint = (code: number, line: string) => (colour ? `\x1b[${code}m${line}\x1b[39m` : line)
  return steps
    .filter(({ action }) => action !== 'none')
    .flatMap(({ id, action, changes }) => [
      `${id}: ${words[action]?.[0] ?? action}`,
      ...changes.flatMap(({ field, from, to }) => [
        ...(from === null ? [] : [paint(31, `  - ${field}: ${from}`)]),
        ...(to === null ? [] : [paint(32, `  + ${field}: ${to}`)]),
      ]),
    ])
}

function fieldsText(changes: ApplyStep['changes']): string {
  // `env.PORT`, as the file has it.
  const names = changes.map(({ field }) => field.replace(/^env\.set\./, 'env.'))
  const more = names.length > FIELDS_MAX ? `, and ${names.length - FIELDS_MAX} more` : ''
  return `${names.slice(0, FIELDS_MAX).join(', ')}${more}`
}
