// KILL, for the client and for an attachment alike.

import type { ParamsInput } from '../../proto/protocol.ts'
import type { Link } from './link.ts'

/** Sends a signal; resolves with its name when the kernel has accepted it. */
export function sendKill(link: Link, params: ParamsInput<'KILL'>, signal?: AbortSignal): Promise<string> {
  return link.request('KILL', params, { signal, take: (result) => result.signal })
}
