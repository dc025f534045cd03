// Makes a picture (SVG) of a terminal. Either of a program that it runs in one, with keys pressed:
//   terminal-picture.js --out FILE.svg [--size 100x30] [--title TEXT] [--keys 'WORDS'] [--until TEXT] -- COMMAND [ARG…]
// or of recorded bytes:
//   terminal-picture.js --out FILE.svg --size 100x30 --bytes FILE
// `--keys` are names of keys as tmux has them, or text after a "=": `--keys '=list Enter'`. After each one the screen is let settle.

import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { drawScreen } from './pictures/draw.ts'
import { type Screen, type Size, screenOf } from './pictures/screen.ts'
import { TerminalSession } from './pictures/terminal-session.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    size: { type: 'string', default: '100x30' },
    title: { type: 'string' },
    keys: { type: 'string', default: '' },
    until: { type: 'string' },
    bytes: { type: 'string' },
    cursor: { type: 'boolean', default: false },
  },
})
const { out, bytes } = values
if (out === undefined || (bytes === undefined) === (positionals.length === 0)) {
  throw new Error('give --out FILE.svg, and a COMMAND or --bytes FILE')
}
const size = sizeOf(values.size)
const screen = bytes === undefined ? await recorded(size) : await screenOf(readFileSync(bytes), size)
writeFileSync(out, drawScreen(screen, { title: values.title ?? positionals.join(' '), cursor: values.cursor }))
console.log(out)

async function recorded({ columns, rows }: Size): Promise<Screen> {
  await using session = new TerminalSession({ columns, rows, command: positionals })
  await session.settled()
  for (const word of values.keys.split(' ').filter((each) => each !== '')) {
    if (word.startsWith('=')) session.type(word.slice(1))
    else session.press(word)
    await session.settled()
  }
  if (values.until !== undefined) await session.shows(values.until)
  return await session.screen()
}

function sizeOf(word: string): Size {
  const [, columns, rows] = /^(\d+)x(\d+)$/.exec(word) ?? []
  if (columns === undefined || rows === undefined) throw new Error(`--size is as 100x30, and not "${word}"`)
  return { columns: Number(columns), rows: Number(rows) }
}
