// The shapes of the protocol that have a name, a section on the reference page, and a definition in the JSON Schemas.

import type * as v from 'valibot'
import { attachOptions, streamInfo } from '../../proto/messages/attach-shapes.ts'
import { name, processRef } from '../../proto/messages/basic-shapes.ts'
import { processDetail, processState, processSummary, runEnd } from '../../proto/messages/process-shapes.ts'
import { environment, labels, processSpec } from '../../proto/messages/spec-shapes.ts'
import {
  besideCommand,
  dependency,
  execStep,
  readiness,
  restart,
  sendStep,
  signalStep,
  startRules,
  stopRules,
} from '../../proto/messages/supervision-shapes.ts'

export interface Shape {
  readonly name: string
  readonly text: string
  readonly schema: v.GenericSchema
}

/** Those with a section of their own: maps and variants. */
export const shapes: readonly Shape[] = [
  { name: 'ProcessSpec', text: 'What a process is started from.', schema: processSpec },
  { name: 'Environment', text: 'The environment of a process to be started.', schema: environment },
  { name: 'Restart', text: 'When an ended run is followed by another.', schema: restart },
  { name: 'StartRules', text: 'How a process is started.', schema: startRules },
  { name: 'Readiness', text: 'How one knows that a process is ready.', schema: readiness },
  { name: 'Dependency', text: 'Another process that it needs.', schema: dependency },
  { name: 'SendStep', text: 'A step of a stop that types something.', schema: sendStep },
  { name: 'ExecStep', text: 'A step of a stop that runs a command beside it.', schema: execStep },
  { name: 'BesideCommand', text: 'A command that runs beside a process.', schema: besideCommand },
  { name: 'SignalStep', text: 'A step of a stop that sends a signal.', schema: signalStep },
  { name: 'StopRules', text: 'How a process is stopped.', schema: stopRules },
  { name: 'RunEnd', text: 'How a run ended.', schema: runEnd },
  {
    name: 'ProcessState',
    text: 'All that a process can be. Each state carries only its own facts.',
    schema: processState,
  },
  { name: 'ProcessSummary', text: 'A process as it is listed.', schema: processSummary },
  { name: 'ProcessDetail', text: 'A process as it is shown.', schema: processDetail },
  { name: 'AttachOptions', text: 'How to attach.', schema: attachOptions },
  { name: 'StreamInfo', text: 'What was granted.', schema: streamInfo },
]

/** All that are defined once in the JSON Schemas. */
export const definitions: Readonly<Record<string, v.GenericSchema>> = {
  ...Object.fromEntries(shapes.map(({ name, schema }) => [name, schema])),
  Labels: labels,
  Name: name,
  ProcessRef: processRef,
}
