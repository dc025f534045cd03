// Waiting for conditions instead of durations: a test is as fast as what it waits for, and fails loudly when that never
// comes.

/**
 * How long something is waited for that should come: longer than it takes on the slowest machine under the heaviest load. It is
 * no part of what is tested: it only turns a wait that would never end into a failure that says what was waited for.
 */
export const PATIENCE_MS = 120_000
/** How long to look in every turn of the event loop, before looking less often. */
const EAGER_MS = 20

/**
 * Resolves when the condition holds. It is looked at in every turn of the event loop at first, then every few
 * milliseconds.
 *
 * @param what completes "waited in vain for …".
 * @throws Error when the condition does not hold before the deadline.
 */
export async function waitFor(what: string, condition: () => boolean): Promise<void> {
  const start = performance.now()
  for (;;) {
    if (condition()) return
    const waitedMs = performance.now() - start
    if (waitedMs > PATIENCE_MS) throw new Error(`waited in vain for ${what} (${PATIENCE_MS} ms)`)
    if (waitedMs < EAGER_MS) await new Promise((resolve) => setImmediate(resolve))
    else await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Asks again and again until the answer holds, and gives it back. @throws Error when it never does */
export async function eventually<T>(what: string, ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  const begun = performance.now()
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    if (performance.now() - begun > PATIENCE_MS) {
      throw new Error(`waited in vain for ${what}; the last answer was ${JSON.stringify(answer)}`)
    }
  }
}
