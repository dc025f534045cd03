// What the UI looks like: nothing is wider than the terminal, whatever is shown, and nothing is said by colour alone.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Box } from 'ink'
import { createElement } from 'react'
import type { Size } from '../../../../../cli/terminal/size.ts'
import { ConsoleBuffer } from '../../../../../cli/tui/console/console-buffer.ts'
import { isTooSmall, layoutOf } from '../../../../../cli/tui/screen/layout.ts'
import { Painter } from '../../../../../cli/tui/screen/painter.ts'
import { Renderer } from '../../../../../cli/tui/screen/renderer.tsx'
import { Rows } from '../../../../../cli/tui/screen/rows.tsx'
import { colourDepth, RGB, sgrParameters } from '../../../../../cli/tui/screen/style.ts'
import { fitLine, justify, lineCells, serialize, span } from '../../../../../cli/tui/screen/text.ts'
import type { UiState } from '../../../../../cli/tui/store/state.ts'
import { cells } from '../../../../../vt/cell-widths.ts'
import {
  after,
  demoConsole,
  demoProcesses,
  demoState,
  key,
  keys,
  NOW,
  processOf,
} from '../../../../support/terminal/demo-state.ts'
import {
  screenRows,
  screenText,
  stylesIn,
  terminalRows,
  withoutSequences,
} from '../../../../support/terminal/screen-text.ts'

const sizes: readonly Size[] = [
  { columns: 40, rows: 12 },
  { columns: 40, rows: 24 },
  { columns: 60, rows: 12 },
  { columns: 80, rows: 24 },
  { columns: 109, rows: 30 },
  { columns: 110, rows: 13 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 60 },
]

/** Everything that can be on the screen. */
const scenes: Readonly<Record<string, (state: UiState) => UiState>> = {
  list: (state) => state,
  typing: (state) =>
    after(
      state,
      key('enter'),
      ...keys('say hello to everyone, and to 日本, and to whoever else is there ').slice(0, 60),
    ),
  terminal: (state) => after(state, key('down'), key('down'), key('down'), key('enter')),
  filter: (state) =>
    after(state, key('/'), ...keys('role=game and a filter that is far too long for any terminal'.repeat(3))),
  search: (state) => after(state, key('tab'), key('/'), ...keys('spawn'), key('enter')),
  signal: (state) => after(state, key('s'), key('down')),
  remove: (state) => after(state, key('down'), key('down'), key('x')),
  form: (state) => after(state, key('r'), ...keys('java -jar server.jar '.repeat(20)), key('tab')),
  paste: (state) =>
    after(state, key('enter'), {
      type: 'input',
      event: { kind: 'paste', text: `${'long '.repeat(50)}\nb\n\tc\nd\ne\nf`, cut: true },
    }),
  help: (state) => after(state, key('?'), key('pagedown')),
  details: (state) => after(state, key('d')),
  lost: (state) =>
    after(state, {
      type: 'link changed',
      link: { kind: 'lost', since: NOW - 5000, reason: 'the daemon has gone '.repeat(9) },
    }),
  notice: (state) => after(state, { type: 'told', tone: 'bad', text: 'something went wrong '.repeat(20) }),
  paused: (state) =>
    after(state, { type: 'scrolled', handle: 1, place: { kind: 'at', line: 3, row: 0 }, below: 1234567 }),
  tabs: (state) => after(state, ...demoProcesses.flatMap(() => [key('enter'), key('escape'), key('down')])),
}

describe('the screen', () => {
  for (const size of sizes) {
    it(`of ${size.columns}×${size.rows} is filled, and never more`, async () => {
      for (const [name, scene] of Object.entries(scenes)) {
        const rows = await screenRows(scene(demoState(size)), { content: demoConsole(), depth: 'rgb' })
        equal(rows.length, size.rows, name)
        const shown = await terminalRows(rows, size.columns)
        for (const [at, row] of shown.entries()) {
          ok(cells(row) <= size.columns, `${name}, row ${at}: ${JSON.stringify(row)}`)
        }
        equal(shown.at(-1), '', `${name}: nothing below`)
      }
    })
  }

  it('that is too small says so, and how large it must be', async () => {
    const text = (await screenText(demoState({ columns: 39, rows: 24 }))).join('\n')
    ok(text.includes('39×24 is too small; 40×12 will do'), text)
    ok(isTooSmall({ columns: 200, rows: 11 }))
    for (const columns of [1, 5, 20])
      ok((await screenText(demoState({ columns, rows: 3 }))).every((row) => cells(row) <= columns))
  })

  it('has processes with any names, labels and output in it, and is still no wider', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 })
    const arbitrary = fc.record({ id: text, command: text, label: text, output: fc.uint8Array({ maxLength: 300 }) })
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.constantFrom(...sizes), async ({ id, command, label, output }, size) => {
        const processes = [processOf(1, id, { command, labels: { key: label } }), ...demoProcesses.slice(1)]
        const content = new ConsoleBuffer()
        content.write(1, output)
        const rows = await screenRows(after(demoState(size, processes), key('d')), { content, depth: '256' })
        for (const row of rows) ok(!/\p{Cc}/u.test(withoutSequences(row)), JSON.stringify(row))
        const shown = await screenText(after(demoState(size, processes), key('d')), { content })
        for (const row of shown) ok(cells(row) <= size.columns, JSON.stringify(row))
      }),
      { numRuns: 60 },
    )
  })
})

describe('the header', () => {
  it('shows a filter, and why there is no connection, before sums that have no room', async () => {
    const size = { columns: 60, rows: 24 }
    const state = demoState(size, demoProcesses.slice(0, 4))
    const [sums = ''] = await screenText(state)
    match(sums, /^ netdaemon .*… 4 running {2}.*% cpu {2}.* mem$/)
    const [filter = ''] = await screenText(after(state, key('/'), ...keys('minecraft')))
    match(filter, /^ netdaemon {2}filter minecraft 1 of 4 .*4 running(?!.* mem)/)
    const link = { kind: 'lost', since: NOW, reason: 'the daemon is gone' } as const
    const [lost = ''] = await screenText(after(state, { type: 'link changed', link }))
    match(lost, /reconnecting… for 0s: the daemon is gone/)
  })
})

describe('the list', () => {
  const row = async (id: string, size: Size = { columns: 80, rows: 24 }) =>
    (await screenText(demoState(size))).find(
      (line) => [...'●○✕◐'].includes(line.charAt(1)) && line.includes(` ${id} `),
    ) ?? ''

  it('tells a state by a sign and words, also where there is no column for it', async () => {
    for (const size of [
      { columns: 80, rows: 24 },
      { columns: 120, rows: 40 },
    ]) {
      match(await row('minecraft', size), /● minecraft +(running +)?12\.3 +143 M +1h 30m/)
      match(await row('backup', size), /○ backup +exited 0/)
      match(await row('import', size), /✕ import +exited 127/)
      match(await row('worker', size), /✕ worker +killed KILL/)
    }
  })

  it('marks the selected one', async () => {
    match(await row('minecraft'), /^▌●/)
    match(await row('postgres'), /^ ●/)
  })

  it('shows labels and unread output where there is room', async () => {
    const state = after(demoState({ columns: 200, rows: 60 }), {
      type: 'listed',
      processes: demoProcesses.map((each) =>
        each.handle === 2 ? { ...each, output: { start: 0, end: 7168, ended: false } } : each,
      ),
    })
    const line = (await screenText(state)).find((each) => each.includes('postgres')) ?? ''
    ok(/postgres.*2\.0 K +role=db/.test(line), line)
  })

  it('says why it is empty', async () => {
    ok((await screenText(demoState({ columns: 80, rows: 24 }, []))).join('\n').includes('no processes yet'))
    ok(
      (await screenText(after(demoState(), key('/'), ...keys('###'))))
        .join('\n')
        .includes('no process matches the filter'),
    )
  })

  it('has a bar when it is longer than its pane', async () => {
    const many = Array.from({ length: 40 }, (_, at) => processOf(at + 1, `p${at}`))
    const rows = await screenText(demoState({ columns: 80, rows: 24 }, many))
    ok(rows[2]?.endsWith('┃'))
    ok(rows[8]?.endsWith('│'))
  })
})

describe('the console', () => {
  const shown = async (state: UiState) => await screenText(state, { content: demoConsole() })

  it('marks stderr, tells gaps, and wraps', async () => {
    const text = (await shown(demoState())).join('\n')
    ok(text.includes('\n▎[12:01:00] [Server thread/WARN]'), text)
    ok(text.includes('\n▎'), text)
    ok(text.includes('121 KiB of output are missing here'), text)
    ok(text.includes('<anna> こんにちは 👋 hello'), text)
  })

  it('shows what a search found', async () => {
    const found = after(demoState(), key('tab'), key('/'), ...keys('saved'), key('enter'), {
      type: 'found',
      handle: 1,
      line: 63,
      place: { kind: 'end' },
    })
    const rows = await screenRows(found, { content: demoConsole() })
    ok(
      rows.some((row) => row.includes('\u001b[7mSaved\u001b[m')),
      'the match is inverse',
    )
    ok((await screenText(found)).join('\n').includes('/saved'))
  })

  it('shows the cursor of a terminal that gets the keys, also beyond the text', async () => {
    const content = new ConsoleBuffer()
    content.write(1, Buffer.from('$ ls'))
    const state = after(demoState(), key('down'), key('down'), key('down'), key('enter'))
    const at = async (column: number) =>
      (await screenRows(state, { content, cursor: { line: 0, column } })).find((row) => row.includes('$')) ?? ''
    ok((await at(2)).startsWith(' $ \u001b[7ml\u001b[ms'), JSON.stringify(await at(2)))
    ok((await at(6)).includes('$ ls  \u001b[7m '), JSON.stringify(await at(6)))
  })

  it('says what it is waiting for, and why it can’t', async () => {
    ok((await screenText(demoState())).join('\n').includes('…'))
    const failed = after(demoState(), { type: 'console closed', handle: 1, failure: 'no such process' })
    ok((await screenText(failed)).join('\n').includes('no such process'))
  })
})

describe('what is asked', () => {
  const last = async (state: UiState, count: number) => (await screenText(state)).slice(-count).join('\n')

  it('names the process and what will happen', async () => {
    ok(/Kill web-front-end\S* \(SIGKILL\), and remove it/.test(await last(scenes.remove!(demoState()), 4)))
    ok(/Send a signal to minecraft, pid 1001/.test(await last(scenes.signal!(demoState()), 13)))
    ok(
      /Send 6 pasted lines, 261 B \(cut: it was too long\), to minecraft\?/.test(
        await last(scenes.paste!(demoState()), 8),
      ),
    )
  })

  it('the form shows its fields, and what is wrong with them', async () => {
    const state = after(demoState(), key('r'), key('enter'))
    const text = (await screenText(state)).join('\n')
    for (const word of ['command', 'name', 'labels', 'directory', 'terminal', '✕ type a command'])
      ok(text.includes(word), word)
  })
})

describe('details', () => {
  it('tell what the process is, uses, and what happened to it', async () => {
    const detail = {
      ...demoProcesses[0]!,
      path: '/usr/bin/java',
      args: ['-Xmx4G', '-jar', 'my server.jar'],
      cwd: '/srv/mc',
      env: null,
      stdin: 'pipe',
      stderr: 'pipe',
      input: { open: true, taken: 2048, queued: 10 },
      outputLimit: 262144,
      autoRemove: false,
      held: true,
      clients: [{ peerPid: 1, software: 'ndctl 0.1.0', lossless: true, readOnly: false, sent: 0, acked: 0 }],
    } as const
    const state = after(
      demoState({ columns: 120, rows: 40 }),
      { type: 'detailed', detail: { ...detail, args: [...detail.args], clients: [...detail.clients] } },
      {
        type: 'happened',
        events: [
          { kind: 'started', seq: 1, at: NOW, id: 'minecraft', handle: 1, labels: {}, state: demoProcesses[0]!.state },
        ],
      },
    )
    const text = (await screenText(state)).join('\n')
    for (const words of [
      "server.jar'",
      '/srv/mc',
      'role=game',
      '12.3 %',
      '143 MiB',
      'waits for a lossless client',
      '10 B waiting',
      '1 (ndctl)',
      'started, pid 1001',
    ]) {
      ok(text.includes(words), `${words}\n${text}`)
    }
  })
})

describe('colours', () => {
  it('are as many as the terminal has; NO_COLOR and FORCE_COLOR decide', () => {
    equal(colourDepth({ TERM: 'xterm-256color' }), '256')
    equal(colourDepth({ TERM: 'xterm' }), '16')
    equal(colourDepth({ TERM: 'xterm', COLORTERM: 'truecolor' }), 'rgb')
    equal(colourDepth({ TERM: 'xterm-256color', NO_COLOR: '1' }), 'none')
    equal(colourDepth({ TERM: 'xterm-256color', NO_COLOR: '' }), '256')
    equal(colourDepth({ TERM: 'dumb' }), 'none')
    equal(colourDepth({ NO_COLOR: '1', FORCE_COLOR: '2' }), '256')
    equal(colourDepth({ TERM: 'xterm-256color', FORCE_COLOR: '0' }), 'none')
  })

  it('are none without colours, of the output of processes neither', async () => {
    for (const scene of Object.values(scenes)) {
      for (const row of await screenRows(scene(demoState()), { content: demoConsole() })) {
        for (const each of stylesIn(row))
          ok(['', '0', '1', '2', '3', '4', '7', '9'].includes(each), JSON.stringify(row))
      }
    }
  })

  it('of 24 bits become what the terminal has', () => {
    equal(sgrParameters({ fg: RGB + 0xff8000 }, 'rgb'), '38;2;255;128;0')
    equal(sgrParameters({ fg: RGB + 0xff0000 }, '256'), '38;5;196')
    equal(sgrParameters({ bg: RGB + 0x808080 }, '256'), '48;5;244')
    equal(sgrParameters({ fg: 12, bg: 3, bold: true }, '16'), '1;94;43')
    equal(sgrParameters({ fg: 12, bold: true }, 'none'), '1')
  })
})

describe('text', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 })

  it('is cut and filled to exactly so many cells, of any spans', () => {
    const line = fc.array(
      text.map((each) => span(each)),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(line, line, fc.integer({ min: 1, max: 60 }), (left, right, width) => {
        equal(lineCells(fitLine(left, width)), width)
        equal(lineCells(justify(left, right, width)), width)
      }),
    )
    deepEqual(
      fitLine([span('abc'), span(''), span('de')], 4).map((each) => each.text),
      ['abc', '…'],
    )
    deepEqual(
      fitLine([span('abc'), span('')], 3).map((each) => each.text),
      ['abc'],
    )
  })

  it('is serialised from the default style to the default style', () => {
    const line = [span('a'), span('b', { bold: true }), span('c', { bold: true }), span('d', { fg: 1 }), span('e')]
    equal(serialize(line, '256'), 'a\u001b[1mbc\u001b[0;31md\u001b[me')
    equal(serialize([span('b', { bold: true })], '256'), '\u001b[1mb\u001b[m')
    equal(serialize([span('', { bold: true }), span('a')], '256'), 'a')
  })
})

describe('drawing', () => {
  it('on from any screen gives what drawing anew would', async () => {
    const names = fc.constantFrom(...Object.keys(scenes))
    const steps = fc.array(fc.tuple(names, fc.constantFrom(...sizes)), { minLength: 2, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(steps, async (screens) => {
        const renderer = new Renderer('rgb')
        const content = demoConsole()
        for (const [name, size] of screens) {
          content.write(1, Buffer.from(`now ${name}\n`))
          const state = scenes[name]!(demoState(size))
          const shown = { content, depth: 'rgb' } as const
          deepEqual(await screenRows(state, shown, renderer), await screenRows(state, shown), name)
        }
        renderer.end()
      }),
      { numRuns: 15 },
    )
  })

  it('has each text in its own rectangle', async () => {
    const renderer = new Renderer('none')
    const panes = [
      { left: 2, top: 1, width: 3, height: 2 },
      { left: 6, top: 0, width: 2, height: 3 },
    ]
    const views = panes.map((pane, at) =>
      createElement(Rows, { key: at, pane, lines: Array(9).fill([span('abcdefgh'.slice(4 * at))]) }),
    )
    const rows = await renderer.render(createElement(Box, { width: 8, height: 4 }, ...views), 8, 4)
    renderer.end()
    deepEqual((await terminalRows(rows, 8)).slice(0, 4), ['      e…', '  ab… e…', '  ab… e…', ''])
  })

  it('fails when a view does, and shows nothing wrong', async () => {
    const renderer = new Renderer('none')
    const view = (fails: boolean) => createElement(Faulty, { fails })
    deepEqual(await renderer.render(view(false), 4, 1), ['fine'])
    await rejects(renderer.render(view(true), 4, 1), /a bug in a view/)
    await rejects(renderer.render(view(false), 4, 1), /a bug in a view/)
    renderer.end()
  })

  it('sends what has changed, all at once, and nothing when nothing has', () => {
    const painter = new Painter()
    equal(painter.paint(['a', 'b']), '\u001b[?2026h\u001b[1Ha\u001b[2Hb\u001b[?2026l')
    equal(painter.paint(['a', 'b']), '')
    equal(painter.paint(['a', 'c']), '\u001b[?2026h\u001b[2Hc\u001b[?2026l')
    painter.forget()
    ok(painter.paint(['a', 'c']).includes('\u001b[1Ha'))
  })
})

describe('the layout', () => {
  it('has panes that lie beside each other, fill the screen, and stay in it', () => {
    const wanted = fc.record({
      size: fc.record({ columns: fc.integer({ min: 60, max: 300 }), rows: fc.integer({ min: 12, max: 100 }) }),
      details: fc.constantFrom(undefined, true, false),
      drawer: fc.constantFrom(0, 1, 3, 12),
      page: fc.boolean(),
      form: fc.boolean(),
    })
    fc.assert(
      fc.property(wanted, (each) => {
        const panes = layoutOf(each)
        const covered = new Set<number>()
        for (const pane of Object.values(panes)) {
          if (pane === undefined) continue
          ok(pane.width > 0 && pane.height > 0 && pane.left >= 0 && pane.top >= 0, JSON.stringify(panes))
          ok(
            pane.left + pane.width <= each.size.columns && pane.top + pane.height <= each.size.rows,
            JSON.stringify(panes),
          )
          for (let row = pane.top; row < pane.top + pane.height; row++) {
            for (let column = pane.left; column < pane.left + pane.width; column++) {
              const cell = row * each.size.columns + column
              ok(!covered.has(cell), JSON.stringify(panes))
              covered.add(cell)
            }
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})

function Faulty({ fails }: { readonly fails: boolean }) {
  if (fails) throw new Error('a bug in a view')
  const pane = { left: 0, top: 0, width: 4, height: 1 }
  return createElement(Box, { width: 4, height: 1 }, createElement(Rows, { lines: [[span('fine')]], pane }))
}
