// How much memory the daemon keeps of each kind of thing. All bounds follow from the memory that there is, so that a daemon
// in a small container is as safe as one on a large host. They leave three quarters of V8's heap, and half of the memory, to
// whatever is kept for a moment only.

import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { DATA_MAX } from '../../proto/limits.ts'
import { Budget } from './budget.ts'

const MIB = 1024 * 1024

export interface Bounds {
  /** How processes were started: the weight of their specs in V8's heap. Running ones hold theirs, ended ones go. */
  readonly specs: Budget
  /** Output that is kept: rings that cannot grow lose their oldest bytes, after the ended processes have gone. */
  readonly output: Budget
  /** Screens of terminals: one that does not fit is not kept. */
  readonly screens: Budget
  /** Input that waits for processes, by client: what does not fit ends the connection. */
  readonly input: Budget
  /** Answers that wait for clients: one that reads too few of them is disconnected. */
  readonly answers: Budget
  /** Requests that are answered later, such as WAIT: one that does not fit is refused. */
  readonly waiting: Budget
  /** The weight of the events that are kept; the oldest go. */
  readonly eventBytes: number
}

/** @param stated bytes of memory, and of V8's heap, that the daemon may use; what is not stated is what there is */
export function boundsFor(
  stated: { readonly memory?: number | undefined; readonly heap?: number | undefined } = {},
): Bounds {
  const { memory = memoryOfThisProcess(), heap = getHeapStatistics().heap_size_limit } = stated
  return {
    specs: new Budget(heap / 8, 1024),
    // One read always finds room.
    output: new Budget(memory / 4, DATA_MAX),
    screens: new Budget(memory / 16, 0),
    // Whoever types must be able to, however much others send.
    input: new Budget(memory / 16, 16 * 1024),
    // A packet of output that a stopped client has not taken, and the answers to some requests.
    answers: new Budget(memory / 16, 2 * DATA_MAX),
    // What 16 of them weigh.
    waiting: new Budget(heap / 32, 16 * 1024),
    eventBytes: Math.min(heap / 32, 16 * MIB),
  }
}

function memoryOfThisProcess(): number {
  // 0, or more than there is: no limit.
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
}
