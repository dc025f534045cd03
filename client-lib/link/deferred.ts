// A promise together with what settles it (Promise.withResolvers, which Node 20 does not have).

/** A promise that its owner settles. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** Makes one. With `quiet`, a rejection that nobody looks at is no unhandled rejection. */
export function defer<T>(quiet = false): Deferred<T> {
  let resolve: Deferred<T>['resolve'] | undefined
  let reject: Deferred<T>['reject'] | undefined
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise
    reject = rejectPromise
  })
  if (resolve === undefined || reject === undefined) throw new Error('internal error: the executor did not run')
  if (quiet) promise.catch(() => undefined)
  return { promise, resolve, reject }
}
