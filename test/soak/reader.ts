// A client of the soak in a process of its own, because it will be stopped and killed: follows one process from an offset
// on, and says on its stdout how far it has checked the output, before the daemon may forget it.

import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { followProcess } from '../../client-lib/index.ts'
import { type Pattern, PatternChecker, type Tally } from './pattern.ts'

export interface ReaderTask {
  readonly socket: string
  readonly process: number
  readonly pattern: Pattern
  readonly from: number
  readonly place: string
  readonly window: number
  readonly slowMs: number
}

const {
  socket,
  process: target,
  pattern,
  from,
  place,
  window,
  slowMs,
} = JSON.parse(process.argv[2] ?? '') as ReaderTask
const tally: Tally = { bytes: 0, wrong: 0, gaps: 0, gapBytes: 0 }
const checker = new PatternChecker(pattern, tally, from)
const keep = { as: place, ms: 120_000 }
const followed = followProcess({ process: target, socket, from, lossless: true, keep, window })
for await (const item of followed) {
  checker.take(item)
  if (checker.gaps > 0) throw new Error('a gap, although its place was kept')
  writeSync(1, `${checker.offset}\n`)
  if (slowMs > 0) await sleep(slowMs)
}
checker.finish()
const end = await followed.exited
writeSync(1, `${end.kind} ${end.kind === 'exited' ? end.code : end.kind === 'killed' ? end.signal : ''}\n`)
