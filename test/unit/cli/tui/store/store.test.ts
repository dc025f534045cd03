// The store of the UI: what each action and each key makes of its state, and what it wants done.

import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isLive, type ProcessSummary } from '../../../../../cli/tui/protocol-types.ts'
import type { Action, Effect } from '../../../../../cli/tui/store/actions.ts'
import { selectedProcess, sortKeys, TABS_MAX, type UiState, unreadOf } from '../../../../../cli/tui/store/state.ts'
import { update } from '../../../../../cli/tui/store/update.ts'
import { viewLayout } from '../../../../../cli/tui/store/view-layout.ts'
import {
  after,
  demoProcesses,
  demoState,
  key,
  keys,
  NOW,
  processOf,
  running,
} from '../../../../support/terminal/demo-state.ts'

/** What is to be done after the last of these. */
function effects(state: UiState, ...actions: Action[]): readonly Effect[] {
  const before = after(state, ...actions.slice(0, -1))
  const last = actions.at(-1)
  return last === undefined ? [] : update(before, last).effects
}

const ids = (state: UiState) => state.list.shown.map((handle) => state.processes.get(handle)?.id)
const selectedId = (state: UiState) => selectedProcess(state)?.id
const withOutput = (end: number, handle = 2) =>
  demoProcesses.map((each) => (each.handle === handle ? { ...each, output: { start: 0, end, ended: false } } : each))
const ended = (process: ProcessSummary): ProcessSummary => ({ ...process, state: { kind: 'exited', code: 0, at: NOW } })

describe('the list', () => {
  it('is in the order of the start, and begins at the first', () => {
    equal(ids(demoState())[0], 'minecraft')
    equal(selectedId(demoState()), 'minecraft')
  })

  it('is walked with the arrows, pages and ends, and stops there', () => {
    const state = demoState()
    equal(selectedId(after(state, key('down'), key('j'), key('up'))), 'postgres')
    equal(selectedId(after(state, key('up'))), 'minecraft')
    equal(selectedId(after(state, key('end'))), 'old')
    equal(selectedId(after(state, key('G'), key('down'))), 'old')
    equal(selectedId(after(state, key('G'), key('g'))), 'minecraft')
    equal(selectedId(after(state, key('pagedown'))), 'old')
  })

  it('scrolls as far as it must for the selected one', () => {
    const many = Array.from({ length: 50 }, (_, at) => processOf(at + 1, `p${at}`))
    const state = demoState({ columns: 80, rows: 24 }, many)
    const rows = (viewLayout(state).list?.height ?? 0) - 1
    const down = after(state, ...Array.from({ length: rows }, () => key('down')))
    equal(down.list.top, 1)
    equal(after(down, key('up')).list.top, 1)
    equal(after(down, key('end')).list.top, 50 - rows)
    equal(after(down, key('end'), { type: 'resized', size: { columns: 80, rows: 60 } }).list.selected, 50)
  })

  it('shows those that have all the words of the filter: of ids, states, labels, commands', () => {
    const filtered = (words: string) => ids(after(demoState(), key('/'), ...keys(words)))
    deepEqual(filtered('role=game'), ['minecraft'])
    deepEqual(filtered('RUNNING web'), ['web-front-end-of-the-shop-in-production'])
    deepEqual(filtered('killed'), ['worker'])
    deepEqual(filtered('java nogui'), ['minecraft'])
    deepEqual(filtered('nothing has this'), [])
  })

  it('the filter stays after Enter, goes after Escape, and is undone by Escape while it is typed', () => {
    const typed = after(demoState(), key('/'), ...keys('db'))
    const kept = after(typed, key('enter'))
    deepEqual([kept.list.filter, kept.dialog, selectedId(kept)], ['db', undefined, 'postgres'])
    equal(after(kept, key('escape')).list.filter, '')
    equal(after(kept, key('/'), ...keys('x'), key('escape')).list.filter, 'db')
    equal(after(typed, key('ctrl+c')).list.filter, '')
  })

  it('a filter that fits nothing leaves the console alone', () => {
    const state = after(demoState(), key('/'), ...keys('###'))
    equal(selectedId(state), 'minecraft')
    ok(state.consoles.has(1))
  })

  it('is sorted by each column in turn, and the other way round', () => {
    let state = demoState()
    for (const sort of [...sortKeys.slice(1), 'start']) {
      state = after(state, key('o'))
      equal(state.list.sort, sort)
    }
    equal(ids(after(demoState(), key('o')))[0], 'backup')
    equal(ids(after(demoState(), key('o'), key('O')))[0], 'worker')
    deepEqual(ids(after(demoState(), key('o'), key('o'))).slice(0, 2), ['old', 'minecraft'])
    equal(ids(after(demoState(), key('o'), key('o'), key('o')))[0], 'shell')
    equal(ids(after(demoState(), ...Array.from({ length: 4 }, () => key('o'))))[0], 'shell')
  })

  it('selects the one in its place when the selected one goes', () => {
    const state = after(demoState(), key('down'), key('down'))
    equal(
      selectedId(after(state, { type: 'listed', processes: demoProcesses.filter(({ handle }) => handle !== 3) })),
      'shell',
    )
    equal(selectedId(after(state, { type: 'listed', processes: [] })), undefined)
  })
})

describe('what the daemon says', () => {
  const event = (kind: 'started' | 'ended' | 'removed', handle: number, state = running(5)): Action => ({
    type: 'happened',
    events: [{ kind, seq: 1, at: NOW, id: 'x', handle, labels: {}, state }],
  })

  it('an event changes a state at once, and is remembered', () => {
    const state = after(demoState(), event('ended', 1, { kind: 'exited', code: 3, at: NOW }))
    deepEqual(state.processes.get(1)?.state, { kind: 'exited', code: 3, at: NOW })
    equal(state.happenings.at(-1)?.handle, 1)
    equal(state.usage.has(1), false)
  })

  it('a list that was made before an event does not bring a process back to life', () => {
    const state = after(demoState(), event('ended', 1, { kind: 'exited', code: 3, at: NOW }), {
      type: 'listed',
      processes: demoProcesses,
    })
    equal(state.processes.get(1)?.state.kind, 'exited')
  })

  it('a state that only a newer daemon knows gives way to the next, and the next to it', () => {
    const paused = { kind: 'unknown', word: 'paused', facts: {} } as const
    const seen = (...states: (typeof paused | ReturnType<typeof running>)[]) =>
      after(demoState(), ...states.map((state) => event('started', 1, state))).processes.get(1)?.state
    deepEqual(seen(running(5), paused), paused)
    deepEqual(seen(paused, running(5)), running(5))
  })

  it('a removed process is forgotten, with its tab, its console, and what was asked about it', () => {
    const asked = after(demoState(), key('enter'), key('escape'), key('x'))
    equal(asked.dialog?.kind, 'remove')
    const state = after(asked, event('removed', 1))
    deepEqual([state.processes.has(1), state.tabs, state.consoles.has(1), state.dialog], [false, [], false, undefined])
  })

  it('remembers no more than so much', () => {
    let state = demoState()
    for (let each = 0; each < 500; each++) state = after(state, event('started', each + 100))
    equal(state.happenings.length, 300)
  })

  it('another run of the daemon has other processes, the same run has the same', () => {
    const lost = after(demoState(), key('enter'), {
      type: 'link changed',
      link: { kind: 'lost', since: NOW, reason: 'gone' },
    })
    equal(lost.processes.size, demoProcesses.length)
    const same = after(lost, { type: 'link changed', link: { kind: 'connected', run: 'run-1' } })
    deepEqual([same.processes.size, same.tabs], [demoProcesses.length, [1]])
    const other = after(lost, { type: 'link changed', link: { kind: 'connected', run: 'run-2' } })
    deepEqual([other.processes.size, other.tabs, other.list.selected, other.focus], [0, [], undefined, 'list'])
  })

  it('processor use is the difference of two measurements; the same one twice is one', () => {
    const state = demoState()
    equal(state.usage.get(2)?.cpu, 0.246)
    const again = after(state, {
      type: 'measured',
      usage: { at: NOW, processors: 2, processes: [{ handle: 2, cpuMs: 9999, memory: 1, processes: 1 }] },
    })
    equal(again.usage.get(2)?.cpu, 0.246)
    equal(state.usage.get(5), undefined)
  })

  it('the curve is bounded', () => {
    let state = demoState()
    for (let second = 1; second < 300; second++) {
      const usage = {
        at: NOW + second * 1000,
        processors: 2,
        processes: [{ handle: 1, cpuMs: second, memory: 1, processes: 1 }],
      }
      state = after(state, { type: 'measured', usage })
    }
    equal(state.usage.get(1)?.history.length, 120)
  })
})

describe('unread output', () => {
  const unread = (state: UiState, handle = 2) => unreadOf(state, state.processes.get(handle)!)

  it('is what came since the UI looked first; of new processes, all', () => {
    const state = demoState()
    equal(unread(state), 0)
    equal(unread(after(state, { type: 'listed', processes: withOutput(6120) })), 1000)
    const born = processOf(9, 'new', { output: { start: 0, end: 77, ended: false } })
    equal(unread(after(state, { type: 'listed', processes: [...demoProcesses, born] }), 9), 77)
  })

  it('is none of the one that is looked at, and none of what was seen when it is left', () => {
    const state = after(demoState(), key('down'), { type: 'listed', processes: withOutput(6120) })
    equal(unread(state), 0)
    const read = after(state, { type: 'console grew', handle: 2, revision: 1, offset: 7000, below: 0 }, key('up'))
    equal(unread(after(read, { type: 'listed', processes: withOutput(7000) })), 0)
    equal(unread(after(read, { type: 'listed', processes: withOutput(7001) })), 1)
  })
})

describe('tabs', () => {
  it('are the consoles that are kept; the selected one is open besides', () => {
    const state = after(demoState(), key('enter'), key('escape'), key('down'), key('down'))
    deepEqual([state.tabs, [...state.consoles.keys()]], [[1], [1, 3]])
  })

  it('are gone to by number, and to either side', () => {
    const opened = after(demoState(), key('enter'), key('escape'), key('down'), key('enter'), key('escape'))
    deepEqual(opened.tabs, [1, 2])
    equal(selectedId(after(opened, key('1'))), 'minecraft')
    equal(selectedId(after(opened, key('1'), key(']'))), 'postgres')
    equal(selectedId(after(opened, key(']'))), 'minecraft')
    equal(selectedId(after(opened, key('['))), 'minecraft')
    equal(selectedId(after(opened, key('7'))), 'postgres')
    equal(selectedId(after(opened, key('enter'), key('alt+1'))), 'minecraft')
  })

  it('go to a process that the filter hides, too', () => {
    const state = after(demoState(), key('enter'), key('escape'), key('/'), ...keys('db'), key('enter'), key('1'))
    deepEqual([selectedId(state), state.list.filter], ['minecraft', ''])
  })

  it('are closed, and are no more than so many', () => {
    const many = Array.from({ length: 12 }, (_, at) => processOf(at + 1, `p${at}`))
    let state = demoState({ columns: 120, rows: 40 }, many)
    for (let each = 0; each < 10; each++) state = after(state, key('enter'), key('escape'), key('down'))
    equal(state.tabs.length, TABS_MAX)
    ok(state.notice?.text.includes('8 tabs'))
    const closed = after(state, key('1'), key('c'))
    equal(closed.tabs.includes(1), false)
    ok(closed.consoles.has(1), 'it is still looked at')
  })
})

describe('typing', () => {
  const typing = (...actions: Action[]) => after(demoState(), key('enter'), ...actions)

  it('Enter in the list opens the input line; what is typed is no command', () => {
    const state = typing(...keys('quit x?'))
    equal(state.focus, 'input')
    equal(state.consoles.get(1)?.editor.text, 'quit x?')
  })

  it('Enter sends the line, and follows the console', () => {
    const state = demoState()
    deepEqual(effects(state, key('enter'), ...keys('say hi'), key('enter')), [
      { type: 'write', handle: 1, text: 'say hi\n' },
    ])
    equal(typing(...keys('say hi'), key('enter')).consoles.get(1)?.editor.text, '')
  })

  it('has a history, for each process its own', () => {
    const state = typing(...keys('one'), key('enter'), ...keys('two'), key('enter'), key('up'), key('up'))
    equal(state.consoles.get(1)?.editor.text, 'one')
    equal(after(state, key('down'), key('down')).consoles.get(1)?.editor.text, '')
  })

  it('Ctrl-C clears the line; the next one leaves', () => {
    const state = typing(...keys('oops'))
    deepEqual(update(state, key('ctrl+c')).effects, [])
    equal(after(state, key('ctrl+c')).consoles.get(1)?.editor.text, '')
    deepEqual(effects(state, key('ctrl+c'), key('ctrl+c')), [{ type: 'quit' }])
  })

  it('Ctrl-D ends the input after a question, and in a line erases', () => {
    const asked = typing(key('ctrl+d'))
    equal(asked.dialog?.kind, 'end input')
    deepEqual(update(asked, key('escape')).effects, [])
    deepEqual(update(asked, key('y')).effects, [{ type: 'end input', handle: 1 }])
    equal(typing(...keys('ab'), key('left'), key('ctrl+d')).consoles.get(1)?.editor.text, 'a')
  })

  it('takes what is typed while the console is being opened, and nothing when it takes no input', () => {
    const state = after(demoState(), key('down'), key('enter'), ...keys('select'))
    equal(state.consoles.get(2)?.status, 'opening')
    equal(state.consoles.get(2)?.editor.text, 'select')
    const closed = after(state, { type: 'console opened', handle: 2, inputOpen: false }, ...keys(' 1'))
    equal(closed.consoles.get(2)?.editor.text, 'select')
    deepEqual(update(closed, key('enter')).effects, [])
  })

  it('letters never become commands when the process ends', () => {
    const state = typing({ type: 'listed', processes: demoProcesses.map(ended) }, ...keys('xq'))
    deepEqual([state.focus, state.dialog], ['input', undefined])
  })
})

describe('pasting', () => {
  const paste = (text: string): Action => ({ type: 'input', event: { kind: 'paste', text, cut: false } })

  it('a line goes to where the cursor is', () => {
    equal(after(demoState(), key('enter'), ...keys('say '), paste('hello\n')).consoles.get(1)?.editor.text, 'say hello')
  })

  it('several lines are asked about, and sent together with what was typed', () => {
    const state = after(demoState(), key('enter'), ...keys('say '), paste('one\ntwo\nthree'))
    equal(state.dialog?.kind, 'paste')
    const { state: sent, effects: deeds } = update(state, key('y'))
    deepEqual(deeds, [{ type: 'write', handle: 1, text: 'say one\ntwo\n' }])
    equal(sent.consoles.get(1)?.editor.text, 'three')
    const dropped = update(state, key('escape'))
    deepEqual([dropped.effects, dropped.state.consoles.get(1)?.editor.text], [[], 'say '])
  })

  it('is no command in the panes, and goes into the fields of what is asked', () => {
    const state = after(demoState(), paste('q'))
    ok(state.notice !== undefined)
    deepEqual(update(demoState(), paste('q')).effects, [])
    equal(after(demoState(), key('/'), paste('role=\ndb')).list.filter, 'role= db')
    const form = after(demoState(), key('r'), paste('npm start')).dialog
    ok(form?.kind === 'start' && form.command.text === 'npm start')
  })
})

describe('a terminal', () => {
  const shell = after(demoState(), key('down'), key('down'), key('down'), {
    type: 'console opened',
    handle: 4,
    inputOpen: true,
  })

  it('gets every key as it came, but for the one that leaves', () => {
    const state = after(shell, key('enter'))
    equal(state.focus, 'terminal')
    for (const name of ['q', 'ctrl+c', 'escape', 'ctrl+z', '?', 'tab']) {
      deepEqual(update(state, key(name)).effects, [{ type: 'write key', handle: 4, raw: name, key: name }])
    }
  })

  it('is left by Ctrl-], as an input line is, to where nothing that is typed is sent', () => {
    const terminal = after(shell, key('enter'))
    const line = after(shell, key('tab'), key('tab'))
    equal(line.focus, 'input')
    for (const typing of [terminal, line]) {
      const left = after(typing, key('ctrl+]'))
      equal(left.focus, 'console')
      deepEqual(effects(left, ...keys('ls')), [])
      equal(after(left, key('ctrl+]')).focus, 'list')
    }
  })

  it('what is asked is left by Ctrl-] too', () => {
    for (const asked of ['/', 's', 'x', 'r', '?'] as const) {
      const state = after(shell, key(asked))
      ok(state.dialog !== undefined)
      equal(after(state, key('ctrl+]')).dialog, undefined, asked)
    }
  })

  it('gets pastes as pastes, and end of file without a question', () => {
    const state = after(shell, key('enter'))
    const paste: Action = { type: 'input', event: { kind: 'paste', text: 'a\nb', cut: false } }
    deepEqual(update(state, paste).effects, [{ type: 'write paste', handle: 4, text: 'a\nb' }])
    deepEqual(effects(state, key('ctrl+]'), key('tab'), key('ctrl+d')), [{ type: 'end input', handle: 4 }])
  })

  it('that ends leaves its keys in the input line, where they do nothing', () => {
    const state = after(shell, key('enter'), { type: 'listed', processes: demoProcesses.map(ended) })
    equal(state.focus, 'input')
    deepEqual(update(state, key('q')), { state, effects: [] })
  })

  it('is not entered where there is none', () => {
    const state = after(demoState(), key('t'))
    deepEqual([state.focus, state.notice?.text.includes('no terminal')], ['list', true])
  })
})

describe('requests', () => {
  it('a signal is chosen and sent with Enter, and not with Escape', () => {
    const state = after(demoState(), key('s'))
    deepEqual(update(state, key('enter')).effects, [{ type: 'signal', handle: 1, signal: 'TERM' }])
    deepEqual(effects(state, key('up'), key('up'), key('enter')), [{ type: 'signal', handle: 1, signal: 'STOP' }])
    deepEqual(effects(state, key('down'), key('escape')), [])
    equal(after(state, key('escape')).dialog, undefined)
  })

  it('an ended process gets no signal', () => {
    const state = after(demoState(), key('/'), ...keys('backup'), key('enter'), key('s'))
    deepEqual([state.dialog, state.notice?.text.includes('has ended')], [undefined, true])
  })

  it('removing takes a "y", and kills what runs', () => {
    const state = after(demoState(), key('x'))
    deepEqual(update(state, key('enter')).effects, [])
    deepEqual(update(state, key('n')).effects, [])
    deepEqual(update(state, key('y')).effects, [{ type: 'remove', handle: 1, force: true }])
    const done = after(demoState(), key('/'), ...keys('backup'), key('enter'), key('delete'))
    deepEqual(update(done, key('y')).effects, [{ type: 'remove', handle: 5, force: false }])
  })

  it('the form starts what is typed into it', () => {
    const fields = [...keys('java -jar "my server.jar"'), key('tab'), ...keys('mc'), key('down'), ...keys('a=b c=d')]
    const [effect] = effects(demoState(), key('r'), ...fields, key('enter'))
    ok(effect?.type === 'start')
    deepEqual(effect.order, {
      words: ['java', '-jar', 'my server.jar'],
      name: 'mc',
      labels: { a: 'b', c: 'd' },
      directory: '/srv',
      terminal: undefined,
      again: undefined,
    })
  })

  it('the form says what is wrong, at the field', () => {
    const problem = (...actions: Action[]) => {
      const { dialog } = after(demoState(), key('r'), ...actions, key('enter'))
      return dialog?.kind === 'start' && [dialog.field, dialog.problem !== undefined, dialog.busy]
    }
    deepEqual(problem(), ['command', true, false])
    deepEqual(problem(...keys('echo "')), ['command', true, false])
    deepEqual(problem(...keys('ls'), key('tab'), key('tab'), ...keys('role')), ['labels', true, false])
    deepEqual(problem(...keys('ls'), key('up'), key('up'), key('ctrl+u'), ...keys('here')), ['directory', true, false])
  })

  it('a terminal is asked for with the space bar, in the size of the console', () => {
    const [effect] = effects(demoState(), key('r'), ...keys('vi'), key('up'), key('space'), key('enter'))
    ok(effect?.type === 'start')
    const pane = viewLayout(demoState()).console
    deepEqual(effect.order.terminal, { columns: 79, rows: pane?.height })
  })

  it('a second Enter does not start it twice; a failure can be mended, a success is opened', () => {
    const sent = after(demoState(), key('r'), ...keys('ls'), key('enter'))
    deepEqual(update(sent, key('enter')).effects, [])
    const failed = after(sent, { type: 'start failed', problem: 'no such file' })
    ok(failed.dialog?.kind === 'start' && failed.dialog.problem === 'no such file' && !failed.dialog.busy)
    const started = after(sent, { type: 'started', process: processOf(20, 'ls-1') })
    deepEqual([started.dialog, selectedId(started), started.focus, started.tabs], [undefined, 'ls-1', 'input', [20]])
  })

  it('an ended process is run again: the form is filled from it', () => {
    const state = after(demoState(), key('/'), ...keys('backup'), key('enter'))
    deepEqual(update(state, key('r')).effects, [{ type: 'fill form', handle: 5 }])
    const line = (text: string) => ({ text, cursor: text.length })
    const form = { command: line('/srv/b'), name: line('backup'), labels: line(''), directory: line('/') }
    const [effect] = effects(state, key('r'), { type: 'form filled', form }, key('enter'))
    ok(effect?.type === 'start' && effect.order.again === 5 && effect.order.name === 'backup')
  })
})

describe('the console', () => {
  it('is scrolled with keys from the console, and from the input line', () => {
    const state = after(demoState(), key('tab'))
    const steps: [string, unknown][] = [
      ['up', { rows: -1 }],
      ['down', { rows: 1 }],
      ['pageup', { pages: -1 }],
      ['space', { pages: 1 }],
      ['home', 'start'],
      ['G', 'end'],
      ['f', 'pause'],
    ]
    for (const [name, step] of steps) deepEqual(update(state, key(name)).effects, [{ type: 'scroll', handle: 1, step }])
    deepEqual(effects(demoState(), key('enter'), key('pageup')), [{ type: 'scroll', handle: 1, step: { pages: -1 } }])
  })

  it('that is paused is followed again', () => {
    const place = { kind: 'at', line: 3, row: 0 } as const
    const state = after(demoState(), { type: 'scrolled', handle: 1, place, below: 7 })
    deepEqual([state.consoles.get(1)?.place, state.consoles.get(1)?.below], [place, 7])
    deepEqual(update(state, key('f')).effects, [{ type: 'scroll', handle: 1, step: 'end' }])
  })

  it('is searched from its end, and on in both directions', () => {
    const asked = after(demoState(), key('tab'), key('/'), ...keys('warn'))
    const { state, effects: deeds } = update(asked, key('enter'))
    deepEqual(deeds, [{ type: 'find', handle: 1, step: 'end' }])
    deepEqual(state.consoles.get(1)?.search, { query: 'warn', line: undefined })
    const place = { kind: 'at', line: 3, row: 0 } as const
    const found = after(state, { type: 'found', handle: 1, line: 5, place })
    deepEqual([found.consoles.get(1)?.search?.line, found.consoles.get(1)?.place], [5, place])
    deepEqual(update(found, key('n')).effects, [{ type: 'find', handle: 1, step: 'older' }])
    deepEqual(update(found, key('N')).effects, [{ type: 'find', handle: 1, step: 'newer' }])
    const over = after(found, key('escape'))
    deepEqual([over.consoles.get(1)?.search, over.focus], [undefined, 'console'])
    equal(after(over, key('escape')).focus, 'list')
  })

  it('wraps, or cuts', () => equal(after(demoState(), key('w')).consoles.get(1)?.wrap, false))

  it('tells how it was opened, grew and was closed; of one that is gone nothing matters', () => {
    const state = after(demoState(), { type: 'console grew', handle: 1, revision: 9, offset: 10, below: 0 })
    deepEqual([state.consoles.get(1)?.revision, state.consoles.get(1)?.offset], [9, 10])
    equal(after(state, { type: 'console input changed', handle: 1, open: false }).consoles.get(1)?.inputOpen, false)
    const failed = after(state, { type: 'console closed', handle: 1, failure: 'no such process' })
    deepEqual([failed.consoles.get(1)?.status, failed.consoles.get(1)?.failure], ['closed', 'no such process'])
    equal(after(state, { type: 'console opened', handle: 999, inputOpen: true }).consoles.has(999), false)
  })
})

describe('everything else', () => {
  it('Tab goes round the panes', () => {
    const focus = (...names: string[]) => after(demoState(), ...names.map(key)).focus
    deepEqual([focus('tab'), focus('tab', 'tab'), focus('tab', 'tab', 'tab')], ['console', 'input', 'list'])
    equal(focus('shift+tab'), 'input')
  })

  it('notices go away', () => {
    const state = after(demoState(), { type: 'told', tone: 'good', text: 'done' })
    equal(state.notice?.text, 'done')
    ok(after(state, { type: 'ticked', now: NOW + 5000 }).notice !== undefined)
    equal(after(state, { type: 'ticked', now: NOW + 7000 }).notice, undefined)
  })

  it('details are shown where there is room, and otherwise when asked for', () => {
    const shown = (state: UiState) => viewLayout(state).details !== undefined
    deepEqual(
      [shown(demoState()), shown(after(demoState(), key('d'))), shown(after(demoState(), key('d'), key('d')))],
      [false, true, false],
    )
    const wide = demoState({ columns: 120, rows: 40 })
    deepEqual([shown(wide), shown(after(wide, key('d')))], [true, false])
    const detail = { ...demoProcesses[0], handle: 1 } as never
    equal(after(demoState(), { type: 'detailed', detail }).detail, detail)
  })

  it('the help is scrolled and closed', () => {
    const top = (...names: string[]) => {
      const { dialog } = after(demoState(), key('?'), ...names.map(key))
      return dialog?.kind === 'help' ? dialog.top : undefined
    }
    deepEqual([top(), top('down'), top('down', 'up', 'up'), top('pagedown'), top('pagedown', 'home')], [0, 1, 0, 20, 0])
    for (const name of ['q', 'escape', '?', 'enter', 'ctrl+c']) equal(top(name), undefined)
  })

  it('quits, suspends and draws anew', () => {
    deepEqual(update(demoState(), key('q')).effects, [{ type: 'quit' }])
    deepEqual(update(demoState(), key('ctrl+c')).effects, [{ type: 'quit' }])
    deepEqual(update(demoState(), key('ctrl+z')).effects, [{ type: 'suspend' }])
    deepEqual(effects(demoState(), key('enter'), key('ctrl+l')), [{ type: 'redraw' }])
  })

  it('a process asked for on the command line is opened', () => {
    const state = after(demoState(), { type: 'open asked', process: demoProcesses[1]! })
    deepEqual([selectedId(state), state.tabs, state.focus], ['postgres', [2], 'input'])
  })

  it('no key does anything where there is nothing', () => {
    const empty = demoState({ columns: 80, rows: 24 }, [])
    for (const name of [
      'down',
      'enter',
      's',
      'x',
      't',
      'c',
      ']',
      '1',
      'f',
      'w',
      'n',
      'tab',
      'd',
      'o',
      '/',
      'G',
      'pageup',
    ]) {
      const { state, effects: deeds } = update(empty, key(name))
      ok(deeds.length === 0, name)
      notEqual(state, undefined)
    }
    equal([...empty.processes.values()].filter(({ state }) => isLive(state)).length, 0)
  })
})

describe('the mouse', () => {
  const mouse = (action: 'wheel up' | 'wheel down' | 'press', column: number, row: number): Action => ({
    type: 'input',
    event: { kind: 'mouse', action, column, row },
  })
  const many = Array.from({ length: 50 }, (_, at) => processOf(at + 1, `p${at}`))
  const state = demoState({ columns: 80, rows: 24 }, many)
  const layout = viewLayout(state)

  it('scrolls what is under it, and selects nothing by that', () => {
    const down = after(state, mouse('wheel down', 5, 3))
    deepEqual([down.list.top, down.list.selected], [3, 1])
    equal(after(down, mouse('wheel up', 5, 3), mouse('wheel up', 5, 3)).list.top, 0)
    const row = layout.console!.top
    deepEqual(update(state, mouse('wheel up', 5, row)).effects, [{ type: 'scroll', handle: 1, step: { rows: -3 } }])
  })

  it('clicks select a process, a tab or a pane', () => {
    equal(after(state, mouse('press', 5, layout.list!.top + 3)).list.selected, 3)
    equal(after(state, mouse('press', 5, layout.list!.top)).list.selected, 1)
    const tabs = after(state, key('enter'), key('escape'), key('down'), key('enter'))
    equal(after(tabs, mouse('press', 2, layout.tabs!.top)).list.selected, 1)
    equal(after(state, mouse('press', 5, layout.console!.top)).focus, 'console')
    equal(after(state, mouse('press', 5, layout.input!.top)).focus, 'input')
  })

  it('is left to the terminal on demand, and never answers a question', () => {
    const off = after(state, key('m'))
    equal(off.mouse, false)
    equal(after(off, mouse('wheel down', 5, 3)).list.top, 0)
    const asked = after(state, key('x'))
    equal(after(asked, mouse('press', 5, 3)).dialog, asked.dialog)
  })
})
