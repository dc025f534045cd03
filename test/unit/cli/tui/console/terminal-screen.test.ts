// The console of a process that has a terminal: what a terminal would show, as lines with numbers that stay.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { lineSpans } from '../../../../../cli/tui/console/lines.ts'
import { atEnd, paused, visibleRows } from '../../../../../cli/tui/console/scrolling.ts'
import { openTerminalScreen, type TerminalScreen } from '../../../../../cli/tui/console/terminal-screen.ts'
import { keyBytes, pasteBytes } from '../../../../../cli/tui/keyboard/terminal-keys.ts'
import { RGB } from '../../../../../cli/tui/screen/style.ts'

async function screenOf(t: TestContext, text: string, size = { columns: 20, rows: 4 }): Promise<TerminalScreen> {
  const screen = await openTerminalScreen(size)
  t.after(() => screen.dispose())
  await screen.write(text)
  return screen
}

function textOf(screen: TerminalScreen, number: number): string | undefined {
  const line = screen.line(number)
  return line === undefined || line.kind === 'gap' ? undefined : line.text
}

const texts = (screen: TerminalScreen) =>
  Array.from({ length: screen.end - screen.first }, (_, at) => textOf(screen, screen.first + at))

describe('the screen of a terminal', () => {
  it('is what the cursor has written where, down to the last line that has something', async (t) => {
    deepEqual(texts(await screenOf(t, 'one\r\ntwo\x1b[1;10Hten\x1b[2;4H')), ['one      ten', 'two'])
    deepEqual(texts(await screenOf(t, 'a\x1b[2J\x1b[HB')), ['B'])
  })

  it('keeps what a run has written when the next begins, with a border between, and none of its modes', async (t) => {
    const screen = await screenOf(t, 'one\r\ntwo', { columns: 30, rows: 8 })
    screen.note('run 1 ended')
    await screen.nextRun('run 2')
    await screen.write('three')
    deepEqual(texts(screen), ['one', 'two', '── run 2 ──', 'three'])
    await screen.write('\x1b[?1049h\x1b[?2004h\x1b[31mfull screen')
    await screen.nextRun('run 3')
    await screen.write('four')
    deepEqual(texts(screen), ['one', 'two', '── run 2 ──', 'three', '── run 3 ──', 'four'])
    const last = screen.line(screen.end - 1)
    ok(last?.kind === 'text' && last.runs.length === 0)
  })

  it('has the colours and styles of its cells, and wide characters once', async (t) => {
    const screen = await screenOf(t, 'a\x1b[1;31mb\x1b[0;38;2;1;2;3m日\x1b[0mc')
    const line = screen.line(0)
    ok(line?.kind === 'text')
    deepEqual(
      lineSpans(line).map(({ text, style }) => [text, style]),
      [
        ['a', {}],
        ['b', { fg: 1, bold: true }],
        ['日', { fg: RGB + 0x010203 }],
        ['c', {}],
      ],
    )
  })

  it('keeps lines above it, under numbers that stay when the oldest are dropped', async (t) => {
    const screen = await screenOf(t, '')
    const write = async (from: number, to: number) => {
      for (let line = from; line < to; line++) await screen.write(`line ${line}\r\n`)
    }
    await write(0, 10)
    equal(screen.first, 0)
    equal(textOf(screen, 3), 'line 3')
    await write(10, 1600)
    ok(screen.first > 500, `first is ${screen.first}`)
    equal(textOf(screen, 1500), 'line 1500')
    equal(screen.end, 1601)
  })

  it('can be looked at further up while it goes on', async (t) => {
    const screen = await screenOf(t, '1\r\n2\r\n3\r\n4\r\n5')
    const shape = { width: 20, height: 2, wrap: true }
    const place = paused(screen, atEnd, shape)
    await screen.write('\r\n6\r\n7')
    const shown = visibleRows(screen, place, shape).map(({ line }) => line.kind === 'text' && line.text)
    deepEqual(shown, ['4', '5'])
  })

  it('is the other screen while a program has it, and comes back', async (t) => {
    const screen = await screenOf(t, 'shell\r\n\x1b[?1049h\x1b[Hfull')
    deepEqual([screen.first, texts(screen)[0], screen.end], [0, 'full', 4])
    await screen.write('\x1b[?1049l$')
    equal(texts(screen).join('|'), 'shell|$')
  })

  it('knows where its cursor is, and whether it is to be seen', async (t) => {
    const screen = await screenOf(t, 'one\r\ntw')
    deepEqual(screen.cursor, { line: 1, column: 2 })
    await screen.write('\x1b[?25l')
    equal(screen.cursor, undefined)
    await screen.write('\x1b[?25h')
    ok(screen.cursor !== undefined)
  })

  it('leaves others their turns while it takes in what is costly, which is shown as far as it is', async (t) => {
    const screen = await screenOf(t, '', { columns: 140, rows: 55 })
    const seen: number[] = []
    const look = () => {
      seen.push(screen.revision)
      looking = setImmediate(look)
    }
    let looking = setImmediate(look)
    await screen.write(Buffer.from(`${'\x1bc'.repeat(5000)}日本`))
    clearImmediate(looking)
    ok(new Set(seen).size > 3)
    deepEqual(texts(screen), ['日本'])
  })

  it('is the same for any pieces that the bytes are taken in', async (t) => {
    const text = Array.from({ length: 40 }, (_, at) => `\x1b[3${at % 8}m日本 ${at} 😀\r\n`).join('')
    const whole = await screenOf(t, '')
    await whole.write(Buffer.from(text))
    const bytewise = await screenOf(t, '')
    for (const byte of Buffer.from(text)) await bytewise.write(Buffer.from([byte]))
    deepEqual(texts(whole), texts(bytewise))
  })

  it('tells the modes that keys depend on, answers questions, takes another size, and has notes after all', async (t) => {
    const screen = await screenOf(t, '\x1b[?1h\x1b[?2004h')
    deepEqual(screen.modes, { applicationCursorKeys: true, bracketedPaste: true })
    const answers: string[] = []
    screen.onAnswer((text) => answers.push(text))
    await screen.write('\x1b[6n')
    deepEqual(answers, ['\x1b[1;1R'])
    const before = screen.revision
    screen.resize({ columns: 40, rows: 10 })
    ok(screen.revision > before)
    screen.note('exited with 0')
    deepEqual(screen.line(screen.end - 1), { kind: 'note', text: 'exited with 0' })
    screen.reset()
    deepEqual(screen.modes, { applicationCursorKeys: false, bracketedPaste: false })
  })
})

describe('keys for a terminal', () => {
  const normal = { applicationCursorKeys: false, bracketedPaste: false }
  const application = { applicationCursorKeys: true, bracketedPaste: true }

  it('are as they came, but for the cursor keys of programs that asked for others', () => {
    equal(keyBytes('up', '\x1b[A', application), '\x1bOA')
    equal(keyBytes('up', '\x1bOA', normal), '\x1b[A')
    equal(keyBytes('home', '\x1b[H', application), '\x1bOH')
    for (const [name, raw] of [
      ['ctrl+up', '\x1b[1;5A'],
      ['f1', '\x1bOP'],
      ['a', 'a'],
      ['enter', '\r'],
      ['home', '\x1b[1~'],
    ] as const) {
      equal(keyBytes(name, raw, application), raw)
    }
  })

  it('pastes are marked for programs that asked for it', () => {
    equal(pasteBytes('a\nb', normal), 'a\rb')
    equal(pasteBytes('a\nb', application), '\x1b[200~a\rb\x1b[201~')
  })
})
