// The store of the UI for services: whether they are to run, in which states they are, and what is typed between two runs.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ProcessState } from '../../../../../cli/tui/protocol-types.ts'
import type { Action, Effect } from '../../../../../cli/tui/store/actions.ts'
import type { UiState } from '../../../../../cli/tui/store/state.ts'
import { stateGroups } from '../../../../../cli/tui/store/state-groups.ts'
import { update } from '../../../../../cli/tui/store/update.ts'
import { viewLayout } from '../../../../../cli/tui/store/view-layout.ts'
import { demoServices } from '../../../../support/terminal/demo-services.ts'
import { after, demoState, key, keys, NOW, processOf } from '../../../../support/terminal/demo-state.ts'

const services = () => demoState({ columns: 80, rows: 24 }, demoServices)
/** With this one selected. */
const at = (id: string): UiState => {
  const process = demoServices.find((each) => each.id === id)!
  return after(services(), ...Array.from({ length: process.handle - 1 }, () => key('down')))
}
const effects = (state: UiState, ...actions: Action[]): readonly Effect[] =>
  update(after(state, ...actions.slice(0, -1)), actions.at(-1)!).effects
const ids = (state: UiState) => state.list.shown.map((handle) => state.processes.get(handle)?.id)

describe('up, stop, restart and reload', () => {
  it('stop and restart ask first where something ends', () => {
    for (const [name, verb] of [
      ['S', 'stop'],
      ['R', 'restart'],
    ] as const) {
      const asked = after(at('web'), key(name))
      equal(asked.dialog?.kind, verb)
      deepEqual(effects(at('web'), key(name)), [])
      deepEqual(effects(asked, key('n')), [])
      deepEqual(effects(asked, key('y')), [{ type: 'life', handle: 1, verb }])
    }
  })

  it('are done at once where nothing runs', () => {
    deepEqual(effects(at('crasher'), key('S')), [{ type: 'life', handle: 2, verb: 'stop' }])
    deepEqual(effects(at('crasher'), key('R')), [{ type: 'life', handle: 2, verb: 'restart' }])
    deepEqual(effects(at('crasher'), key('u')), [{ type: 'life', handle: 2, verb: 'up' }])
    deepEqual(effects(at('parked'), key('u')), [{ type: 'life', handle: 7, verb: 'up' }])
    deepEqual(effects(at('web'), key('L')), [{ type: 'life', handle: 1, verb: 'reload' }])
  })

  it('say how it is where there is nothing to do', () => {
    const told = (id: string, name: string) => {
      const step = update(at(id), key(name))
      deepEqual([step.effects, step.state.dialog], [[], undefined])
      return step.state.notice?.text ?? ''
    }
    match(told('web', 'u'), /^web is running as pid 1001/)
    match(told('parked', 'S'), /^parked is stopped/)
    match(told('leaving', 'S'), /^leaving is stopping as requested; SIGKILL in 8s/)
    match(told('crasher', 'L'), /^crasher starts again in 4s, after 4 failures; run 4 exited with 1/)
  })

  it('what is being restarted can be stopped, and what is being stopped can be wanted again', () => {
    const stopping: ProcessState = { kind: 'stopping', pid: 5, since: NOW, killAt: null, why: 'restart' }
    const state = demoState({ columns: 80, rows: 24 }, [processOf(1, 'web', { restart: 'always', state: stopping })])
    deepEqual(effects(state, key('S')), [{ type: 'life', handle: 1, verb: 'stop' }])
    deepEqual(effects(at('leaving'), key('u')), [{ type: 'life', handle: 8, verb: 'up' }])
  })

  it('one that would run again is removed with force', () => {
    deepEqual(effects(at('crasher'), key('x'), key('y')), [{ type: 'remove', handle: 2, force: true }])
    deepEqual(effects(at('parked'), key('x'), key('y')), [{ type: 'remove', handle: 7, force: false }])
  })
})

describe('what is told of a failure', () => {
  const failure: Action = { type: 'told', tone: 'bad', text: '"web" did not come up', lines: ['one', 'two'] }

  it('with output it has rows of its own, takes no keys, and goes with Escape', () => {
    const state = after(services(), failure)
    equal(viewLayout(state).drawer?.height, 5)
    equal(after(state, key('down')).list.selected, 2)
    const away = after(state, key('escape'))
    deepEqual([away.notice, viewLayout(away).drawer], [undefined, undefined])
    const typing = after(services(), key('enter'), ...keys('say'), failure, key('escape'))
    deepEqual([typing.focus, typing.notice], ['input', undefined])
  })

  it('stays longer than a line, and goes by itself', () => {
    const state = after(services(), failure)
    ok(after(state, { type: 'ticked', now: NOW + 7000 }).notice !== undefined)
    equal(after(state, { type: 'ticked', now: NOW + 60_000 }).notice, undefined)
  })
})

describe('the states that are shown', () => {
  const chosen = (steps: number) => after(services(), key('e'), ...Array.from({ length: steps }, () => key('down')))

  it('are chosen, and take effect at once', () => {
    const shown = Object.fromEntries(stateGroups.map(({ name }, steps) => [name, ids(chosen(steps))]))
    deepEqual(shown, {
      all: demoServices.map(({ id }) => id),
      running: ['web', 'ill'],
      changing: ['crasher', 'slow', 'worker', 'leaving'],
      'not up': ['crasher', 'slow', 'worker', 'ill', 'given-up', 'leaving'],
      ended: ['given-up', 'parked', 'once'],
    })
  })

  it('stay after Enter, and are as before after Escape', () => {
    equal(after(chosen(1), key('enter')).list.group, 'running')
    equal(after(chosen(1), key('escape')).list.group, 'all')
    equal(after(chosen(1), key('enter'), key('e'), key('down'), key('escape')).list.group, 'running')
    equal(after(chosen(1), key('enter'), key('escape')).list.group, 'all')
  })

  it('go together with the words of the filter', () => {
    deepEqual(ids(after(chosen(3), key('enter'), key('/'), ...keys('crash'), key('enter'))), ['crasher'])
  })

  it('do not take what is typed to another process when one does not fit any more', () => {
    const typing = after(chosen(1), key('enter'), key('enter'))
    const down = demoServices.map((each) => (each.handle === 1 ? { ...each, state: demoServices[6]!.state } : each))
    equal(after(typing, { type: 'listed', processes: down }).list.selected, 1)
    equal(after(typing, key('escape'), { type: 'listed', processes: down }).list.selected, 5)
  })

  it('give way to a process that is gone to', () => {
    const state = after(chosen(1), key('enter'), { type: 'open asked', process: demoServices[1]! })
    deepEqual([state.list.selected, state.list.group], [2, 'all'])
  })
})

describe('typing between two runs', () => {
  const opened = after(services(), key('enter'), ...keys('say hi'), {
    type: 'console opened',
    handle: 1,
    inputOpen: true,
  })
  const backoff: ProcessState = { kind: 'backoff', until: NOW + 3400, failures: 1 }
  const listed = (state: ProcessState): Action => ({
    type: 'listed',
    processes: demoServices.map((each) => (each.handle === 1 ? { ...each, state } : each)),
  })
  const between = after(opened, listed(backoff), { type: 'console input changed', handle: 1, open: false })

  it('the line stays, is edited, and is not sent', () => {
    const typed = after(between, ...keys(' all'))
    const { state, effects: deeds } = update(typed, key('enter'))
    deepEqual([deeds, state.consoles.get(1)?.editor.text], [[], 'say hi all'])
    equal(state.notice?.text, 'not sent: web is not running: it starts again in 4s; your line stays here')
  })

  it('it is sent to the next run', () => {
    const again = after(between, listed({ kind: 'running', pid: 6, since: NOW, run: 4 }), {
      type: 'console input changed',
      handle: 1,
      open: true,
    })
    deepEqual(effects(again, key('enter')), [{ type: 'write', handle: 1, text: 'say hi\n' }])
  })

  it('a line that was refused comes back, unless another is being typed', () => {
    const refused: Action = { type: 'line refused', handle: 1, text: 'say hi\n' }
    const sent = after(opened, key('enter'))
    equal(after(sent, refused).consoles.get(1)?.editor.text, 'say hi')
    equal(after(sent, ...keys('x'), refused).consoles.get(1)?.editor.text, 'x')
    equal(after(sent, { ...refused, text: 'a\nb\n' }).consoles.get(1)?.editor.text, '')
  })
})

describe('a process that was asked for on the command line', () => {
  it('is to be seen in the list as soon as the others are known', () => {
    const many = Array.from({ length: 50 }, (_, at) => processOf(at + 1, `p${at}`))
    const asked = demoState({ columns: 80, rows: 24 }, [])
    const unlisted = after({ ...asked, listed: false }, { type: 'open asked', process: many[40]! })
    const { list } = after(unlisted, { type: 'listed', processes: many })
    ok(list.shown.indexOf(41) - list.top < 8, String(list.top))
  })
})

describe('what the daemon says of runs', () => {
  it('a list that was made before the newest run began does not bring the one before back', () => {
    const began: Action = {
      type: 'happened',
      events: [
        {
          ...{ kind: 'changed', seq: 1, at: NOW, id: 'web', handle: 1, labels: {} },
          state: { kind: 'running', pid: 7, since: NOW, run: 4 },
        } as const,
      ],
    }
    const state = after(services(), began, { type: 'listed', processes: demoServices })
    const now = state.processes.get(1)?.state
    ok(now?.kind === 'running' && now.run === 4)
  })
})
