// The members of a run, found in a /proc that a test makes up. 1 is the daemon, 10 the main process.

import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { ProcessTree } from '../../../../../daemon/linux/tree/process-tree.ts'
import { FakeProc, type FakeProcess, noProcesses } from '../../../../support/daemon/fake-proc.ts'

const variable = 'NETDAEMON_RUN=a-1'
const daemon: FakeProcess = { parent: 0 }

function pids(processes: Record<number, FakeProcess>, reaped: boolean, mains: readonly number[] = []): number[] {
  using proc = new FakeProc({ 1: daemon, ...processes })
  const tree = new ProcessTree(1, proc.root)
  const orphans = tree.orphans((pid) => mains.includes(pid))
  return tree.members({ pid: 10, reaped, variable }, orphans).map(({ pid }) => pid)
}

test('all below the main process, wherever it has gone, parents first', () => {
  const processes = {
    10: { parent: 1 },
    11: { parent: 10, group: 10, session: 10 },
    12: { parent: 11, group: 12, session: 12 },
    20: { parent: 1 },
    21: { parent: 20 },
  }
  deepEqual(pids(processes, false, [10, 20]), [10, 11, 12])
})

test('orphans of its group, of its session, or with its mark, and all below them', () => {
  const processes = {
    11: { parent: 1, group: 10, session: 10 },
    12: { parent: 1, group: 12, session: 10 },
    13: { parent: 1, environment: ['HOME=/', variable] },
    14: { parent: 13 },
    15: { parent: 1, environment: [`X${variable}`, `${variable}0`] },
  }
  deepEqual(pids(processes, true), [11, 12, 13, 14])
})

test('the main processes of others are not its orphans, not even with its mark', () => {
  deepEqual(pids({ 20: { parent: 1, environment: [variable] }, 21: { parent: 20 } }, true, [20]), [])
})

test('a number that is another process by now is not its group', () => {
  const processes = { 10: { parent: 1 }, 11: { parent: 1, group: 10, session: 10 } }
  deepEqual(pids(processes, true, [10]), [])
})

test('the dead are not members, and the living below them are', () => {
  deepEqual(pids({ 10: { parent: 1, state: 'Z' }, 11: { parent: 10 } }, false), [11])
})

test('those that have died since the orphans were read are told of', () => {
  using proc = new FakeProc({
    1: daemon,
    10: { parent: 1 },
    11: { parent: 10, state: 'Z' },
    12: { parent: 1, state: 'Z' },
  })
  const died: number[] = []
  const tree = new ProcessTree(1, proc.root)
  const notes = { died: (pid: number) => died.push(pid), claimed: () => {} }
  const members = tree.members({ pid: 10, reaped: false, variable }, [12, 99], notes)
  deepEqual([members.map(({ pid }) => pid), died], [[10], [11, 12, 99]])
})

test('a name may hold anything; state and name are told', () => {
  using proc = new FakeProc({ 1: daemon, 10: { parent: 1, name: 'a) R (b', state: 'D' } })
  const [member] = new ProcessTree(1, proc.root).members({ pid: 10, reaped: false, variable }, [])
  deepEqual([member?.name, member?.state, member?.group], ['a) R (b', 'D', 10])
})

test('without /proc there are none', () => {
  const orphans = noProcesses.orphans(() => false)
  deepEqual([orphans, noProcesses.members({ pid: 10, reaped: true, variable }, orphans)], [[], []])
})

test('orphans among more children than are read at once, some of whose numbers are cut in two', () => {
  const mains = Array.from({ length: 1000 }, (_, index) => 1_000_000 + index)
  const orphans = [100, 2_000_000, 3_000_000]
  const children = [...mains, ...orphans].map((pid) => [pid, { parent: 1 }])
  using proc = new FakeProc({ 1: daemon, ...Object.fromEntries(children) })
  deepEqual(
    new ProcessTree(1, proc.root).orphans((pid) => mains.includes(pid)),
    orphans,
  )
})
