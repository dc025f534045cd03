// The options of `start` that say how the process should live, and the parts of a spec that they make.

import { UsageError } from '../complaint.ts'
import { parseDurationMs, parseSize } from './argument-values.ts'
import type { OptionTable, Values } from './command.ts'
import { parseAction, parseHealth, parseReady, parseRestart, parseStopStep } from './supervision-values.ts'

const MEMORY_BOUNDS = { min: 1024 * 1024, max: 2 ** 50 }

export const supervisionOptions = {
  restart: {
    type: 'string',
    value: 'POLICY',
    completes: ['never', 'on-failure', 'always'],
    describe:
      'start it again when it has ended: "always", or "on-failure"; settings may follow, such as always:delay=1s,max=1m,limit=5/10m',
  },
  ready: {
    type: 'string',
    value: 'KIND:ARGUMENT',
    completes: ['after:', 'log:', 'notify', 'fd:', 'tcp:', 'http://', 'exec:'],
    describe:
      'when it counts as ready: after:2s, log:REGEX (a line of its output), notify (sd_notify), fd:N, tcp:[HOST:]PORT, http://URL, exec:COMMAND of a shell (default: at once)',
  },
  'ready-timeout': {
    type: 'string',
    value: 'TIME',
    describe: 'with --ready: stop it if it is not ready by then (default: 30s)',
  },
  health: {
    type: 'string',
    value: 'KIND:ARGUMENT',
    completes: ['http://', 'tcp:', 'exec:', 'silence:'],
    describe:
      'how one knows whether it is healthy: http://URL, tcp:[HOST:]PORT, exec:COMMAND of a shell, each looked at every 10s, or silence:TIME (unhealthy when it writes nothing for so long); it is restarted when it is not',
  },
  'max-memory': {
    type: 'string',
    value: 'SIZE',
    describe: 'restart it when it has more memory than this, with all its descendants',
  },
  'max-age': { type: 'string', value: 'TIME', describe: 'restart it when it has run for so long' },
  stop: {
    type: 'string',
    array: true,
    value: 'STEP',
    completes: ['TERM,10s', 'INT,10s', 'send:'],
    describe:
      'how to stop it: SIGNAL[,TIME] or send:TEXT[,TIME], which is typed (repeatable: one after the other; KILL comes last) (default: TERM,10s)',
  },
  'stop-scope': {
    type: 'string',
    value: 'SCOPE',
    choices: ['tree', 'group', 'process'],
    describe:
      'which processes get the signals of --stop: the process and all its descendants (tree, the default), its process group (group), or only itself (process)',
  },
  reload: {
    type: 'string',
    value: 'HOW',
    completes: ['HUP', 'send:'],
    describe: 'what "ndctl reload" does: a signal, or send:TEXT',
  },
} as const satisfies OptionTable

type Given = Values<typeof supervisionOptions>

/** The parts of the spec that were asked for. @throws UsageError */
export function supervisionOf(options: Given) {
  const { restart, reload, health, 'max-memory': maxMemory, 'max-age': maxAge } = options
  return {
    ...(restart === undefined ? {} : { restart: parseRestart('--restart', restart) }),
    ...startOf(options),
    ...stopOf(options),
    ...(health === undefined ? {} : { health: parseHealth('--health', health) }),
    ...(maxMemory === undefined ? {} : { maxMemory: parseSize('--max-memory', maxMemory, MEMORY_BOUNDS) }),
    ...(maxAge === undefined ? {} : { maxAgeMs: parseDurationMs('--max-age', maxAge) }),
    ...(reload === undefined ? {} : { reload: parseAction('--reload', reload) }),
  }
}

function startOf({ ready, 'ready-timeout': timeout }: Given) {
  if (ready === undefined) {
    if (timeout !== undefined) throw new UsageError('--ready-timeout needs --ready')
    return {}
  }
  const limit = timeout === undefined ? {} : { timeoutMs: parseDurationMs('--ready-timeout', timeout) }
  return { start: { ready: parseReady('--ready', ready), ...limit } }
}

function stopOf({ stop, 'stop-scope': scope }: Given) {
  if (stop === undefined && scope === undefined) return {}
  const steps = stop === undefined ? {} : { steps: stop.map((word) => parseStopStep('--stop', word)) }
  return { stop: { ...steps, ...(scope === undefined ? {} : { scope: scope as 'tree' | 'group' | 'process' }) } }
}
