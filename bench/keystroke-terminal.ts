// A keystroke at a terminal: one byte typed into "ndctl attach" until it shows, against dtach and tmux, which do the same. All
// sides are run by turns, since what else goes on decides more about a round trip than any of them.

import { strictEqual } from 'node:assert'
import { join } from 'node:path'
import { atTerminal, bareTerminalKeystrokes, dtach, tmux } from './peers/terminals.ts'
import { type Benchmark, p99 } from './support/benchmark.ts'
import type { Rig } from './support/rig.ts'

const ROUNDS = 8
const KEYS = 1000

/** Microseconds of each key. */
async function ndctlKeystrokes(rig: Rig, count: number): Promise<number[]> {
  await using client = await rig.connect()
  const inside = 'stty raw -echo; exec cat'
  const { id } = await client.start({
    ...{ command: 'sh', args: ['-c', inside], terminal: { columns: 80, rows: 24 }, autoRemove: true },
  })
  const ndctl = [process.execPath, join(rig.dist, 'bin/ndctl.cjs'), 'attach', '--socket', rig.daemon.socket]
  const lines = await atTerminal(rig, 'keys', String(count), ...ndctl, '--from', 'now', id)
  await client.remove(id, { force: true })
  return lines.map(([microseconds = Number.NaN]) => microseconds)
}

export const keystrokeTerminal: Benchmark = {
  name: 'keystroke-terminal',
  about: 'one byte typed into "ndctl attach" at a terminal until it shows; floor: dtach',

  async check(rig) {
    if (rig.program('terminal') === undefined) return
    strictEqual((await ndctlKeystrokes(rig, 100)).length, 100)
  },

  async measure(rig) {
    const seen = { ours: [], dtach: [], tmux: [], bare: [] }
    const times: Record<keyof typeof seen, number[]> = seen
    const has = (name: string) => rig.peers.some((peer) => peer.name === name)
    for (let round = 0; rig.program('terminal') !== undefined && round < ROUNDS; round++) {
      times.ours.push(...(await ndctlKeystrokes(rig, KEYS)))
      if (has('dtach')) times.dtach.push(...((await dtach.keystrokes?.(rig, KEYS)) ?? []))
      if (has('tmux')) times.tmux.push(...((await tmux.keystrokes?.(rig, KEYS)) ?? []))
      times.bare.push(...(await bareTerminalKeystrokes(rig, KEYS / 5)))
    }
    const row = { unit: 'µs', higherIsBetter: false, floorIs: 'dtach' }
    const peers = { ...(has('tmux') ? { tmux: times.tmux } : {}), 'a bare terminal': times.bare }
    return [
      {
        ...row,
        key: 'keystroke.terminal',
        what: 'keystroke at a terminal, through ndctl attach, median',
        ours: times.ours,
        floor: times.dtach,
        peers,
        goal: { of: 'floor', atMost: 2 },
      },
      {
        ...row,
        key: 'keystroke.terminal.p99',
        what: 'keystroke at a terminal, through ndctl attach, p99',
        ours: p99(times.ours),
        floor: p99(times.dtach),
      },
    ]
  },
}
