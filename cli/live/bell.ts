// Waiting for something to happen at the daemon, without missing what happens meanwhile.

import type { Client } from '../../client-lib/index.ts'
import { isCoded } from '../complaint.ts'

/** Something that one waits for, for a while at most; it may have happened since the last look. */
export class Bell {
  #rings = 0
  readonly #waiting = new Set<() => void>()

  ring(): void {
    this.#rings += 1
    for (const wake of this.#waiting) wake()
  }

  /** How often it has rung: to be read before a look. */
  get rings(): number {
    return this.#rings
  }

  /** Resolves when it has rung since it had rung so often, or after a while. */
  async within(ms: number, since: number): Promise<void> {
    if (this.#rings !== since) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#waiting.add(wake)
    })
  }
}

/** Rings the bell for each event, and once when the connection is lost: the next LIST then fails with the reason. */
export async function ringForEvents(client: Client, signal: AbortSignal, bell: Bell): Promise<void> {
  try {
    for await (const _event of client.events({ signal })) bell.ring()
  } catch (error) {
    if (!isCoded(error) && !signal.aborted) throw error
    bell.ring()
  }
}
