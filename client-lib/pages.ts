// Long answers that come in pages: asks for one after the other until there are no more.

import { NetdaemonError } from '../proto/errors.ts'

/** One page. `next`: where the next begins; null: this is the last. */
interface Page {
  readonly next: number | null
}

/** Where the next page begins; undefined: there is none. @throws NetdaemonError BAD_PACKET if the pages do not go forward */
export function nextPage(what: string, { next }: Page, after: number | undefined): number | undefined {
  if (next === null) return undefined
  if (next > (after ?? 0)) return next
  throw new NetdaemonError('BAD_PACKET', `bad packet: the pages of ${what} do not go forward`)
}
