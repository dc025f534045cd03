// What each request does: the table of all handlers, typed from the protocol table, so that a missing handler or a misspelt
// field does not compile. HELLO and CANCEL are about the session itself and live in requests.ts.

import { applyHandlers } from './apply-handlers.ts'
import { daemonHandlers } from './daemon-handlers.ts'
import { lifeHandlers } from './life-handlers.ts'
import { processHandlers } from './process-handlers.ts'
import type { Handlers } from './request-context.ts'
import { streamHandlers } from './stream-handlers.ts'

export const handlers: Handlers = {
  ...processHandlers,
  ...lifeHandlers,
  ...applyHandlers,
  ...streamHandlers,
  ...daemonHandlers,
}
