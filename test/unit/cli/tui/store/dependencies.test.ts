// The tree of what a process needs and of what needs it.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dependencyRows } from '../../../../../cli/tui/store/dependencies.ts'
import type { Declared, UiState } from '../../../../../cli/tui/store/state.ts'
import { update } from '../../../../../cli/tui/store/update.ts'
import { after, demoState, key, NOW, processOf } from '../../../../support/terminal/demo-state.ts'

/** A state with these processes, each with the names of what it needs. */
function stateOf(needs: Readonly<Record<string, readonly string[]>>): UiState {
  const names = Object.keys(needs)
  const processes = names.map((name, at) => processOf(at + 1, name))
  const declared = new Map(
    names.map((name, at): [number, Declared] => [
      at + 1,
      {
        needs: (needs[name] ?? []).map((other) => ({ name: other, condition: 'ready', binds: false })),
        source: undefined,
        enabled: true,
      },
    ]),
  )
  return after(demoState({ columns: 80, rows: 24 }, processes), { type: 'declared', declared })
}
const drawn = (state: UiState, root: number) =>
  dependencyRows(state, root).map(({ branches, name, repeated }) => `${branches}${name}${repeated ? ' again' : ''}`)

const chain = { proxy: ['web'], web: ['redis', 'db'], redis: [], db: ['disk'], disk: [], backup: ['db'] }

describe('the tree around a process', () => {
  it('has what it needs above it, and what needs it below', () => {
    deepEqual(drawn(stateOf(chain), 2), ['├─ redis', '└─ db', '   └─ disk', 'web', '└─ proxy'])
    deepEqual(drawn(stateOf(chain), 4), ['└─ disk', 'db', '├─ web', '│  └─ proxy', '└─ backup'])
  })

  it('shows what stands below something once, however many ways lead there', () => {
    const diamond = stateOf({ top: ['left', 'right'], left: ['base'], right: ['base'], base: ['ground'], ground: [] })
    deepEqual(drawn(diamond, 1), ['├─ left', '│  └─ base', '│     └─ ground', '└─ right', '   └─ base again', 'top'])
  })

  it('ends where it meets itself, and is bounded', () => {
    ok(drawn(stateOf({ a: ['b'], b: ['a'] }), 1).length < 10)
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`p${at}`, at === 0 ? [] : ['p0']]))
    ok(drawn(stateOf(many), 1).length <= 501)
  })

  it('says of each whether it is as it must be', () => {
    const met = (condition: string, state: ReturnType<typeof processOf>['state']) => {
      const processes = [processOf(1, 'web'), processOf(2, 'db', { state })]
      const need = { name: 'db', condition, binds: false }
      const declared = new Map([[1, { needs: [need], source: undefined, enabled: true }]])
      const known = after(demoState({ columns: 80, rows: 24 }, processes), { type: 'declared', declared })
      return dependencyRows(known, 1)[0]?.need?.met
    }
    const starting = { kind: 'starting', run: 1, pid: 5, since: NOW, readyBy: NOW } as const
    const up = { kind: 'running', pid: 5, since: NOW } as const
    const done = { kind: 'exited', code: 0, at: NOW } as const
    deepEqual(
      [met('started', starting), met('started', { ...starting, pid: null }), met('started', done)],
      [true, false, false],
    )
    deepEqual([met('ready', starting), met('ready', up)], [false, true])
    deepEqual([met('healthy', up), met('healthy', { ...up, health: 'up' })], [false, true])
    deepEqual([met('exited', up), met('exited', done), met('exited', { ...done, code: 1 })], [false, true, false])
  })

  it('believes the daemon of a process that waits', () => {
    const waiting = processOf(1, 'web', { state: { kind: 'waiting', since: NOW, until: null, unmet: ['db'] } })
    const declared = new Map([
      [1, { needs: [{ name: 'db', condition: 'ready', binds: false }], source: undefined, enabled: true }],
    ])
    const state = after(demoState({ columns: 80, rows: 24 }, [waiting, processOf(2, 'db')]), {
      type: 'declared',
      declared,
    })
    equal(dependencyRows(state, 1)[0]?.need?.met, false)
  })
})

describe('the view of dependencies', () => {
  const opened = after(stateOf(chain), key('down'), key('D'))

  it('asks for what is declared, and begins at the process itself', () => {
    deepEqual(update(after(stateOf(chain), key('down')), key('D')).effects, [{ type: 'ask declared' }])
    ok(opened.dialog?.kind === 'dependencies' && opened.dialog.chosen === 0)
  })

  it('is walked with the arrows, as far as it goes, and Enter goes there', () => {
    const to = (...names: string[]) => after(opened, ...names.map(key)).list.selected
    equal(to('up', 'enter'), 5)
    equal(to('up', 'up', 'up', 'up', 'up', 'enter'), 3)
    equal(to('down', 'down', 'down', 'enter'), 1)
    equal(to('enter'), 2)
    equal(after(opened, key('up'), key('enter')).dialog, undefined)
    equal(to('up', 'escape'), 2)
  })

  it('stays at the process when more is known of the others', () => {
    const state = after(stateOf({ ...chain, web: [] }), key('down'), key('D'))
    const more = after(state, { type: 'declared', declared: stateOf(chain).declared })
    equal(after(more, key('enter')).list.selected, 2)
  })

  it('says that what is missing is not there', () => {
    const state = after(stateOf({ web: ['nobody'] }), key('D'), key('up'), key('enter'))
    deepEqual([state.list.selected, state.notice?.text], [1, 'there is no process "nobody"'])
  })
})
