// Loaded into the daemon of a soak with --heap (node --import): writes each ten seconds what its memory consists of, and a heap
// snapshot on SIGWINCH, which the daemon itself has no use for. The folder is $NETDAEMON_HEAP_WATCH.

import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getHeapSpaceStatistics, writeHeapSnapshot } from 'node:v8'
import { HEAP_WATCH } from './heap-figures.ts'

const EVERY_MS = 10_000

const directory = process.env[HEAP_WATCH]
delete process.env[HEAP_WATCH]
if (directory !== undefined) {
  setInterval(() => note(directory), EVERY_MS).unref()
  let snapshots = 0
  process.on('SIGWINCH', () => {
    note(directory)
    snapshots += 1
    writeHeapSnapshot(join(directory, `${snapshots}.heapsnapshot`))
  })
}

function note(into: string): void {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const spaces = Object.fromEntries(
    getHeapSpaceStatistics().map((space) => [space.space_name, [space.space_size, space.space_used_size]]),
  )
  const figures = { seconds: process.uptime(), rss, heapTotal, heapUsed, external, arrayBuffers, spaces }
  appendFileSync(join(into, 'figures.jsonl'), `${JSON.stringify({ ...figures, mapped: residentByKind() })}\n`)
}

/** Resident kilobytes by what is mapped: the heap of malloc, memory without a file (V8's pages and large blocks), files. */
function residentByKind(): Record<string, number> {
  const kinds: Record<string, number> = { malloc: 0, anonymous: 0, files: 0 }
  let kind = 'anonymous'
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const head = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ (\d+) *(.*)$/.exec(line)
    if (head !== null) kind = head[2] === '[heap]' ? 'malloc' : head[1] === '0' ? 'anonymous' : 'files'
    const resident = /^Rss: +(\d+) kB/.exec(line)?.[1]
    if (resident !== undefined) kinds[kind] = (kinds[kind] ?? 0) + Number(resident)
  }
  return kinds
}
