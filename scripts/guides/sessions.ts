// The terminal sessions in the guides: fenced blocks of `console`, in which a line that begins with "$ " is typed ("> " goes on
// with it), and the lines below are what came of it. A block below `<!-- not run: why -->` is for the eye only.

/** A command line, and what it printed, line by line. */
export interface Step {
  readonly command: string
  readonly output: readonly string[]
}

/** A part of a guide: text as it is, or a session. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'session'; readonly steps: readonly Step[]; readonly line: number }

const BLOCK = /(?<=(?<notRun><!-- not run: [^\n]* -->\n)?)```console\n(?<body>.*?)```\n/gs

export function partsOf(markdown: string): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const match of markdown.matchAll(BLOCK)) {
    const { notRun, body = '' } = match.groups ?? {}
    if (notRun !== undefined) continue
    parts.push({ kind: 'text', text: markdown.slice(at, match.index) })
    parts.push({ kind: 'session', steps: stepsOf(body), line: markdown.slice(0, match.index).split('\n').length })
    at = match.index + match[0].length
  }
  return [...parts, { kind: 'text', text: markdown.slice(at) }]
}

function stepsOf(body: string): Step[] {
  const steps: { command: string; output: string[] }[] = []
  for (const line of body.replace(/\n$/, '').split('\n')) {
    const step = steps.at(-1)
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [] })
    else if (step === undefined) throw new Error(`a session begins with "$ ", and not with "${line}"`)
    else if (line.startsWith('> ') && step.output.length === 0) step.command += `\n${line.slice(2)}`
    else step.output.push(line)
  }
  return steps
}

/** The guide again, with other output. */
export function written(parts: readonly Part[]): string {
  return parts
    .map((part) => (part.kind === 'text' ? part.text : `\`\`\`console\n${part.steps.map(lines).join('')}\`\`\`\n`))
    .join('')
}

const lines = ({ command, output }: Step): string =>
  `$ ${command.replaceAll('\n', '\n> ')}\n${output.map((line) => `${line}\n`).join('')}`

/**
 * Whether a command printed what the guide says. What varies from run to run may differ: numbers of four digits and
 * more, ages, sizes, times, ids that the daemon makes, the width of columns; and a line `…` stands for any lines.
 */
export function agrees(told: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = told
  if (first === undefined) return printed.length === 0
  if (first === '…') return agrees(rest, printed) || (printed.length > 0 && agrees(told, printed.slice(1)))
  const [line, ...more] = printed
  return line !== undefined && stable(first) === stable(line) && agrees(rest, more)
}

/** In the order of the list: a time is taken for one before its year is taken for a number. */
const VARYING: readonly (readonly [what: RegExp, word: string])[] = [
  [/\s+/g, ' '],
  [/\d{4}-\d\d-\d\d|\b\d\d:\d\d(:\d\d)?(\.\d+)?/g, 'TIME'],
  // An age has one unit, or two: `59s`, `1m 3s`.
  [/\b\d+(\.\d+)? ?(ms|s|m|h|d|B|KiB|MiB)\b( \d+(s|m|h)\b)?/g, 'MUCH'],
  [/\b(pid|running|stopping) \d+\b/g, '$1 NUMBER'],
  [/(?<=\w)-[a-z0-9]{4}\b/g, '-MADE'],
  [/\bbyte \d+\b/g, 'byte NUMBER'],
  [/\b\d{4,}\b/g, 'NUMBER'],
]

const stable = (line: string): string =>
  VARYING.reduce((text, [what, word]) => text.replaceAll(what, word), line.trim())
