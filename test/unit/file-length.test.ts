// The daemon and the protocol are read by people who look for one thing: no file of theirs is long without saying why.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repository } from '../../scripts/repository.ts'

const LINES_MAX = 300
/** Where a longer file says why, as in "// More than 300 lines: one table, which nobody reads from end to end." */
const reason = /^(\/\/| \*) More than 300 lines: \S/m

test('no file of daemon or proto has more than 300 lines without a reason beside it', () => {
  const files = ['daemon', 'proto'].flatMap((top) =>
    readdirSync(join(repository, top), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(top, path)),
  )
  assert.ok(files.length > 50)
  const long = files.filter((path) => {
    const text = readFileSync(join(repository, path), 'utf8')
    return text.trimEnd().split('\n').length > LINES_MAX && !reason.test(text)
  })
  assert.deepEqual(long, [])
})
