// Time, as the daemon is given it: a test's clock stands still until it is told.

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
  /** Calls back once after so many milliseconds, unless the returned function is called first. */
  after(delayMs: number, callback: () => void): () => void
}

/** The longest delay that a Node timer takes; longer waits are made of several. */
const TIMER_MAX_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number) => {
      timer = setTimeout(
        () => {
          if (leftMs > TIMER_MAX_MS) wait(leftMs - TIMER_MAX_MS)
          else callback()
        },
        Math.min(leftMs, TIMER_MAX_MS),
      )
    }
    wait(Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
}
