// Joins an attached process to our stdio as streams: how `start` and `attach` do it where nothing is shown on a terminal of
// the process's own kind.

import type { Attachment, AttachOptionsInput, Client } from '../../client-lib/index.ts'
import { systemClock } from '../clock.ts'
import type { GlobalValues } from '../command-line/command.ts'
import { hold } from '../connection/hold.ts'
import type { Outcome } from '../exit-status.ts'
import type { SignalRelay } from '../signals/signal-relay.ts'
import type { AttachedSettings } from './attach-options.ts'
import { type AttachedTerms, stayAttached } from './on-streams.ts'

export interface StreamTerms extends AttachedSettings, Omit<AttachedTerms, 'clock' | 'quiet'> {
  readonly options: GlobalValues
  readonly attach: Omit<AttachOptionsInput, 'from'>
}

/** Relays until it ends, or is left. */
export async function relayStreams(
  client: Client,
  attachment: Attachment,
  signals: SignalRelay,
  { options, attach, retryMs, ...terms }: StreamTerms,
): Promise<Outcome> {
  const held = hold(client, attachment, options, { retryMs, attach: () => attach })
  return await stayAttached(held, signals, { ...terms, clock: systemClock, quiet: options.quiet ?? false })
}
