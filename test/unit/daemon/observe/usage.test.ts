// What processes use: who belongs to whom, and how seldom /proc is looked at.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ProcessEntry, Procfs } from '../../../../daemon/linux/tree/procfs.ts'
import { Slices } from '../../../../daemon/loop/slices.ts'
import { type Measured, type Measurement, sumUp, UsageMeter } from '../../../../daemon/observe/usage.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { waitFor } from '../../../support/wait.ts'

const entry = (pid: number, parent: number, session: number, cpuMs = 10, memory = 1): [number, ProcessEntry] => [
  pid,
  { pid, parent, session, cpuMs, memory },
]

describe('what belongs to a process', () => {
  const sum = (entries: [number, ProcessEntry][], ...pids: number[]) => {
    const running: Measured[] = pids.map((pid) => ({ pid, handle: pid * 10 }))
    return Object.fromEntries(sumUp(new Map(entries), running))
  }

  test('are its children and theirs, however deep, in whatever order they are read', () => {
    const chain = Array.from({ length: 500 }, (_, n) => entry(100 + n, n === 0 ? 9 : 99 + n, 100))
    for (const entries of [chain, [...chain].reverse()]) {
      assert.deepEqual(sum(entries, 100), { 1000: { cpuMs: 5000, memory: 500, processes: 500 } })
    }
  })

  test('are those whose parent has ended, by their session, and the children of these', () => {
    const daemon = entry(9, 1, 9)
    const entries = [
      daemon,
      entry(1, 0, 1),
      entry(100, 9, 100),
      entry(200, 9, 100),
      entry(201, 200, 201),
      entry(300, 1, 300),
    ]
    assert.deepEqual(sum(entries, 100), { 1000: { cpuMs: 30, memory: 3, processes: 3 } })
  })

  test('is nothing of another process, nor of a child that is a process of the daemon itself', () => {
    const entries = [entry(9, 1, 9), entry(100, 9, 100), entry(101, 100, 100), entry(200, 9, 200), entry(201, 200, 100)]
    assert.deepEqual(sum(entries, 100, 200), {
      1000: { cpuMs: 20, memory: 2, processes: 2 },
      2000: { cpuMs: 20, memory: 2, processes: 2 },
    })
  })

  test('is told of those only that can be seen, and parents in a circle do no harm', () => {
    assert.deepEqual(sum([entry(5, 6, 5), entry(6, 5, 6)], 100), {})
    assert.deepEqual(sum([entry(5, 6, 5), entry(6, 5, 6)], 6), { 60: { cpuMs: 20, memory: 2, processes: 2 } })
  })
})

describe('measuring', () => {
  class CountingProcfs extends Procfs {
    reads = 0
    failing = false

    override pids(): number[] {
      this.reads += 1
      if (this.failing) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' })
      return [process.pid, 1]
    }
  }

  const setUp = () => {
    const clock = new ManualClock()
    const procfs = new CountingProcfs()
    const running = () => [{ handle: 1, pid: process.pid }]
    return { clock, procfs, meter: new UsageMeter({ clock, procfs, slices: new Slices(), running }) }
  }
  const measured = (meter: UsageMeter) => new Promise<Measurement | NetdaemonError>((resolve) => meter.measure(resolve))

  test('happens once for all who ask meanwhile, and twice a second at most', async () => {
    const { clock, procfs, meter } = setUp()
    const [first, second] = await Promise.all([measured(meter), measured(meter)])
    assert.equal(first, second)
    assert.ok(!(first instanceof NetdaemonError) && first.usages.get(1)?.processes === 1)
    clock.advance(499)
    assert.equal(await measured(meter), first)
    assert.equal(procfs.reads, 1)
    clock.advance(1)
    assert.notEqual(await measured(meter), first)
    assert.equal(procfs.reads, 2)
  })

  test('that fails says why, and is tried anew', async () => {
    const { procfs, meter } = setUp()
    procfs.failing = true
    const failed = await measured(meter)
    assert.ok(failed instanceof NetdaemonError && failed.code === 'SYSTEM' && failed.errno === 'EMFILE')
    procfs.failing = false
    assert.ok(!((await measured(meter)) instanceof NetdaemonError))
  })

  test('that nobody waits for any more tells nobody', async () => {
    const { meter } = setUp()
    let told = false
    const giveUp = meter.measure(() => {
      told = true
    })
    giveUp()
    await measured(meter)
    assert.equal(told, false)
  })

  test('leaves turns to everything else', async () => {
    const procfs = new CountingProcfs()
    procfs.pids = () => Array.from({ length: 20_000 }, () => process.pid)
    const meter = new UsageMeter({ clock: new ManualClock(), procfs, slices: new Slices(), running: () => [] })
    let done = false
    meter.measure(() => {
      done = true
    })
    let turns = 0
    await waitFor('the end', () => {
      turns += 1
      return done
    })
    assert.ok(turns > 3, `${turns} turns`)
  })
})

test('USAGE tells of running processes only, of those asked for, in pages', async () => {
  await using daemon = new MemoryDaemon()
  const client = await daemon.client()
  const { child, handle } = await daemon.start(client)
  await daemon.start(client)
  daemon.children.end(child)
  await waitFor('the end', () => daemon.processes.find(handle).ended)
  // Its children are no real processes: none of them can be seen.
  const answer = await client.request('USAGE', {})
  assert.deepEqual(answer.processes, [])
  assert.equal(answer.next, null)
  assert.ok(answer.processors >= 1 && answer.at === daemon.clock.now())
  await assert.rejects(client.request('USAGE', { processes: [0] }), /USAGE/)
})
