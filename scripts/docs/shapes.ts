// The shapes of the protocol that have a name, a section on the reference page, and a definition in the JSON Schemas.

import type * as v from 'valibot'
import { attachOptions, streamInfo } from '../../proto/messages/attach-shapes.ts'
import {
  environment,
  labels,
  name,
  processDetail,
  processRef,
  processSpec,
  processState,
  processSummary,
} from '../../proto/messages/process-shapes.ts'

export interface Shape {
  readonly name: string
  readonly text: string
  readonly schema: v.GenericSchema
}

/** Those with a section of their own: maps and variants. */
export const shapes: readonly Shape[] = [
  { name: 'ProcessSpec', text: 'What a process is started from.', schema: processSpec },
  { name: 'Environment', text: 'The environment of a process to be started.', schema: environment },
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
