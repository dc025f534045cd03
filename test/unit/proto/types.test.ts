// The named types are those of the schemas, and an editor shows for each field what the protocol says of it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import type * as v from 'valibot'
import { attachOptions } from '../../../proto/messages/attach-shapes.ts'
import { processDetail, processState } from '../../../proto/messages/process-shapes.ts'
import { processSpec } from '../../../proto/messages/spec-shapes.ts'
import type {
  AttachOptionsInput,
  DaemonHello,
  DaemonInfo,
  EventBody,
  ListFilter,
  ParamsInput,
  ProcessDetail,
  ProcessEvent,
  ProcessSpecInput,
  ProcessState,
  ProcessSummary,
  Result,
  ShutdownReport,
  StreamInfo,
  TerminalSize,
  UsageReport,
} from '../../../proto/protocol.ts'
import { fieldRows } from '../../../scripts/docs/schema-text.ts'
import { repository } from '../../../scripts/repository.ts'

/** Whether two types are the same to the last optional field: a compile error otherwise. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Interfaces inside are spread out, so that they compare with inferred types. */
type Plain<T> = T extends readonly unknown[] | object ? { [K in keyof T]: Plain<T[K]> } : T

/** If this does not compile, the table has changed: run `npm run docs`. */
const same: readonly [
  Same<Plain<ProcessSpecInput>, Plain<ParamsInput<'START'>['spec']>>,
  Same<Plain<AttachOptionsInput>, Plain<NonNullable<ParamsInput<'START'>['attach']>>>,
  Same<Plain<ListFilter>, Plain<Omit<ParamsInput<'LIST'>, 'after'>>>,
  Same<Plain<ProcessState>, Plain<v.InferOutput<typeof processState>>>,
  Same<Plain<ProcessSummary>, Plain<Result<'LIST'>['processes'][number]>>,
  Same<Plain<ProcessDetail>, Plain<Result<'SHOW'>['process']>>,
  Same<Plain<StreamInfo>, Plain<NonNullable<Result<'ATTACH'>['stream']>>>,
  Same<Plain<ProcessEvent>, Plain<EventBody<'EVENT'>>>,
  Same<Plain<TerminalSize>, Plain<Result<'RESIZE'>['size']>>,
  Same<Plain<DaemonHello>, Plain<Result<'HELLO'>>>,
  Same<Plain<DaemonInfo>, Plain<Result<'INFO'>>>,
  Same<Plain<UsageReport>, Plain<Omit<Result<'USAGE'>, 'next'>>>,
  Same<Plain<ShutdownReport>, Plain<Result<'SHUTDOWN'>>>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true]

it('the named types are those that the schemas check', () => assert.ok(same.every(Boolean)))

it('each field of a spec, an attachment and a process has its sentence, in the words of the protocol', () => {
  const source = readFileSync(join(repository, 'proto/types.ts'), 'utf8').replaceAll(/\s+(\* )?/g, ' ')
  for (const schema of [processSpec, attachOptions, processDetail] as readonly v.GenericSchema[]) {
    for (const { path, text } of fieldRows(schema, new Map([[processState, 'ProcessState']]))) {
      const words = text.replaceAll(/\s+/g, ' ').slice(1)
      assert.ok(source.includes(words), `${path}: ${text}`)
    }
  }
})
