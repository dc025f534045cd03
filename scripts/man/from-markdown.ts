// Markdown of the documents as blocks of roff: headings, paragraphs, lists, blocks of code, and tables, whose rows become terms
// with what they mean. Only what the documents use; anything else is taken for a paragraph.

import { bold, example, inline, paragraph, section, subsection, tagged } from './roff.ts'

export function fromMarkdown(markdown: string): string[] {
  return blocks(markdown).flatMap(block)
}

/** Parted by empty lines, but those within fences. */
function blocks(markdown: string): string[] {
  const result: string[] = []
  let fenced = false
  let current: string[] = []
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced
    if (line === '' && !fenced) {
      result.push(current.join('\n'))
      current = []
    } else current.push(line)
  }
  return [...result, current.join('\n')].filter((each) => each.trim() !== '')
}

function block(text: string): string[] {
  const [, level, title = ''] = /^(#+) (.*)$/.exec(text) ?? []
  if (level !== undefined) return level === '#' ? [] : [level === '##' ? section(title) : subsection(title)]
  if (text.startsWith('<!--')) return []
  if (text.startsWith('```')) return [example(text.split('\n').slice(1, -1).join('\n'))]
  if (text.startsWith('    ')) return [example(text.replaceAll(/^ {4}/gm, ''))]
  if (text.startsWith('|')) return table(text.split('\n'))
  if (text.startsWith('- ')) return items(text)
  return [paragraph(text.replaceAll('\n', ' '))]
}

function items(text: string): string[] {
  return text
    .split(/^- /m)
    .flatMap((item) => (item.trim() === '' ? [] : [tagged('\\(bu', item.replaceAll(/\s+/g, ' ').trim())]))
}

/** Rows that are all shorter than this have no empty lines between. */
const SHORT_ROW = 70

/** Without the two lines of its head. */
function table([, , ...rows]: readonly string[]): string[] {
  const terms = rows.map((row) => {
    const [term = '', ...rest] = row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|'))
    const head = term.startsWith('`') || term.startsWith('[') ? inline(term) : bold(term)
    return tagged(head, rest.filter((cell) => cell !== '').join(', '))
  })
  return rows.every((row) => row.length < SHORT_ROW) ? ['.PD 0', ...terms, '.PD'] : terms
}
