// What the UI shows of services: their states in words, what was told of failures, and the borders of runs.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsoleBuffer } from '../../../../../cli/tui/console/console-buffer.ts'
import type { ProcessDetail } from '../../../../../cli/tui/protocol-types.ts'
import type { Action } from '../../../../../cli/tui/store/actions.ts'
import type { UiState } from '../../../../../cli/tui/store/state.ts'
import { stateLabel } from '../../../../../cli/tui/views/figures.ts'
import { cells } from '../../../../../vt/cell-widths.ts'
import { demoServices } from '../../../../support/terminal/demo-services.ts'
import { after, demoState, key, keys, NOW } from '../../../../support/terminal/demo-state.ts'
import { screenText } from '../../../../support/terminal/screen-text.ts'

const need = (name: string, condition = 'ready', binds = false) => ({ name, condition, binds })
const services = (size = { columns: 80, rows: 40 }) => demoState(size, demoServices)
const text = async (state: UiState) => (await screenText(state)).join('\n')

describe('states', () => {
  it('are told in words with what they count down to', async () => {
    const shown = await text(services())
    for (const words of [
      /● web +healthy /,
      /↻ crasher +again in 4s/,
      /◔ slow +starting 29s/,
      /◌ worker +needs slow/,
      /● ill +unhealthy/,
      /✖ given-up +failed/,
      /□ parked +stopped/,
      /◐ leaving +stopping 8s/,
      /○ once +exited 0/,
    ])
      match(shown, words)
  })

  it('count down with the clock, and never to nothing', async () => {
    const { state } = demoServices[1]!
    deepEqual(
      [0, 1000, 3399, 9999].map((ms) => stateLabel(state, NOW + ms)),
      ['again in 4s', 'again in 3s', 'again in 1s', 'again in 1s'],
    )
    match(await text(after(services(), { type: 'ticked', now: NOW + 2000 })), /crasher +again in 2s/)
    for (const ms of [99, 5999, 350_000, 8e6]) {
      const label = stateLabel({ kind: 'backoff', until: NOW + 1000 * ms, failures: 1 }, NOW)
      ok(cells(label) <= 12, label)
    }
  })

  it('stand beside the name also where there is no column for them', async () => {
    const shown = await text(services({ columns: 110, rows: 40 }))
    match(shown, /crasher +again in 4s/)
    match(shown, /leaving +stopping 8s/)
  })

  it('that need a look are counted in the first line', async () => {
    match((await screenText(services()))[0] ?? '', /4 running {2}3 ended {2}6 not up/)
  })

  it('that are chosen are counted, and named in the first line', async () => {
    const state = after(services(), key('e'), key('down'), key('down'), key('down'))
    match(await text(state), /▌ not up +6 /)
    match((await screenText(after(state, key('enter'))))[0] ?? '', /only not up 6 of 9/)
  })
})

describe('details', () => {
  const ends = [1, 2, 3].map(
    (run) => ({ kind: 'exited', run, code: 1, at: NOW - 1000 * run, began: NOW - 5000 * run }) as const,
  )
  const detailOf = (handle: number) =>
    ({
      ...demoServices.find((each) => each.handle === handle)!,
      ...{
        path: '/srv/run',
        args: [],
        cwd: '/srv',
        env: null,
        stdin: 'pipe',
        stderr: 'pipe',
        outputLimit: 1,
        clients: [],
      },
      ...{ input: { open: true, taken: 0, queued: 0 }, autoRemove: false, held: false, runsKept: ends },
    }) satisfies ProcessDetail
  const declared = new Map([
    [4, { needs: [need('slow'), need('web', 'healthy')], source: '/etc/netdaemon/s.yaml', enabled: false }],
  ])
  const detailed = (handle: number, ...more: Action[]) =>
    after(
      services(),
      ...Array.from({ length: handle - 1 }, () => key('down')),
      { type: 'detailed', detail: detailOf(handle) },
      ...more,
    )

  it('tell why a process is not up, when it is started again, and how its runs ended', async () => {
    const shown = await text(detailed(2, key('d')))
    match(shown, /why +starts again in 4s, after 4 failures/)
    match(shown, /restart +on-failure, 3 so far/)
    match(shown, /✕ run 3, 12s: exited with 1\n.*✕ run 2, 8s: exited with 1\n.*✕ run 1, /)
    const stopped = await text(detailed(7, key('d')))
    match(stopped, /restart +always; is not to run now/)
  })

  it('tell what it needs, and whether that is so', async () => {
    const shown = await text(detailed(4, key('d'), { type: 'declared', declared }))
    match(shown, /why +waits for slow, gone/)
    match(shown, /needs +✕ slow {2}✓ web/)
    match(shown, /restart +always; not started with the daemon/)
    match(shown, /from +\/etc\/netdaemon\/s\.yaml/)
  })

  it('tell since when it is ready, and its health', async () => {
    match(await text(detailed(1, key('d'))), /ready +since \d\d:\d\d:\d\d, 59s, health: up/)
    match(await text(detailed(5, key('d'))), /why +not healthy/)
  })

  it('have a page for all runs, the newest first, and one for narrow terminals', async () => {
    const page = await text(detailed(2, key('h')))
    match(page, /runs of crasher ─+\n crasher starts again in 4s.*\n\n RUN +BEGAN/)
    match(page, / 3 +\S+ \S+ +\S+ \S+ +12s +exited with 1\n +2 /)
    const narrow = await text(after(detailed(2, key('h')), { type: 'resized', size: { columns: 40, rows: 24 } }))
    match(narrow, /✕ run 3, 12s: exited with 1/)
  })
})

describe('dependencies', () => {
  const declared = new Map([
    [4, { needs: [need('slow'), need('web', 'healthy', true), need('gone')], source: undefined, enabled: true }],
    [8, { needs: [need('worker')], source: undefined, enabled: true }],
  ])

  it('are a tree around the process, with what must be so', async () => {
    const shown = await text(
      after(services(), key('down'), key('down'), key('down'), key('D'), { type: 'declared', declared }),
    )
    for (const row of [
      /├─ ◔ slow +starting 29s +✕ must be ready/,
      /├─ ● web +healthy +✓ must be healthy, and is stopped with it/,
      /└─ \? gone +no such process/,
      /▌ ◌ worker +needs slow, gone/,
      /└─ ◐ leaving +stopping 8s +✕ needs it ready/,
    ])
      match(shown, row)
  })

  it('say so where there are none', async () => {
    const shown = await text(after(services(), key('D')))
    match(shown, /it needs no other process\n\n ▌ ● web +healthy\n\n no other process needs it/)
  })
})

describe('what is told', () => {
  it('of a failure with its output stands above the hints, whole', async () => {
    const sentence = `"crasher" did not come up: ${'run 5 exited with 1, and nobody knows why '.repeat(2)}`
    const state = after(services(), {
      type: 'told',
      tone: 'bad',
      text: sentence.trim(),
      lines: ['cannot open x', 'bye'],
    })
    const shown = await text(state)
    match(shown, /✕ "crasher" did not come up: .*\n.*knows why\n {3}│ cannot open x\n {3}│ bye\n Esc put away/)
  })

  it('the questions name the process', async () => {
    match(await text(after(services(), key('S'))), /Stop web, as its spec says, with all of its tree\?/)
    match(await text(after(services(), key('R'))), /Stop web, and start it again\?/)
  })
})

describe('the console', () => {
  it('has a thin line between runs; one that was ended and began again has one', async () => {
    const content = new ConsoleBuffer()
    content.write(1, Buffer.from('one'))
    content.border('run 1 exited with 1, 12:00:00', false)
    content.border('run 2, 12:00:01; run 1 exited with 1', true)
    content.write(1, Buffer.from('two\n'))
    const rows = await screenText(services(), { content })
    const at = rows.findIndex((row) => row.includes('run 2'))
    equal(rows[at]?.startsWith(' ── run 2, 12:00:01; run 1 exited with 1 ─────'), true)
    deepEqual([rows[at - 1], rows[at + 1]], [' one', ' two'])
    equal(rows.join('').includes('run 1 exited with 1, 12:00:00'), false)
  })

  it('says beside a line that waits for the next run why it is not sent', async () => {
    const state = after(services(), key('down'), key('enter'), ...keys('say hi'))
    match(await text(state), /› say hi +crasher is not running: it/)
  })
})
