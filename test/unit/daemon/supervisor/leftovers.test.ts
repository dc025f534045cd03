// What outlives runs, in a /proc that a test makes up: 1 is the daemon, 10 and 20 were main processes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProcessTree } from '../../../../daemon/linux/tree/process-tree.ts'
import { RunTree } from '../../../../daemon/run/run-tree.ts'
import { Leftovers } from '../../../../daemon/supervisor/leftovers.ts'
import { FakeProc, type FakeProcess } from '../../../support/daemon/fake-proc.ts'
import { kernelWith } from '../../../support/daemon/linux.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

const stray: FakeProcess = { parent: 1 }

function deadTree(proc: FakeProc, pid: number, processes = new ProcessTree(1, proc.root)): RunTree {
  const ports = { kernel: kernelWith({}), processes, isMain: () => false }
  const tree = new RunTree(ports, pid, `a-${pid}`)
  tree.reaped()
  return tree
}

const pids = (leftovers: Leftovers, tree: RunTree) => leftovers.of(tree).map(({ pid }) => pid)

test('an orphan that nothing marks belongs to the one run that died when it came, and stays its own', () => {
  using proc = new FakeProc({ 1: { parent: 0 }, 11: stray, 12: { parent: 11 } })
  const tree = deadTree(proc, 10)
  const leftovers = new Leftovers(new ManualClock())
  leftovers.add('web', tree)
  leftovers.swept([])
  assert.deepEqual(pids(leftovers, tree), [11, 12])
  assert.deepEqual(
    tree.members().map(({ pid }) => pid),
    [11, 12],
  )
})

test('when several runs died, nobody can tell whose it is: this is the limit', () => {
  using proc = new FakeProc({ 1: { parent: 0 }, 11: stray })
  const trees = [10, 20].map((pid) => deadTree(proc, pid))
  const leftovers = new Leftovers(new ManualClock())
  for (const tree of trees) leftovers.add('web', tree)
  leftovers.swept([])
  assert.deepEqual(
    trees.map((tree) => pids(leftovers, tree)),
    [[], []],
  )
})

test('an orphan that was there before, or has the mark of another run, is not taken for its own', () => {
  using proc = new FakeProc({ 1: { parent: 0 }, 11: stray, 12: { parent: 1, environment: ['NETDAEMON_RUN=other'] } })
  const [first, second] = [deadTree(proc, 10), deadTree(proc, 20)]
  const leftovers = new Leftovers(new ManualClock())
  leftovers.add('web', first)
  leftovers.swept([])
  leftovers.add('db', second)
  leftovers.swept([])
  assert.deepEqual([pids(leftovers, first), pids(leftovers, second)], [[11], []])
})

/** A look among thousands of processes, which takes its time. */
class SlowTree extends ProcessTree {
  readonly #clock: ManualClock
  readonly #tookMs: number
  looks = 0

  constructor(root: string, clock: ManualClock, tookMs: number) {
    super(1, root)
    this.#clock = clock
    this.#tookMs = tookMs
  }

  override orphans(isMain: (pid: number) => boolean): number[] {
    this.looks += 1
    this.#clock.advance(this.#tookMs)
    return super.orphans(isMain)
  }
}

test('after a long look one serves for all that die within a while, and nothing is missed', () => {
  const marked = (pid: number): FakeProcess => ({ parent: 1, environment: [`NETDAEMON_RUN=a-${pid}`] })
  using proc = new FakeProc({ 1: { parent: 0 }, 11: marked(10), 21: marked(20), 31: marked(30) })
  const clock = new ManualClock()
  const processes = new SlowTree(proc.root, clock, 10)
  const [first, second, third, fourth] = [10, 20, 30, 40].map((pid) => deadTree(proc, pid, processes))
  assert.ok(first && second && third && fourth)
  const leftovers = new Leftovers(clock)
  const gone: string[] = []
  const die = (id: string, tree: RunTree) => {
    leftovers.add(id, tree)
    leftovers.whenGone(tree, () => gone.push(id))
    leftovers.swept([])
  }
  die('first', first)
  assert.deepEqual([processes.looks, pids(leftovers, first)], [1, [11]])
  die('second', second)
  die('fourth', fourth)
  assert.deepEqual([processes.looks, gone], [1, []])
  clock.advance(40)
  assert.deepEqual([processes.looks, pids(leftovers, second), gone], [2, [21], ['fourth']])
  die('third', third)
  // Who asks for all of them gets all of them.
  assert.deepEqual(Array.from(leftovers, ({ id }) => id).sort(), ['first', 'second', 'third'])
  assert.deepEqual([processes.looks, clock.waiting], [3, 0])
})

test('one of which an orphan was reaped is looked at, and its number is not its own any more', () => {
  using proc = new FakeProc({ 1: { parent: 0 }, 11: { parent: 1, group: 10, session: 10 } })
  const tree = deadTree(proc, 10)
  const leftovers = new Leftovers(new ManualClock())
  leftovers.add('web', tree)
  leftovers.swept([])
  assert.equal(tree.has(11), true)
  proc.remove(11)
  let isGone = false
  leftovers.whenGone(tree, () => {
    isGone = true
  })
  leftovers.swept([12])
  assert.equal(isGone, false)
  leftovers.swept([11])
  assert.deepEqual([isGone, tree.has(11), pids(leftovers, tree)], [true, false, []])
})

test('an orphan that is being executed when its run dies is not missed, and not taken for that of another', () => {
  using proc = new FakeProc({ 1: { parent: 0 }, 21: { parent: 1, isBeingExecuted: true } })
  const clock = new ManualClock()
  const trees = [10, 20].map((pid) => deadTree(proc, pid))
  const leftovers = new Leftovers(clock)
  const gone: RunTree[] = []
  for (const tree of trees) {
    leftovers.add('web', tree)
    leftovers.whenGone(tree, () => gone.push(tree))
  }
  leftovers.swept([])
  clock.advance(5)
  // Somebody who asks now must not be told that nothing is left.
  assert.deepEqual([gone, ...trees.map((tree) => pids(leftovers, tree))], [[], [21], [21]])
  proc.execute(21, ['NETDAEMON_RUN=a-20'])
  clock.advance(5)
  assert.deepEqual([gone, ...trees.map((tree) => pids(leftovers, tree))], [[trees[0]], [], [21]])
  assert.equal(clock.waiting, 0)
})

test('one that is being executed for ever keeps nobody waiting', () => {
  using proc = new FakeProc({ 1: { parent: 0 }, 21: { parent: 1, isBeingExecuted: true } })
  const clock = new ManualClock()
  const leftovers = new Leftovers(clock)
  for (const tree of [10, 20].map((pid) => deadTree(proc, pid))) leftovers.add('web', tree)
  leftovers.swept([])
  for (let look = 0; look < 400; look++) clock.advance(5)
  assert.deepEqual([Array.from(leftovers), clock.waiting], [[], 0])
})

test('an orphan that was seen before its run was known to have died, and is being executed when it is, is not missed', () => {
  using proc = new FakeProc({ 1: { parent: 0 }, 21: { parent: 1, environment: ['NETDAEMON_RUN=a-20'] } })
  const clock = new ManualClock()
  const [first, second] = [deadTree(proc, 10), deadTree(proc, 20)]
  const leftovers = new Leftovers(clock)
  leftovers.add('web', first)
  leftovers.swept([])
  proc.beginExecution(21)
  leftovers.add('db', second)
  leftovers.swept([])
  assert.deepEqual(pids(leftovers, second), [21])
  proc.execute(21, ['NETDAEMON_RUN=a-20'])
  clock.advance(5)
  assert.deepEqual([pids(leftovers, first), pids(leftovers, second), clock.waiting], [[], [21], 0])
})
