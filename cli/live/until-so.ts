// Waits until a process is as somebody wants it: looks again whenever something has happened, and once a second, since not all that
// changes of a process is an event.

import type { Client, ProcessRef, ProcessSummary } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { CliError, isCoded } from '../complaint.ts'
import { EXIT } from '../exit-status.ts'
import { stateSentence } from '../text/state-sentence.ts'
import { Bell, ringForEvents } from './bell.ts'

/** What one waits for, beside the end. */
export type Condition = 'running' | 'ready' | 'healthy' | 'gone'

const ROUND_MS = 1000

const conditions: Readonly<Record<Condition, (process: ProcessSummary) => boolean>> = {
  running: ({ state }) => state.kind === 'running' || (state.kind === 'starting' && state.pid !== null),
  ready: ({ state }) => state.kind === 'running',
  healthy: ({ state }) => state.kind === 'running' && state.health === 'up',
  gone: ({ state, survivors = 0 }) => isEnded(state) && survivors === 0,
}

/**
 * Resolves when it is so; undefined: it is gone altogether, which is what was waited for.
 *
 * @param deadline by performance.now()
 * @throws CliError if it will not be so by itself, or not in time
 */
export async function untilSo(
  client: Client,
  { id, ref }: { readonly id: string; readonly ref: ProcessRef },
  condition: Condition,
  deadline: number | undefined,
  bell: Bell,
): Promise<ProcessSummary | undefined> {
  for (;;) {
    const { rings } = bell
    const process = await client.show(ref).catch((error: unknown) => {
      if (condition === 'gone' && isCoded(error) && error.code === 'NOT_FOUND') return undefined
      throw error
    })
    if (process === undefined || conditions[condition](process)) return process
    if (condition !== 'gone' && isEnded(process.state)) {
      throw new CliError(`"${id}" is not ${condition}: it ${stateSentence(process.state, Date.now())}`, EXIT.notDone)
    }
    const leftMs = deadline === undefined ? ROUND_MS : deadline - performance.now()
    if (leftMs <= 0)
      throw new CliError(
        `"${id}" is not ${condition} in time: it ${stateSentence(process.state, Date.now())}`,
        EXIT.timeout,
      )
    await bell.within(Math.min(ROUND_MS, leftMs), rings)
  }
}

/** Rings at each event from now on, until it is let go of. */
export function followBell(client: Client): Bell & Disposable {
  const bell = new Bell()
  const over = new AbortController()
  // What else fails, the next look fails of too.
  ringForEvents(client, over.signal, bell).catch(() => bell.ring())
  return Object.assign(bell, { [Symbol.dispose]: () => over.abort() })
}
