// docs/protocol.schema.json: every message's body as JSON Schema, for clients in other languages. What JSON Schema cannot
// say (no NUL bytes, at most 32 labels) is left to the daemon, which answers BAD_REQUEST.

import { toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema'
import type * as v from 'valibot'
import { errorCodes } from '../../proto/errors.ts'
import { errorBody, events, frames, requests, streamMessages } from '../../proto/protocol.ts'
import { definitions } from './shapes.ts'

/** As text, ready to be written. */
export function jsonSchemas(): string {
  const document = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'netdaemon protocol',
    description:
      'Bodies of messages by name, with their codes. Parameters are what a client may send; results and events are what it gets.',
    requests: mapValues(requests, ({ code, doc, params, result }) => ({
      code,
      description: doc,
      params: schemaOf(params),
      result: schemaOf(result),
    })),
    events: mapValues(events, ({ code, doc, body }) => ({ code, description: doc, body: schemaOf(body) })),
    stream: mapValues(streamMessages, ({ code, doc, fields }) => ({ code, description: doc, fields })),
    frames: mapValues(frames, ({ code, doc }) => ({ code, description: doc })),
    error: schemaOf(errorBody),
    errorCodes,
    $defs: toJsonSchemaDefs(definitions, { typeMode: 'input', errorMode: 'ignore', target: 'draft-2020-12' }),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** One schema, its named shapes as references to the document's definitions. */
function schemaOf(schema: v.GenericSchema): object {
  const {
    $defs: _,
    $schema: __,
    ...own
  } = toJsonSchema(schema, {
    definitions,
    typeMode: 'input',
    errorMode: 'ignore',
    target: 'draft-2020-12',
  })
  return own
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
