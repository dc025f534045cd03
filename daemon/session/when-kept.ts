// Requests that must be on disk before they are acted on: they wait for that, and are refused if it can't be. They are acted on even if
// the client has gone meanwhile: what is on disk must be so.

import { NetdaemonError } from '../../proto/errors.ts'
import { Later, type Settle } from './request-context.ts'

type Result<A> = A | Later<A>

/**
 * The answer of `act`, once what it does is kept.
 *
 * @param keep calls back when it is, at once or later
 * @param act is told whether somebody still waits for the answer
 */
export function whenKept<A>(
  keep: (done: (error: NetdaemonError | undefined) => void) => void,
  act: (isAwaited: boolean) => Result<A>,
): Result<A> {
  let isNow = true
  let now: { readonly error: NetdaemonError | undefined } | undefined
  /** Who waits for the answer; undefined: nobody does. */
  let settle: Settle<A> | undefined
  let giveUp = () => {}
  keep((error) => {
    if (isNow) {
      now = { error }
      return
    }
    try {
      if (error !== undefined) throw error
      const result = act(settle !== undefined)
      if (settle === undefined) return
      if (result instanceof Later) giveUp = result.begin(settle)
      else settle.answer(result)
    } catch (failure) {
      if (settle !== undefined) settle.fail(failure)
      else if (!(failure instanceof NetdaemonError)) throw failure
    }
  })
  isNow = false
  if (now === undefined) {
    return new Later<A>((whoAsks) => {
      settle = whoAsks
      return () => {
        settle = undefined
        giveUp()
      }
    })
  }
  if (now.error !== undefined) throw now.error
  return act(true)
}
