import { equal } from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inheritedSoftFiles } from '../../../../../daemon/linux/spawn/soft-files.ts'

/** What /proc says of one process. */
interface Shown {
  readonly exe: string
  readonly parent: number
  readonly soft: number
  readonly hard: number
}

/** A directory that looks like /proc. */
function inProc<T>(shown: Readonly<Record<string, Shown>>, ask: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'nd-'))
  try {
    for (const [pid, { exe, parent, soft, hard }] of Object.entries(shown)) {
      mkdirSync(join(root, pid))
      symlinkSync(exe, join(root, pid, 'exe'))
      writeFileSync(join(root, pid, 'stat'), `5 (a ) name) S ${parent} 1 1 0\n`)
      const text = `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 ${hard}                 files\n`
      writeFileSync(join(root, pid, 'limits'), text)
    }
    return ask(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

const node = { exe: '/usr/bin/node', soft: 4096, hard: 4096 }

test('the limit is that of the nearest ancestor that is not Node', () => {
  const shown = {
    self: { ...node, parent: 20 },
    20: { ...node, parent: 10 },
    10: { exe: '/bin/sh', parent: 1, soft: 1024, hard: 4096 },
  }
  equal(inProc(shown, inheritedSoftFiles), 1024)
})

test('another hard limit than the parent has was set for netdaemon alone, and its soft limit with it', () => {
  const shown = { self: { ...node, parent: 1 }, 1: { exe: '/sbin/init', parent: 0, soft: 1024, hard: 524288 } }
  equal(inProc(shown, inheritedSoftFiles), 4096)
})

test('it is not found out where an ancestor can not be seen', () => {
  equal(inProc({ self: { ...node, parent: 77 } }, inheritedSoftFiles), undefined)
  equal(inProc({ self: { ...node, parent: 0 } }, inheritedSoftFiles), undefined)
})
