// What a spec says of how its process should live, in the terms of the life cycle.

import type { ProcessSpec } from '../../proto/protocol.ts'
import { parseSignal, signalName } from '../linux/tree/signals.ts'
import type { StopStep } from '../run/stop-sequence.ts'
import type { LifeSpec } from './life-model.ts'
import type { RestartPolicy } from './restart-policy.ts'

const NEVER: RestartPolicy = {
  policy: 'never',
  delayMs: 100,
  factor: 2,
  maxMs: 60_000,
  jitter: 0,
  resetAfterMs: 60_000,
  success: { codes: [], signals: [] },
}

const SIGTERM = 15
const DEFAULT_STEPS: readonly StopStep[] = [{ kind: 'signal', signal: SIGTERM, waitMs: 10_000 }]

type SupervisedParts = Pick<
  ProcessSpec,
  'restart' | 'start' | 'stop' | 'dependsOn' | 'health' | 'watch' | 'maxAgeMs' | 'maxMemory'
>

/** Whether it is supervised: started again, or told how to live. Others are plain programs, whose descendants are their own matter. */
export function isSupervised(spec: SupervisedParts): boolean {
  const { restart, start, stop, dependsOn } = spec
  const restarts = restart !== undefined && restart.policy !== 'never'
  return restarts || start !== undefined || stop !== undefined || dependsOn !== undefined || isLookedAfter(spec)
}

/** Whether something is looked at while it runs. */
export function isLookedAfter({
  health,
  watch,
  maxAgeMs,
  maxMemory,
}: Pick<SupervisedParts, 'health' | 'watch' | 'maxAgeMs' | 'maxMemory'>): boolean {
  return health !== undefined || watch !== undefined || maxAgeMs !== undefined || maxMemory !== undefined
}

/** The steps of its stop. @throws NetdaemonError BAD_REQUEST for a signal that there is not */
export function stopSteps({ stop }: Pick<ProcessSpec, 'stop'>): readonly StopStep[] {
  if (stop === undefined) return DEFAULT_STEPS
  return stop.steps.map((step) => {
    const { waitMs } = step
    if ('send' in step) return { kind: 'send', bytes: Buffer.from(step.send), waitMs }
    if ('exec' in step) return { kind: 'exec', command: step.exec, waitMs }
    return { kind: 'signal', signal: parseSignal(step.signal), waitMs }
  })
}

/**
 * How it should live.
 *
 * @param problem what was found to be wrong with the newest run
 * @param chance from 0 up to 1, for the jitter of pauses
 * @throws NetdaemonError BAD_REQUEST for a signal that there is not
 */
export function lifeSpecOf(
  spec: ProcessSpec,
  problem: LifeSpec['problem'] = () => undefined,
  chance: () => number = Math.random,
): LifeSpec {
  const { restart, start, stop, watch = [] } = spec
  const signals = restart?.success.signals.map((signal) => signalName(parseSignal(signal))) ?? []
  return {
    restart: restart === undefined ? NEVER : { ...restart, success: { codes: restart.success.codes, signals } },
    startTimeoutMs: start?.timeoutMs ?? 30_000,
    awaitsReadiness: start?.ready !== undefined || watch.some(({ action }) => action === 'ready'),
    readyAfterMs: start?.ready?.kind === 'after' ? start.ready.ms : undefined,
    stopWaitsMs: stopSteps(spec).map(({ waitMs }) => waitMs),
    endsTree: isSupervised(spec) && (stop?.scope !== 'process' || stop.after !== undefined),
    problem,
    chance,
  }
}
