// The man macros (groff_man(7)) that the pages are written with, and how text becomes roff: escaped, in lines of less than 80
// letters that end with a sentence. What comes out is ASCII, so that no pager has to know an encoding.

const LINE_MAX = 76

const named: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '…': '...',
  '–': '\\(en',
  '—': '\\(em',
  '“': '\\(lq',
  '”': '\\(rq',
  '’': '\\(cq',
  '→': '\\(->',
  '·': '\\(em',
  '≤': '\\(<=',
  '×': '\\(mu',
}
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** Text as roff has it, without a look at lines. */
function escaped(text: string): string {
  return text
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (digits) => `^${[...digits].map((each) => superscripts.indexOf(each)).join('')}`)
    .replace(/[\\\u0080-\uffff]/g, (letter) => named[letter] ?? `\\[u${codeOf(letter)}]`)
}

const codeOf = (letter: string): string => (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')

/** What is typed or printed as it is: its hyphens are minus signs. */
export const literal = (text: string): string => escaped(text).replaceAll('-', '\\-')
export const bold = (text: string): string => `\\fB${literal(text)}\\fR`
export const italic = (text: string): string => `\\fI${literal(text)}\\fR`

/** A text with `code`, **bold** and [links](…) in it, in one line. */
export function inline(text: string): string {
  return text
    .split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/)
    .map((part) => {
      if (part.startsWith('`')) return bold(part.slice(1, -1))
      if (part.startsWith('**')) return bold(part.slice(2, -2).replaceAll('`', ''))
      const [, label] = /^\[([^\]]+)\]\(/.exec(part) ?? []
      return label === undefined ? optionsMarked(part) : inline(label)
    })
    .join('')
}

/** Options in running text are typed as they are. */
const optionsMarked = (text: string): string =>
  text
    .split(/((?<![\w-])--?[a-z][\w-]*)/)
    .map((part, at) => (at % 2 === 1 ? bold(part) : escaped(part)))
    .join('')

/** Lines that end with a sentence, or before they are too long; none of them is taken for a macro. */
function lines(roff: string): string[] {
  return roff
    .split(/(?<=[a-z0-9)"”R][.:!?]["”)]?) +(?=[A-Z"“\\])/)
    .flatMap((sentence) => wrapped(sentence))
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
}

function wrapped(sentence: string): string[] {
  const result: string[] = []
  let line = ''
  for (const word of sentence.trim().split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > LINE_MAX) {
      result.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...result, line]
}

/** A text of several words, to stand below a macro or a text. */
export const text = (words: string): string => lines(inline(words)).join('\n')
export const paragraph = (words: string): string => `.PP\n${text(words)}`
export const section = (title: string): string => `.SH ${quoted(title.toUpperCase())}`
export const subsection = (title: string): string => `.SS ${quoted(title)}`

/** A term, as roff, and what it means. */
export const tagged = (term: string, meaning: string): string =>
  `.TP\n${term}${meaning === '' ? '' : `\n${text(meaning)}`}`

/** Lines as they are. */
export const example = (code: string): string =>
  ['.PP', '.in +4n', '.EX', ...code.split('\n').map((line) => guarded(literal(line))), '.EE', '.in'].join('\n')

const guarded = (line: string): string => (/^[.']/.test(line) ? `\\&${line}` : line)

/** An argument of a macro; it may be roff already. */
const quoted = (title: string): string => `"${title.replaceAll('"', '\\(dq')}"`

export interface PageHead {
  readonly name: string
  readonly section: 1 | 7 | 8
  /** After the name, in the list of all pages. */
  readonly summary: string
  readonly version: string
}

const MANUALS = { 1: 'User Commands', 7: 'Miscellaneous', 8: 'System Administration' } as const
/** Of the text, not of the day: the pages are the same whenever they are written. */
const DATE = '2026-11-21'

/** A whole page. `parts` are blocks of roff. */
export function page({ name, section: number, summary, version }: PageHead, parts: readonly string[]): string {
  const body = [
    `.\\" Written from the declarations in the code by "npm run docs": change those, not this page.`,
    `.TH ${name.toUpperCase()} ${number} ${DATE} "netdaemon ${version}" "${MANUALS[number]}"`,
    // Names that are typed must not be parted, nor blanks be put between words.
    '.nh',
    '.ad l',
    section('Name'),
    `${literal(name)} \\- ${escaped(summary)}`,
    ...parts.filter((part) => part !== ''),
  ].join('\n')
  // A heading begins a paragraph by itself.
  return `${body.replaceAll(/^(\.S[HS] .*)\n\.PP$/gm, '$1')}\n`
}
