// Makes a probe of what a spec says.

import type { ProcessSpec } from '../../proto/protocol.ts'
import { httpProbe } from '../probe/http-probe.ts'
import { compilePattern } from '../probe/pattern.ts'
import type { Probe } from '../probe/probe.ts'
import { tcpProbe } from '../probe/tcp-probe.ts'
import { type SideEnd, sideProblem } from '../run/side-command.ts'

type Ready = NonNullable<NonNullable<ProcessSpec['start']>['ready']>
/** A probe of a spec. */
export type ProbeRule = Pick<Extract<Ready, { kind: 'tcp' }>, 'kind' | 'host' | 'port'> | HttpRule | ExecRule
type HttpRule = Pick<Extract<Ready, { kind: 'http' }>, 'kind' | 'url' | 'status' | 'match'>
type ExecRule = Pick<Extract<Ready, { kind: 'exec' }>, 'kind' | 'command'>

/** Runs a command beside the process, and tells how it ended; the returned function kills it. */
export type Beside = (command: readonly string[], timeoutMs: number, done: (end: SideEnd) => void) => () => void

/**
 * @param timeoutMs after which the caller gives a probe up
 * @throws NetdaemonError BAD_REQUEST for a pattern that there is not
 */
export function makeProbe(rule: ProbeRule, timeoutMs: number, beside: Beside): Probe {
  switch (rule.kind) {
    case 'tcp':
      return tcpProbe(rule)
    case 'http': {
      const { url, status, match } = rule
      return httpProbe({ url, status, match: match === undefined ? undefined : compilePattern(match) })
    }
    case 'exec':
      return (tell) => beside(rule.command, timeoutMs, (end) => tell(sideProblem(rule.command, end, timeoutMs)))
  }
}

/** @throws NetdaemonError BAD_REQUEST for a pattern that there is not */
export function checkPatterns({ start, health, watch = [] }: Pick<ProcessSpec, 'start' | 'health' | 'watch'>): void {
  for (const rule of [start?.ready, health, ...watch]) {
    if (rule !== undefined && 'match' in rule && rule.match !== undefined) compilePattern(rule.match)
  }
}
