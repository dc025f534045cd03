// Holds on to the process that `start` or `attach` is attached to (held-process.ts), and tells a person when the connection is
// lost and when it is back.

import type { Attachment, AttachOptionsInput, Client } from '../../client-lib/index.ts'
import { systemClock } from '../clock.ts'
import type { GlobalValues } from '../command-line/command.ts'
import { say } from '../stdio/stdio.ts'
import { formatAge } from '../text/format.ts'
import { HeldProcess } from './held-process.ts'
import { reachDaemon } from './reach-daemon.ts'

export interface HoldSettings {
  readonly retryMs: number
  /** How it is attached to again, except for the place. */
  attach(): Omit<AttachOptionsInput, 'from'>
  /** Says something where the process's output is being shown. */
  notice?(sentence: string): void
}

/** @param options of ndctl: which socket, and whether anything is said */
export function hold(
  client: Client,
  attachment: Attachment,
  options: GlobalValues,
  { retryMs, attach, notice = (sentence) => void say(sentence) }: HoldSettings,
): HeldProcess {
  const { id } = attachment.process
  const tell = options.quiet ? () => {} : notice
  return new HeldProcess(client, attachment, {
    attach,
    retryMs,
    clock: systemClock,
    connect: (timeoutMs) => reachDaemon(options, timeoutMs),
    lost: (error) => {
      const why = error.cause instanceof Error ? error.cause.message : 'the daemon has ended, or was killed'
      tell(
        `lost the connection (${why.replace(/[.;\s]+$/, '')}); trying to reconnect for ${retryMs < 1000 ? `${retryMs} ms` : formatAge(retryMs)}`,
      )
    },
    returned: (unsure) => {
      const lost = unsure === 0 ? '' : `; the last ${unsure} bytes of input may not have arrived`
      tell(`reconnected to "${id}"${lost}`)
    },
  })
}

/** A place, for a lossless attachment, that waits for it while its connection is away. */
export function keptPlace(retryMs: number): Pick<AttachOptionsInput, 'keep'> {
  if (retryMs === 0) return {}
  return { keep: { as: `ndctl-${process.pid}-${Math.random().toString(36).slice(2, 10)}`, ms: retryMs } }
}
