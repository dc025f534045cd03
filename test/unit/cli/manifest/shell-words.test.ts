// A command in one line is split as a shell would, and nothing in it is expanded.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { shellWords } from '../../../../cli/manifest/shell-words.ts'

test('words are split by the quoting rules of the shell', () => {
  assert.deepEqual(shellWords(`java -Xmx2G  "a b" 'c $d' e\\ f "\\$g \\h" '' x'y'"z"`), [
    ...['java', '-Xmx2G', 'a b', 'c $d', 'e f', '$g \\h', '', 'xyz'],
  ])
  assert.deepEqual(shellWords('  '), [])
})

test('nothing is expanded', () => {
  assert.deepEqual(shellWords('echo $HOME * ; ls > x'), ['echo', '$HOME', '*', ';', 'ls', '>', 'x'])
})

for (const [line, why] of [
  [`a 'b`, "a ' is not closed"],
  ['a "b', 'a " is not closed'],
  ['a \\', 'it ends with a backslash'],
] as const) {
  test(`${line} is refused`, () => assert.equal(shellWords(line), why))
}

test('what the shell would make of quoted words is what comes out', () => {
  const word = fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", '\\', '#'), minLength: 1, maxLength: 8 })
  const quoted = fc.array(
    word.chain((text) =>
      fc.constantFrom(`'${text.replaceAll("'", "'\\''")}'`, `"${text.replaceAll(/["\\]/g, '\\$&')}"`),
    ),
    { minLength: 1, maxLength: 4 },
  )
  fc.assert(
    fc.property(quoted, (words) => {
      const line = words.join(' ')
      const script = `for word in ${line}; do printf '%s\\0' "$word"; done`
      const shell = execFileSync('sh', ['-c', script]).toString().split('\0').slice(0, -1)
      assert.deepEqual(shellWords(line), shell)
    }),
    { numRuns: 30 },
  )
})
