// What outlives runs, in a /proc that a test makes up: 1 is the daemon, 10 and 20 were main processes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProcessTree } from '../../../../daemon/linux/tree/process-tree.ts'
import { RunTree } from '../../../../daemon/run/run-tree.ts'
import { Leftovers } from '../../../../daemon/supervisor/leftovers.ts'
import { FakeProc, type FakeProcess } from '../../../support/daemon/fake-proc.ts'
import { kernelWith } from '../../../support/daemon/linux.ts'

const stray: FakeProcess = { parent: 1 }

function deadTree(proc: FakeProc, pid: number): RunTree {
  const ports = { kernel: kernelWith({}), processes: new ProcessTree(1, proc.root), isMain: () => false }
  const tree = new RunTree(ports, pid, `a-${pid}`)
  tree.reaped()
  return tree
}

const pids = (leftovers: Leftovers, tree: RunTree) => leftovers.of(tree).map(({ pid }) => pid)

test('an orphan that nothing marks belongs to the one run that died when it came, and stays its own', () => {
  using proc = new FakeProc({ 1: { parent: 0 }, 11: stray, 12: { parent: 11 } })
  const tree = deadTree(proc, 10)
  const leftovers = new Leftovers()
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
  const leftovers = new Leftovers()
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
  const leftovers = new Leftovers()
  leftovers.add('web', first)
  leftovers.swept([])
  leftovers.add('db', second)
  leftovers.swept([])
  assert.deepEqual([pids(leftovers, first), pids(leftovers, second)], [[11], []])
})
