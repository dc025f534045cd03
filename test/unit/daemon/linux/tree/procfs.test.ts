// How /proc is read, whatever the processes in it are called and whenever they end.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Procfs, parseStat } from '../../../../../daemon/linux/tree/procfs.ts'

const units = { ticksPerSecond: 100, pageBytes: 4096 }

/** A line of /proc/pid/stat. */
function statLine(
  pid: number,
  { name = 'sh', parent = 1, session = pid, ticks = [1, 2, 3, 4], pages = 10 } = {},
): string {
  const middle = `0 -1 4194304 100 0 0 0 ${ticks.join(' ')} 20 0 1 0 12345 1000000`
  return `${pid} (${name}) S ${parent} ${pid} ${session} ${middle} ${pages} 18446744073709551615 1 1 0\n`
}

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
  const withProcfs = (run: (procfs: Procfs, root: string) => void) => {
    const root = mkdtempSync(join(tmpdir(), 'ndu-'))
    try {
      for (const name of ['self', '10', '11', '12', 'sys', 'net']) mkdirSync(join(root, name))
      // Page size 16384, 1000 ticks a second, as some machine may have it.
      const vector = Buffer.alloc(48)
      for (const [at, value] of [6n, 16_384n, 17n, 1000n, 0n, 0n].entries()) vector.writeBigUInt64LE(value, at * 8)
      writeFileSync(join(root, 'self/auxv'), vector)
      writeFileSync(join(root, '10/stat'), statLine(10))
      writeFileSync(join(root, '11/stat'), '')
      run(new Procfs(root), root)
    } finally {
      rmSync(root, { recursive: true })
    }
  }

  test('holds all directories that are numbers; those that can’t be read are not there', () => {
    withProcfs((procfs) => {
      assert.deepEqual(procfs.pids().sort(), [10, 11, 12])
      assert.deepEqual(procfs.entry(10), { pid: 10, parent: 1, session: 10, cpuMs: 10, memory: 163_840 })
      for (const pid of [11, 12, 13]) assert.equal(procfs.entry(pid), undefined)
    })
  })

  test('that is not there is an error', () => {
    assert.throws(() => new Procfs('/no/such').pids(), /ENOENT/)
  })

  test('knows this process', () => {
    const procfs = new Procfs()
    assert.ok(procfs.pids().includes(process.pid))
    const own = procfs.entry(process.pid)
    assert.ok(own !== undefined && own.parent === process.ppid)
    const { rss } = process.memoryUsage()
    assert.ok(own.memory > rss / 2 && own.memory < rss * 2)
    const { userCPUTime, systemCPUTime } = process.resourceUsage()
    assert.ok(own.cpuMs <= (userCPUTime + systemCPUTime) / 1000)
  })
})
