// Orphans, each looked at once, however many runs are looked for among them.

import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { OrphanIndex } from '../../../../../daemon/linux/tree/orphan-index.ts'

const stats = new Map([
  [11, { state: 'S', group: 10, session: 10 }],
  [12, { state: 'S', group: 12, session: 10 }],
  [13, { state: 'S', group: 13, session: 13 }],
  [14, { state: 'Z', group: 10, session: 10 }],
])

test('they are found by group, by session and by the mark, and each is read once', () => {
  const reads: string[] = []
  const index = new OrphanIndex([13, 12, 11, 14, 15], {
    stat(pid) {
      reads.push(`stat ${pid}`)
      return stats.get(pid)
    },
    variables(pid) {
      reads.push(`variables ${pid}`)
      return pid === 13 ? ['HOME=/', 'MARK=a'] : ['XMARK=a', 'MARK=ab']
    },
  })
  for (let run = 0; run < 3; run++) {
    deepEqual(index.sorted(index.inGroup(10)), [12, 11, 14])
    deepEqual(index.withVariable('MARK=a'), [13])
    deepEqual(index.inGroup(99), [])
  }
  equal(reads.length, 9)
  deepEqual(index.dead, [14, 15])
  deepEqual([index.has(14), index.has(15)], [true, false])
})
