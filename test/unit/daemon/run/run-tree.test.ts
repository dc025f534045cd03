// What is sent to the processes of a run: to its group at once, and to each of those outside of it.

import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ProcessTree } from '../../../../daemon/linux/tree/process-tree.ts'
import { RunTree } from '../../../../daemon/run/run-tree.ts'
import { FakeProc, type FakeProcess } from '../../../support/daemon/fake-proc.ts'
import { kernelWith } from '../../../support/daemon/linux.ts'

const processes: Record<number, FakeProcess> = {
  1: { parent: 0 },
  10: { parent: 1 },
  11: { parent: 10, group: 10, session: 10 },
  12: { parent: 11 },
}

function rig(proc: FakeProc): { tree: RunTree; sent: [number, number][] } {
  const sent: [number, number][] = []
  const kernel = kernelWith({ kill: (pid, signal) => sent.push([pid, signal]) && 0 })
  return {
    sent,
    tree: new RunTree({ kernel, processes: new ProcessTree(1, proc.root), isMain: () => false }, 10, 'a-1'),
  }
}

test('a signal goes once to each', () => {
  using proc = new FakeProc(processes)
  const { tree, sent } = rig(proc)
  tree.signal(15)
  deepEqual(sent, [
    [-10, 15],
    [12, 15],
  ])
})

test('all are stopped before any is killed', () => {
  using proc = new FakeProc(processes)
  const { tree, sent } = rig(proc)
  equal(tree.kill(), 3)
  deepEqual(
    sent.map(([, signal]) => signal),
    [19, 19, 19, 9, 9, 9, 9],
  )
  deepEqual(sent.at(-1), [-10, 9])
})

test('where no file can be opened to look, its main process and its group are reached all the same', () => {
  const sent: [number, number][] = []
  const kernel = kernelWith({ kill: (pid, signal) => sent.push([pid, signal]) && 0 })
  const processes = new ProcessTree(1)
  processes.members = () => {
    throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
  }
  const tree = new RunTree({ kernel, processes, isMain: () => false }, 10, 'a-1')
  tree.signal(15)
  equal(tree.kill(), 1)
  deepEqual(sent, [
    [-10, 15],
    [10, 19],
    [10, 9],
    [-10, 9],
  ])
  tree.reaped()
  deepEqual(tree.members(), [])
})

test('a group whose leader has been reaped is not signalled as a group: its number may be another’s', () => {
  using proc = new FakeProc({ 1: { parent: 0 }, 12: { parent: 1, environment: ['NETDAEMON_RUN=a-1'] } })
  const { tree, sent } = rig(proc)
  tree.reaped()
  tree.signal(15)
  deepEqual(sent, [[12, 15]])
})

test('a child of one that dies during the look is found in another look', () => {
  using before = new FakeProc({ 1: { parent: 0 }, 11: { parent: 1, group: 10, session: 10, state: 'Z' } })
  using after = new FakeProc({ 1: { parent: 0 }, 12: { parent: 1, environment: ['NETDAEMON_RUN=a-1'] } })
  const looks = [new ProcessTree(1, before.root), new ProcessTree(1, after.root)]
  const processes = new ProcessTree(1)
  processes.orphans = (isMain) => (looks[0] ?? looks.at(-1))!.orphans(isMain)
  processes.members = (run, orphans, notes) => {
    const look = looks.length > 1 ? looks.shift() : looks[0]
    return look!.members(run, orphans, notes)
  }
  const tree = new RunTree({ kernel: kernelWith({}), processes, isMain: () => false }, 10, 'a-1')
  tree.reaped()
  deepEqual(
    tree.members().map(({ pid }) => pid),
    [12],
  )
})

test('thousands that are killed at once share their looks for orphans, and each is killed', () => {
  const mains = Array.from({ length: 100 }, (_, index) => 100 + index)
  using proc = new FakeProc({ 1: { parent: 0 }, ...Object.fromEntries(mains.map((pid) => [pid, { parent: 1 }])) })
  const sent: [number, number][] = []
  const kernel = kernelWith({ kill: (pid, signal) => sent.push([pid, signal]) && 0 })
  let looks = 0
  const processes = new (class extends ProcessTree {
    override orphans(isMain: (pid: number) => boolean): number[] {
      looks += 1
      return super.orphans(isMain)
    }
  })(1, proc.root)
  const isMain = (pid: number) => mains.includes(pid)
  const trees = mains.map((pid) => new RunTree({ kernel, processes, isMain }, pid, `a-${pid}`))
  for (const tree of trees) equal(tree.kill({ again: true }), 1)
  equal(looks <= 8, true, `${looks} looks`)
  const killed = new Set(sent.flatMap(([pid, signal]) => (signal === 9 && pid > 0 ? [pid] : [])))
  deepEqual(
    mains.filter((pid) => !killed.has(pid)),
    [],
  )
  // Whoever kills once only has looks of its own.
  trees[0]?.kill()
  equal(looks > 8, true)
})
