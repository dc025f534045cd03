// Waiting for conditions instead of durations: a test is as fast as what it waits for, and fails loudly when that never
// comes.

/** Longer than anything may take on a loaded machine. It is not part of what is tested. */
const DEADLINE_MS = 20_000
/** How long to look in every turn of the event loop, before looking less often. */
const EAGER_MS = 20

/**
 * Resolves when the condition holds. It is looked at in every turn of the event loop at first, then every few
 * milliseconds.
 *
 * @param what completes "waited in vain for …".
 * @throws Error when the condition does not hold before the deadline.
 */
export async function waitFor(what: string, condition: () => boolean, deadlineMs: number = DEADLINE_MS): Promise<void> {
  const start = performance.now()
  for (;;) {
    if (condition()) return
    const waitedMs = performance.now() - start
    if (waitedMs > deadlineMs) throw new Error(`waited in vain for ${what} (${deadlineMs} ms)`)
    if (waitedMs < EAGER_MS) await new Promise((resolve) => setImmediate(resolve))
    else await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
