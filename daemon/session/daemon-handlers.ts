// The requests about the daemon itself: its events, what it is and uses, and its end.

import { readdirSync } from 'node:fs'
import { errnoOf } from '../../proto/errno.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import type { Result } from '../../proto/protocol.ts'
import type { Bounds } from '../memory/bounds.ts'
import type { Budget } from '../memory/budget.ts'
import { type Handlers, Later, ok } from './request-context.ts'

export const daemonHandlers: Pick<Handlers, 'EVENTS' | 'INFO' | 'SHUTDOWN'> = {
  EVENTS({ events }, client, { follow, since }) {
    const result = { instance: events.instance, seq: events.seq }
    if (!follow) {
      client.unfollowEvents()
      return ok(result)
    }
    const feed = client.followEvents(since)
    return ok(result, () => feed.pump())
  },

  INFO(daemon) {
    const { processes } = daemon
    let running = 0
    let attachments = 0
    for (const process of processes.all()) {
      if (!process.ended) running += 1
      attachments += process.attachments
    }
    return ok({
      ...daemon.describe(),
      node: process.version,
      processes: { running, ended: processes.size - running },
      attachments,
      ...ownUse(),
      kept: kept(daemon.bounds, daemon.events.bytes),
    })
  },

  SHUTDOWN(daemon, client, { leave, timeoutMs }) {
    return new Later((settle) => {
      daemon.shutdown({ leave, timeoutMs }, client).then((result) => settle.answer(ok(result)), settle.fail)
      return () => {}
    })
  },
}

function kept(bounds: Bounds, eventBytes: number): NonNullable<Result<'INFO'>['kept']> {
  const { specs, output, screens, input, answers, waiting } = bounds
  const held = ({ used, limit }: Budget) => ({ bytes: used, limit: Math.floor(limit) })
  return {
    specs: held(specs),
    output: held(output),
    screens: held(screens),
    input: held(input),
    answers: held(answers),
    waiting: held(waiting),
    events: { bytes: eventBytes, limit: Math.floor(bounds.eventBytes) },
  }
}

/** What the daemon uses itself. Looking takes a file descriptor, and there may be none. @throws NetdaemonError SYSTEM */
function ownUse(): Pick<Result<'INFO'>, 'memory' | 'openFiles'> {
  try {
    const { rss, heapUsed, external } = process.memoryUsage()
    return { memory: { rss, heapUsed, external }, openFiles: readdirSync('/proc/self/fd').length - 1 }
  } catch (cause) {
    const errno = errnoOf(cause)
    throw new NetdaemonError('SYSTEM', `the daemon cannot look at its own use of memory and files (${errno})`, {
      errno,
      cause,
    })
  }
}
