// The options that `start` and `attach` have in common: the keys that detach, and how long ndctl tries to reconnect.

import { parseDurationMs } from '../command-line/argument-values.ts'
import type { OptionTable, Values } from '../command-line/command.ts'
import { DETACH_KEYS_DEFAULT, type Key, parseDetachKeys } from '../keys/detach-keys.ts'

export const attachedOptions = {
  'detach-keys': {
    type: 'string',
    value: 'KEYS',
    mayBeEmpty: true,
    describe: `keys that detach, such as ctrl-a,d, or "none" (default: $NETDAEMON_DETACH_KEYS, else ${DETACH_KEYS_DEFAULT})`,
  },
  retry: {
    type: 'string',
    value: 'TIME',
    describe: 'how long to try to reconnect when the connection breaks, such as 1m; 0: not at all (default: 10s)',
  },
} as const satisfies OptionTable

const RETRY_DEFAULT_MS = 10_000

/** What those options ask for. */
export interface AttachedSettings {
  readonly detachKeys: readonly Key[]
  readonly retryMs: number
}

/** @throws UsageError */
export function attachedSettings(
  options: Values<typeof attachedOptions>,
  environment: NodeJS.ProcessEnv = process.env,
): AttachedSettings {
  const { 'detach-keys': keys, retry } = options
  const variable = environment.NETDAEMON_DETACH_KEYS
  const detachKeys =
    keys === undefined && variable !== undefined
      ? parseDetachKeys('$NETDAEMON_DETACH_KEYS', variable)
      : parseDetachKeys('--detach-keys', keys ?? DETACH_KEYS_DEFAULT)
  const retryMs = retry === undefined ? RETRY_DEFAULT_MS : parseDurationMs('--retry', retry)
  return { detachKeys, retryMs }
}
