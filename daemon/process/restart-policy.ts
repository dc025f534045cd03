// When an ended run is followed by another, and after which pause. Pure: no clock, no chance (the caller brings it).

/** How a run ended. */
export type RunEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string; readonly coreDumped: boolean }
  /** The program could not be executed, or a command before it failed: no process was ever there. */
  | { readonly kind: 'not started'; readonly error: string }

/** The `restart` part of a spec. Times are in milliseconds. */
export interface RestartPolicy {
  /** `on-failure`: after an end that is no success. */
  readonly policy: 'never' | 'on-failure' | 'always'
  /** The first pause. */
  readonly delayMs: number
  /** Each further failure multiplies the pause by this … */
  readonly factor: number
  /** … up to this. */
  readonly maxMs: number
  /** The pause is made longer or shorter by up to this share of it, so that many do not come back at the same moment. */
  readonly jitter: number
  /** A run that was ready for so long makes up for earlier failures. */
  readonly resetAfterMs: number
  /** So many automatic starts within this time, and the policy gives up. */
  readonly limit?: { readonly starts: number; readonly withinMs: number } | undefined
  /** Ends that count as success beside exit code 0. */
  readonly success: { readonly codes: readonly number[]; readonly signals: readonly string[] }
}

/** Is this end a success? */
export function isSuccess(end: RunEnd, { success }: RestartPolicy): boolean {
  if (end.kind === 'exited') return end.code === 0 || success.codes.includes(end.code)
  return end.kind === 'killed' && success.signals.includes(end.signal)
}

/**
 * The pause before the next run, in milliseconds.
 *
 * @param failures failures one after the other, that of the last run included; 0 after a success
 * @param chance from 0 up to 1
 */
export function pauseMs(failures: number, chance: number, { delayMs, factor, maxMs, jitter }: RestartPolicy): number {
  const grown = delayMs * factor ** Math.max(0, failures - 1)
  return Math.min(grown, maxMs) * (1 + jitter * (2 * chance - 1))
}
