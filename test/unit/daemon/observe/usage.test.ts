// What processes use: how /proc is read, who belongs to whom, and how seldom it is looked at.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type ProcessEntry, ProcessTable, parseStat } from '../../../../daemon/linux/tree/procfs.ts'
import { Slices } from '../../../../daemon/loop/slices.ts'
import { type Measured, type Measurement, sumUp, UsageMeter } from '../../../../daemon/observe/usage.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { waitFor } from '../../../support/wait.ts'

const units = { ticksPerSecond: 100, pageBytes: 4096 }

/** A line of /proc/pid/stat. */
function statLine(
  pid: number,
  { name = 'sh', parent = 1, session = pid, ticks = [1, 2, 3, 4], pages = 10 } = {},
): string {
  const middle = `0 -1 4194304 100 0 0 0 ${ticks.join(' ')} 20 0 1 0 12345 1000000`
  return `${pid} (${name}) S ${parent} ${pid} ${session} ${middle} ${pages} 18446744073709551615 1 1 0\n`
}

const entry = (pid: number, parent: number, session: number, cpuMs = 10, memory = 1): [number, ProcessEntry] => [
  pid,
  { pid, parent, session, cpuMs, memory },
]

describe('a line of /proc/pid/stat', () => {
  test('says who it is, whose child, and what it uses', () => {
    assert.deepEqual(parseStat(statLine(42, { parent: 7, session: 5 }), units), {
      pid: 42,
      parent: 7,
      session: 5,
      cpuMs: 100,
      memory: 40_960,
    })
    assert.equal(parseStat(statLine(42), { ...units, ticksPerSecond: 1000 })?.cpuMs, 10)
  })

  test('is read rightly whatever the name of the program is', () => {
    for (const name of ['a b', ') S 1 2 3', '(((', 'new\nline', '', '))) R 9 9 9 9 9 9 ', '\xff\xfe']) {
      assert.deepEqual(parseStat(statLine(42, { name, parent: 7 }), units)?.parent, 7, JSON.stringify(name))
    }
  })

  test('is none when the process ended meanwhile', () => {
    for (const text of ['', '42', '42 (sh', '42 (sh)', '42 (sh) Z 1 42', statLine(42).slice(0, 60)]) {
      assert.equal(parseStat(text, units), undefined, text)
    }
  })
})

describe('the table of processes', () => {
  const withTable = (run: (table: ProcessTable, root: string) => void) => {
    const root = mkdtempSync(join(tmpdir(), 'ndu-'))
    try {
      for (const name of ['self', '10', '11', '12', 'sys', 'net']) mkdirSync(join(root, name))
      // Page size 16384, 1000 ticks a second, as some machine may have it.
      const vector = Buffer.alloc(48)
      for (const [at, value] of [6n, 16_384n, 17n, 1000n, 0n, 0n].entries()) vector.writeBigUInt64LE(value, at * 8)
      writeFileSync(join(root, 'self/auxv'), vector)
      writeFileSync(join(root, '10/stat'), statLine(10))
      writeFileSync(join(root, '11/stat'), '')
      run(new ProcessTable(root), root)
    } finally {
      rmSync(root, { recursive: true })
    }
  }

  test('holds all directories that are numbers; those that can’t be read are not there', () => {
    withTable((table) => {
      assert.deepEqual(table.pids().sort(), [10, 11, 12])
      assert.deepEqual(table.entry(10), { pid: 10, parent: 1, session: 10, cpuMs: 10, memory: 163_840 })
      for (const pid of [11, 12, 13]) assert.equal(table.entry(pid), undefined)
    })
  })

  test('that is not there is an error', () => {
    assert.throws(() => new ProcessTable('/no/such').pids(), /ENOENT/)
  })

  test('knows this process', () => {
    const table = new ProcessTable()
    assert.ok(table.pids().includes(process.pid))
    const own = table.entry(process.pid)
    assert.ok(own !== undefined && own.parent === process.ppid)
    const { rss } = process.memoryUsage()
    assert.ok(own.memory > rss / 2 && own.memory < rss * 2)
    const { userCPUTime, systemCPUTime } = process.resourceUsage()
    assert.ok(own.cpuMs <= (userCPUTime + systemCPUTime) / 1000)
  })
})

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
  class CountingTable extends ProcessTable {
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
    const table = new CountingTable()
    const running = () => [{ handle: 1, pid: process.pid }]
    return { clock, table, meter: new UsageMeter({ clock, table, slices: new Slices(), running }) }
  }
  const measured = (meter: UsageMeter) => new Promise<Measurement | NetdaemonError>((resolve) => meter.measure(resolve))

  test('happens once for all who ask meanwhile, and twice a second at most', async () => {
    const { clock, table, meter } = setUp()
    const [first, second] = await Promise.all([measured(meter), measured(meter)])
    assert.equal(first, second)
    assert.ok(!(first instanceof NetdaemonError) && first.usages.get(1)?.processes === 1)
    clock.advance(499)
    assert.equal(await measured(meter), first)
    assert.equal(table.reads, 1)
    clock.advance(1)
    assert.notEqual(await measured(meter), first)
    assert.equal(table.reads, 2)
  })

  test('that fails says why, and is tried anew', async () => {
    const { table, meter } = setUp()
    table.failing = true
    const failed = await measured(meter)
    assert.ok(failed instanceof NetdaemonError && failed.code === 'SYSTEM' && failed.errno === 'EMFILE')
    table.failing = false
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
    const table = new CountingTable()
    table.pids = () => Array.from({ length: 20_000 }, () => process.pid)
    const meter = new UsageMeter({ clock: new ManualClock(), table, slices: new Slices(), running: () => [] })
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
  await waitFor('the end', () => daemon.supervisor.find(handle).ended)
  // Its children are no real processes: none of them can be seen.
  const answer = await client.request('USAGE', {})
  assert.deepEqual(answer.processes, [])
  assert.equal(answer.next, null)
  assert.ok(answer.processors >= 1 && answer.at === daemon.clock.now())
  await assert.rejects(client.request('USAGE', { processes: [0] }), /USAGE/)
})
