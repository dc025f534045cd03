import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Budget } from '../../../../daemon/memory/budget.ts'
import { RingMemory } from '../../../../daemon/memory/ring-memory.ts'

test('a large ring goes back to the system when it is freed, and not when the garbage collector comes by', () => {
  const budget = new Budget(2 ** 30, 0)
  const memory = new RingMemory(budget.account())
  const [small, large] = [memory.allocate(1024), memory.allocate(64 * 1024 * 1024)]
  assert.ok(small !== undefined && large !== undefined)
  large.fill(1)
  const { rss } = process.memoryUsage()
  memory.free(small)
  memory.free(large)
  assert.equal(large.length, 0)
  assert.ok(rss - process.memoryUsage().rss > 50 * 1024 * 1024)
  memory.release()
  assert.equal(budget.used, 0)
})

test('where the system has none there is none, and what was held stays', () => {
  const budget = new Budget(2 ** 30, 0)
  const memory = new RingMemory(budget.account(), (bytes) => {
    if (bytes > 100) throw new RangeError('Array buffer allocation failed')
    return Buffer.alloc(bytes)
  })
  assert.equal(memory.allocate(100)?.length, 100)
  assert.equal(memory.allocate(200), undefined)
  assert.equal(budget.used, 100)
})
