// Which failures of a connection may pass by themselves, and something to wait for until they have.

import { isCoded } from '../complaint.ts'

/** The connection was lost. */
export const isLost = (error: unknown): error is Error => isCoded(error) && error.code === 'DISCONNECTED'

/** A daemon that is away, full or ending may be back later. */
const passing: ReadonlySet<string> = new Set(
  'DISCONNECTED NO_DAEMON TIMEOUT LIMIT NOT_READY SHUTTING_DOWN SYSTEM'.split(' '),
)
/** Two programs that do not understand each other will not the next time either. */
const lasting: ReadonlySet<string> = new Set(['BAD_PACKET', 'WINDOW', 'VERSION'])

/** Whether trying again makes sense. */
export function isPassing(error: unknown): boolean {
  return isCoded(error) && passing.has(error.code) && !(isCoded(error.cause) && lasting.has(error.cause.code))
}

/** A promise that is settled from outside. */
export interface Resolvable {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

export function resolvable(): Resolvable {
  let resolve = () => {}
  let reject = (_: unknown) => {}
  const promise = new Promise<void>((one, other) => {
    resolve = one
    reject = other
  })
  // Nobody need wait for it.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
