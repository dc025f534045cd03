// The requests that wait for an answer, by id. Every call settles exactly once: with its result, with the daemon's ERROR,
// with its signal's reason, or with the connection's end. An aborted call stays here until its answer has come, so that
// the answer is recognized and what it brought can be given back.

import { check } from '../../proto/codec/check.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { type RequestName, type Result, requests } from '../../proto/protocol.ts'
import { CallSite } from './call-site.ts'

/** Calls that may wait at once on one connection, aborted ones included. */
export const PENDING_MAX = 4096

const ID_MAX = 0xffff_ffff

interface Pending {
  readonly name: RequestName
  /** Runs with the checked result, inside the packet that brought it; may throw BAD_PACKET. */
  readonly succeed: (result: unknown) => void
  readonly fail: (reason: unknown) => void
}

/** What a call does besides waiting. */
export interface Call<K extends RequestName, T> {
  readonly signal?: AbortSignal | undefined
  /**
   * Makes the call's value out of its result, in the very turn in which the answer came: what follows the answer on the
   * wire then finds everything in place.
   */
  readonly take: (result: Result<K>) => T
  /** Instead of `take`, if the answer comes after the call was aborted: gives back what the request has acquired. */
  readonly late?: ((result: Result<K>) => void) | undefined
  /** Not counted against {@link PENDING_MAX}: it gives something back, and there is one for each thing at most. */
  readonly always?: boolean | undefined
  /** Sends the request under this id. May throw: the call then fails with that. */
  readonly send: (id: number) => void
  /** Tells the daemon that nobody waits for this id. */
  readonly cancel: (id: number) => void
}

/** The pending calls of one connection. */
export class Calls {
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  /** Registers a call, sends it, and answers with the promise of its value. */
  open<K extends RequestName, T>(name: K, options: Call<K, T>): Promise<T> {
    const { signal, take, late } = options
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#pending.size >= PENDING_MAX && options.always !== true) {
      return Promise.reject(
        new NetdaemonError(
          'LIMIT',
          `${PENDING_MAX} requests wait for an answer already; await some before sending more`,
        ),
      )
    }
    const id = this.#nextId()
    const site = new CallSite()
    return new Promise<T>((resolve, reject) => {
      let aborted = false
      const abort = () => {
        aborted = true
        reject(signal?.reason)
        options.cancel(id)
      }
      const settled = () => signal?.removeEventListener('abort', abort)
      this.#pending.set(id, {
        name,
        succeed: (raw) => {
          const result = check(requests[name].result, raw, `the answer to ${name}`, 'BAD_PACKET') as Result<K>
          if (aborted) {
            late?.(result)
            return
          }
          const value = take(result)
          settled()
          resolve(value)
        },
        fail: (reason) => {
          settled()
          reject(site.own(reason))
        },
      })
      try {
        options.send(id)
      } catch (error) {
        this.#pending.delete(id)
        reject(error)
        return
      }
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** An OK or ATTACHED has come. An id that nobody waits for is ignored. @throws NetdaemonError BAD_PACKET */
  succeed(id: number, result: unknown): void {
    // Deleted only afterwards: if the result is bad, the call fails with the connection, as all the others do.
    this.#pending.get(id)?.succeed(result)
    this.#pending.delete(id)
  }

  /** An ERROR has come. */
  fail(id: number, error: NetdaemonError): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.fail(error)
  }

  /** The connection has ended: no answer will come. */
  failAll(error: NetdaemonError): void {
    const all = [...this.#pending.values()]
    this.#pending.clear()
    for (const pending of all) pending.fail(error)
  }

  #nextId(): number {
    do this.#lastId = this.#lastId === ID_MAX ? 1 : this.#lastId + 1
    while (this.#pending.has(this.#lastId))
    return this.#lastId
  }
}
