// What a program changed in our terminal is undone, and nothing else. The judge is a terminal emulator that had no part in
// it: after the undoing it must be as it was before.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import xterm from '@xterm/headless'
import fc from 'fast-check'
import { ScreenModes } from '../../../../cli/terminal/screen-modes.ts'
import { EmulatorLibrary } from '../../../../daemon/screen/emulator.ts'

/** The undoing after these bytes were written in one piece. */
function undoing(text: string): string {
  const modes = new ScreenModes()
  modes.wrote(Buffer.from(text))
  return modes.undoing()
}

describe('the undoing', () => {
  const pairs: readonly (readonly [what: string, written: string, undone: string])[] = [
    ['text, and colours put back', 'a\x1b[31mb\x1b[0m\x1b[mc\n', ''],
    ['the alternate screen', '\x1b[?1049h', '\x1b[?1049l'],
    ['an older alternate screen', '\x1b[?47h', '\x1b[?47l'],
    ['the alternate screen, left already', '\x1b[?1049hx\x1b[?1049l', ''],
    ['a hidden cursor', '\x1b[?25l', '\x1b[?25h'],
    ['several modes at once', '\x1b[?1000;1006;2004h', '\x1b[?1000l\x1b[?1006l\x1b[?2004l'],
    ['no wrapping', '\x1b[?7l', '\x1b[?7h'],
    ['keypad and cursor keys', '\x1b[?1h\x1b=', '\x1b[?1l\x1b>'],
    ['keypad, put back', '\x1b=\x1b>', ''],
    ['colours', '\x1b[1;38:2::1:2:3m', '\x1b[m'],
    ['a scroll region, without moving the cursor', '\x1b[2;5r', '\x1b7\x1b[r\x1b8'],
    ['a scroll region, put back', '\x1b[2;5r\x1b[r', ''],
    ['inserting', '\x1b[4h', '\x1b[4l'],
    ['drawing letters by SO', 'a\x0eb', '\x0f'],
    ['drawing letters', '\x1b(0', '\x1b(B'],
    ['a cursor of another shape', '\x1b[5 q', '\x1b[0 q'],
    ['keys spelt out, pushed twice', '\x1b[>1u\x1b[>3u', '\x1b[<2u'],
    ['keys spelt out on the alternate screen', '\x1b[?1049h\x1b[>1u', '\x1b[<1u\x1b[?1049l'],
    ['keys spelt out, popped', '\x1b[>1u\x1b[<u', ''],
    ['keys spelt out, set', '\x1b[=1u', '\x1b[=0u'],
    ['keys spelt out, set on the alternate screen', '\x1b[?1049h\x1b[=1u', '\x1b[=0u\x1b[?1049l'],
    ['keys spelt out, set on both', '\x1b[=1u\x1b[?1049h\x1b[=3u', '\x1b[=0u\x1b[?1049l\x1b[=0u'],
    ['keys spelt out, pushed and set', '\x1b[>1u\x1b[=3u', '\x1b[<1u'],
    ['keys spelt out, set and pushed', '\x1b[=1u\x1b[>3u', '\x1b[<1u\x1b[=0u'],
    ['keys spelt out, set, and put back', '\x1b[=1u\x1b[=0;1u', ''],
    ['keys as Windows has them', '\x1b[?9001h', '\x1b[?9001l'],
    ['the Escape key of mintty', '\x1b[?7727h', '\x1b[?7727l'],
    ['the backarrow key', '\x1b[?67h', '\x1b[?67l'],
    ['other keys', '\x1b[>4;2m', '\x1b[>4m'],
    ['the background, with either end', '\x1b]11;#000\x07\x1b]10;red\x1b\\', '\x1b]111\x1b\\\x1b]110\x1b\\'],
    ['a question about the background', '\x1b]11;?\x07', ''],
    ['a title', '\x1b]0;hello\x07', ''],
    ['a link', '\x1b]8;;http://x\x1b\\', '\x1b]8;;\x1b\\'],
    ['a link, ended', '\x1b]8;id=1;http://x\x07t\x1b]8;;\x07', ''],
    ['what a device control string holds', '\x1bP\x1b[?25\x1b\\', ''],
    ['a reset, but for what terminals differ in', '\x1b[?1049h\x1b[2r\x1b[?25l\x1bc', '\x1b[?25h'],
    ['drawing letters, put back', '\x1b(0\x1b(B', ''],
    ['a question about a mode', '\x1b[?2026$p\x1b[?u\x1b[>q\x1b[c\x1b[6n', ''],
  ]
  for (const [what, written, undone] of pairs) it(`is of ${what}`, () => equal(undoing(written), undone))

  it('is of each mode that the daemon redraws, but for what Alt sends', async () => {
    const library = await EmulatorLibrary.load()
    const candidates = [
      [1, 100] as const,
      [1000, 1070] as const,
      [2000, 2060] as const,
      [7700, 7800] as const,
      [9001, 9001] as const,
    ]
    const redrawn = candidates.flatMap(([from, to]) => {
      const modes = Array.from({ length: to - from + 1 }, (_, at) => from + at)
      return modes.filter((mode) => {
        const emulator = library.create({ columns: 2, rows: 2 }, () => {})
        const before = emulator.draw()
        emulator.print(Buffer.from(`\x1b[?${mode}h`))
        return emulator.draw() !== before
      })
    })
    ok(redrawn.length > 20)
    deepEqual(
      redrawn.filter((mode) => undoing(`\x1b[?${mode}h`) === ''),
      [1034, 1035, 1036, 1039],
    )
  })

  it('ends a sequence that was cut off', () => {
    equal(undoing('\x1b]0;half a tit'), '\x18\x1b\\')
    equal(undoing('\x1b[?1049h\x1b[3'), '\x18\x1b\\\x1b[?1049l')
  })

  it('is needed once', () => {
    const modes = new ScreenModes()
    modes.wrote(Buffer.from('\x1b[?1049h\x1b[31m\x1b[>1u\x1b[2r\x1b]11;x\x07'))
    modes.undone()
    equal(modes.undoing(), '')
  })

  it('knows whether the line is ended, under sequences and under another screen', () => {
    const modes = new ScreenModes()
    equal(modes.atLineStart, true)
    modes.wrote(Buffer.from('a'))
    equal(modes.atLineStart, false)
    modes.wrote(Buffer.from('\r\n\x1b[m'))
    equal(modes.atLineStart, true)
    modes.wrote(Buffer.from('\x1b[?1049hsomething'))
    equal(modes.atLineStart, true)
    modes.wrote(Buffer.from('\x1b[?1049l'))
    equal(modes.atLineStart, true)
  })

  it('knows that a line is empty after what pagers write when they leave it', () => {
    const modes = new ScreenModes()
    modes.wrote(Buffer.from('\x1b[?1049hsomething\x1b[?1049l\r\x1b[?1l\x1b>'))
    equal(modes.atLineStart, true)
    modes.wrote(Buffer.from('text\r\n(END)\r\x1b[K'))
    equal(modes.atLineStart, true)
    modes.wrote(Buffer.from('half a line\r'))
    equal(modes.atLineStart, false)
  })
})

/** What programs send, and some of what they don't. */
const sequences = [
  ...[
    '\x1b[?1049h',
    '\x1b[?1049l',
    '\x1b[?47h',
    '\x1b[?47l',
    '\x1b[?1h',
    '\x1b[?1l',
    '\x1b[?7l',
    '\x1b[?7h',
    '\x1b[?25l',
  ],
  ...[
    '\x1b[?25h',
    '\x1b[?1000h',
    '\x1b[?1002h',
    '\x1b[?1003h',
    '\x1b[?1000l',
    '\x1b[?1006h',
    '\x1b[?1004h',
    '\x1b[?2004h',
  ],
  ...['\x1b[?45h', '\x1b[?66h', '\x1b=', '\x1b>', '\x1b[4h', '\x1b[4l', '\x1b[31m', '\x1b[0m', '\x1b[m', '\x1b[?2026h'],
  ...['\x1b[2;5r', '\x1b[r', '\x1b(0', '\x1b(B', '\x1b)0', '\x0e', '\x0f', '\x1b[!p', '\x1bc', '\x1b[?6h', '\x1b[?6l'],
  ...['\x1b]0;t\x07', '\x1bPq\x1b\\', 'text', '\r\n', '\x1b[3;3H', '\x1b[2J', '\x1b7', '\x1b8', '\x1b[?6;7;25l'],
]

describe('an emulator', () => {
  it('is at rest after the undoing, whatever was written, however it was cut', async () => {
    const fresh = new xterm.Terminal({ allowProposedApi: true, rows: 10, cols: 20 })
    const rest = state(fresh)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...sequences), { maxLength: 12 }),
        fc.nat(),
        fc.nat({ max: 3 }),
        async (written, cut, dropped) => {
          const terminal = new xterm.Terminal({ allowProposedApi: true, rows: 10, cols: 20 })
          const bytes = Buffer.from(written.join(''))
          const all = bytes.subarray(0, Math.max(0, bytes.length - dropped))
          const at = all.length === 0 ? 0 : cut % all.length
          const modes = new ScreenModes()
          for (const piece of [all.subarray(0, at), all.subarray(at)]) modes.wrote(piece)
          await write(terminal, all)
          await write(terminal, Buffer.from(modes.undoing()))
          deepEqual(state(terminal), rest)
          terminal.dispose()
        },
      ),
    )
    fresh.dispose()
  })

  it('shows what it showed, with the cursor where it was, if no other screen was left', async () => {
    const moving = ['?6h', '?1049', '?47', '\x1bc', '\x1b[!p']
    const harmless = sequences.filter((sequence) => !moving.some((part) => sequence.includes(part)))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...harmless), { maxLength: 12 }), async (written) => {
        const terminal = new xterm.Terminal({ allowProposedApi: true, rows: 10, cols: 20 })
        const modes = new ScreenModes()
        const bytes = Buffer.from(written.join(''))
        modes.wrote(bytes)
        await write(terminal, bytes)
        const before = picture(terminal)
        await write(terminal, Buffer.from(modes.undoing()))
        deepEqual(picture(terminal), before)
        terminal.dispose()
      }),
    )
  })
})

const write = (terminal: xterm.Terminal, bytes: Uint8Array) =>
  new Promise<void>((resolve) => terminal.write(bytes, resolve))

/** Its modes, as far as it tells them; the rest from its inside. */
function state(terminal: xterm.Terminal): unknown {
  // biome-ignore lint/suspicious/noExplicitAny: what no public interface tells
  const core = (terminal as any)._core
  const { buffer } = core
  return {
    modes: { ...terminal.modes },
    screen: terminal.buffer.active.type,
    hidden: core.coreService.isCursorHidden,
    region: [buffer.scrollTop, buffer.scrollBottom],
    attributes: [core._inputHandler._curAttrData.fg, core._inputHandler._curAttrData.bg],
    letters: core._charsetService?.glevel,
  }
}

function picture({ buffer: { active } }: xterm.Terminal): unknown {
  const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true))
  return { lines, cursor: [active.cursorX, active.cursorY] }
}
