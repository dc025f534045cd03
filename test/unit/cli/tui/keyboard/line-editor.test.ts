// One line being typed: editing, history, the part of it that a field shows.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type EditOperation,
  type EditorState,
  edited,
  editorOf,
  editorWindow,
  emptyHistory,
  emptyLine,
  inserted,
  LINE_MAX,
  recalled,
  remembered,
} from '../../../../../cli/tui/keyboard/line-editor.ts'
import { joinWords, splitLabels, splitWords } from '../../../../../cli/tui/store/words.ts'
import { cells } from '../../../../../vt/cell-widths.ts'

/** `|` is the cursor. */
const at = (text: string): EditorState => ({ text: text.replace('|', ''), cursor: text.indexOf('|') })
const show = ({ text, cursor }: EditorState) => `${text.slice(0, cursor)}|${text.slice(cursor)}`
const after = (text: string, ...operations: EditOperation[]) => show(operations.reduce(edited, at(text)))

describe('editing', () => {
  it('puts text in at the cursor', () => equal(show(inserted(at('a|c'), 'b')), 'ab|c'))

  it('moves by letters, also by those of several code points', () => {
    equal(after('ab|c', 'left'), 'a|bc')
    equal(after('a👩‍🚀|c', 'left'), 'a|👩‍🚀c')
    equal(after('|👩‍🚀c', 'right'), '👩‍🚀|c')
    equal(after('|abc', 'left'), '|abc')
    equal(after('abc|', 'right'), 'abc|')
  })

  it('moves by words and to the ends', () => {
    equal(after('one two-three|', 'word left'), 'one two-|three')
    equal(after('one two-three|', 'word left', 'word left', 'word left', 'word left'), '|one two-three')
    equal(after('|one two', 'word right'), 'one| two')
    equal(after('one| two', 'word right'), 'one two|')
    equal(after('a|b', 'start'), '|ab')
    equal(after('a|b', 'end'), 'ab|')
  })

  it('erases letters, words and to the ends', () => {
    equal(after('aé|b', 'erase left'), 'a|b')
    equal(after('a|👩‍🚀b', 'erase right'), 'a|b')
    equal(after('one two.three |x', 'erase word'), 'one |x')
    equal(after('one|two', 'erase to start'), '|two')
    equal(after('one|two', 'erase to end'), 'one|')
  })

  it('takes no line that is too long', () => {
    const full = inserted(emptyLine, 'x'.repeat(LINE_MAX + 10))
    equal(full.text.length, LINE_MAX)
    equal(inserted(full, 'y').text.length, LINE_MAX)
  })

  it('never leaves the text, or stands in the middle of a letter', () => {
    const operations = fc.array(
      fc.constantFrom<EditOperation>(
        ...(['left', 'right', 'word left', 'word right', 'start', 'end'] as const),
        ...(['erase left', 'erase right', 'erase word', 'erase to start', 'erase to end'] as const),
      ),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), operations, (text, steps) => {
        let state = editorOf(text)
        for (const step of steps) {
          state = edited(state, step)
          ok(state.cursor >= 0 && state.cursor <= state.text.length)
          ok(!/[\udc00-\udfff]/.test(state.text.charAt(state.cursor)))
        }
      }),
    )
  })
})

describe('the field', () => {
  it('shows all of a short line', () => {
    deepEqual(editorWindow(at('ab|cd'), 10), { left: 'ab', under: 'c', right: 'd' })
    deepEqual(editorWindow(at('ab|'), 10), { left: 'ab', under: ' ', right: '' })
  })

  it('is never wider than it may be, and always has the cursor in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 4, max: 30 }),
        (text, steps, width) => {
          let state = editorOf(text)
          for (let step = 0; step < steps; step++) state = edited(state, 'left')
          const { left, under, right } = editorWindow(state, width)
          ok(
            cells(left) + Math.max(1, cells(under)) + cells(right) <= Math.max(width, cells(under)),
            `${left}[${under}]${right}`,
          )
          ok(under.length > 0)
        },
      ),
    )
  })
})

describe('history', () => {
  it('goes back and forth, and comes back to what was being typed', () => {
    let history = remembered(remembered(emptyHistory, 'one'), 'two')
    let text = 'new'
    const step = (by: -1 | 1) => {
      ;({ history, text } = recalled(history, text, by))
      return text
    }
    equal(step(-1), 'two')
    equal(step(-1), 'one')
    equal(step(-1), 'one')
    equal(step(1), 'two')
    equal(step(1), 'new')
    equal(step(1), 'new')
  })

  it('keeps no blanks, no repetitions, and not everything for ever', () => {
    let history = emptyHistory
    for (const line of ['a', 'a', ' ', 'b', 'a']) history = remembered(history, line)
    deepEqual(history.lines, ['a', 'b', 'a'])
    for (let line = 0; line < 500; line++) history = remembered(history, `line ${line}`)
    equal(history.lines.length, 200)
    equal(history.lines.at(-1), 'line 499')
  })
})

describe('words', () => {
  const words = (line: string) => {
    const split = splitWords(line)
    return 'words' in split ? split.words : split.problem
  }

  it('are split as the shell does', () => {
    deepEqual(words(`  ls -l "a b" 'c "d"' e\\ f "" g"h"'i' "\\$x \\n" `), [
      'ls',
      '-l',
      'a b',
      'c "d"',
      'e f',
      '',
      'ghi',
      '$x \\n',
    ])
    deepEqual(words(''), [])
  })

  it('that are not closed are a problem', () => {
    equal(words('echo "a'), 'the closing " is missing')
    equal(words("echo 'a"), "the closing ' is missing")
    equal(words('echo \\'), 'nothing follows the last backslash')
  })

  it('joined and split again are the same', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 12 })), (list) => deepEqual(words(joinWords(list)), list)))
  })

  it('labels are pairs', () => {
    deepEqual(splitLabels('role=game "owner=Anna B" empty='), { labels: { role: 'game', owner: 'Anna B', empty: '' } })
    deepEqual(splitLabels('role'), { problem: '"role" is no label; type key=value' })
  })
})
