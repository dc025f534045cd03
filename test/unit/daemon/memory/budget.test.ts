// Bytes that many hold together: nobody is refused its share because of others, and together they keep to the limit.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { boundsFor } from '../../../../daemon/memory/bounds.ts'
import { Budget } from '../../../../daemon/memory/budget.ts'

test('all together hold no more than the limit and their shares, and each always gets its share', () => {
  const steps = fc.array(fc.record({ who: fc.nat(4), bytes: fc.nat(150) }), { maxLength: 100 })
  fc.assert(
    fc.property(steps, (taken) => {
      const budget = new Budget(100, 10)
      const accounts = Array.from({ length: 5 }, () => budget.account())
      for (const { who, bytes } of taken) {
        const account = accounts[who] ?? assert.fail()
        const before = account.held
        const got = account.hold(bytes)
        assert.ok(got || bytes > 10, 'its share is refused')
        assert.equal(account.held, got ? bytes : before)
        assert.equal(
          budget.used,
          accounts.reduce((sum, { held }) => sum + held, 0),
        )
        assert.ok(budget.used <= 100 + 5 * 10)
      }
      for (const account of accounts) account.close()
      assert.equal(budget.used, 0)
    }),
  )
})

test('whoever could give something back is told when somebody was refused', () => {
  const budget = new Budget(100, 0)
  let asked = 0
  budget.whenShort(() => {
    asked += 1
  })
  const account = budget.account()
  assert.ok(account.hold(100))
  assert.equal(asked, 0)
  assert.ok(!budget.account().hold(1))
  assert.equal(asked, 1)
  assert.ok(!budget.hasRoom(1) && budget.hasRoom(1, 1))
})

test('all bounds together leave room in the heap and the memory that there is', () => {
  const { specs, output, screens, input, answers, eventBytes } = boundsFor({ memory: 512, heap: 256 })
  assert.ok(specs.limit + eventBytes <= 256 / 4)
  assert.ok(output.limit + screens.limit + input.limit + answers.limit <= 512 / 2)
})
