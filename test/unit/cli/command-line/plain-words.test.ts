// The shortcut for plain command lines must read them as yargs does, or leave them to it.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { globalOptions, type OptionTable } from '../../../../cli/command-line/command.ts'
import { readByYargs, respell } from '../../../../cli/command-line/parse.ts'
import { readPlainWords } from '../../../../cli/command-line/plain-words.ts'
import { verbs } from '../../../../cli/verbs.ts'
import { budget } from '../../../support/fuzz.ts'

for (const [name, verb] of verbs) {
  test(`plain words of "${name}" are read as yargs reads them`, async () => {
    const { default: command } = await verb.load()
    const table: OptionTable = { ...command.options, ...globalOptions }
    const spellings = Object.entries(table).flatMap(([option, { alias }]) =>
      alias === undefined ? [`--${option}`] : [`--${option}`, `-${alias}`],
    )
    const word = fc.oneof(
      fc.constantFrom(...spellings),
      fc.constantFrom(
        'web',
        'TERM',
        'a b',
        '7',
        '--',
        '-',
        '--no-such',
        '-dq',
        '--json=true',
        '',
        "''",
        '"a"',
        "'",
        `"'x'"`,
      ),
      fc.string({ maxLength: 4 }),
    )
    let plain = 0
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (words) => {
        const read = readPlainWords(words, table, command.operandEndsOptions ?? false)
        if (read === undefined) return
        plain += 1
        const expected = await readByYargs(table, respell(command, table, words))
        assert.deepEqual(read._, (expected._ as unknown[]).map(String))
        for (const [option, { array }] of Object.entries(table)) {
          const value = expected[option]
          // Of an option given twice parse.ts takes the last one, in either form.
          const last = Array.isArray(value) && array !== true ? value.at(-1) : value
          assert.deepEqual(read[option], last, `--${option} in ${JSON.stringify(words)}`)
        }
      }),
      { ...budget(300) },
    )
    assert.ok(plain > 10, `only ${plain} of 300 command lines were plain: the test compares too little`)
  })
}
