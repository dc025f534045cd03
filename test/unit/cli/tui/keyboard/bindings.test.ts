// The one table of keys: nothing in it is ambiguous, and nothing in it is missing from the help.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  bindings,
  type Context,
  commandOf,
  editKeys,
  keyLabel,
  keysLabel,
} from '../../../../../cli/tui/keyboard/bindings.ts'
import { contextsOf } from '../../../../../cli/tui/store/update.ts'
import { after, demoState, key } from '../../../../support/terminal/demo-state.ts'
import { screenText } from '../../../../support/terminal/screen-text.ts'

const contexts = [...new Set<Context>(bindings.map(({ context }) => context))]

describe('the bindings', () => {
  it('give a key one meaning in each place', () => {
    for (const context of contexts) {
      const keys = bindings.filter((each) => each.context === context).flatMap((each): readonly string[] => each.keys)
      deepEqual([...new Set(keys)].sort(), [...keys].sort(), context)
    }
    // The list and the console have the keys of "panes" besides their own.
    for (const context of ['list', 'console'] as const) {
      for (const { keys } of bindings.filter((each) => each.context === context)) {
        for (const each of keys) equal(commandOf(each, ['panes', 'everywhere']), undefined, `${context}: ${each}`)
      }
    }
  })

  it('have no letter where text is typed', () => {
    for (const context of ['input', 'prompt', 'form', 'terminal'] as const) {
      for (const { keys } of bindings.filter((each) => each.context === context)) {
        for (const each of keys) ok(each.length > 1, `${context}: ${each}`)
      }
    }
  })

  it('leave the keys of editing to the fields, but for those of the form and the history', () => {
    for (const each of Object.keys(editKeys))
      equal(commandOf(each, ['input', 'prompt', 'form', 'everywhere']), undefined, each)
  })

  it('are all in the help, with what they do', async () => {
    const state = after(demoState({ columns: 200, rows: 120 }), key('?'))
    const help = (await screenText(state)).join('\n')
    for (const { keys, help: words } of bindings) {
      ok(help.includes(words), words)
      ok(help.includes(keysLabel(keys)), `${keysLabel(keys)}: ${words}`)
    }
  })

  it('are for each place the keys can go to', () => {
    const seen = new Set<Context>(['terminal'])
    const states = [
      ...['?', '/', 's', 'x', 'r', 'tab'].map((name) => after(demoState(), key(name))),
      after(demoState(), key('tab'), key('tab')),
      demoState(),
    ]
    for (const state of states) for (const context of contextsOf(state)) seen.add(context)
    deepEqual([...seen].sort(), [...contexts].sort())
  })
})

describe('the names of keys', () => {
  it('are as people write them', () => {
    deepEqual(['ctrl+d', 'shift+tab', 'up', 'alt+3', 'f1', 'ctrl+]', 'G', 'enter'].map(keyLabel), [
      ...['Ctrl-D', 'Shift-Tab', '↑', 'Alt-3', 'F1', 'Ctrl-]', 'G', 'Enter'],
    ])
    equal(keysLabel(['1', '2', '3', '4', '5', '6', '7', '8']), '1…8')
    equal(keysLabel(['pageup', 'b']), 'PgUp b')
  })
})
