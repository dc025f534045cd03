// What a refusal costs: what is too many is counted, and nothing of it is looked at.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from '../../../../proto/codec/check.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { ARGUMENTS_MAX, VARIABLES_MAX } from '../../../../proto/limits.ts'
import { type RequestName, requests } from '../../../../proto/protocol.ts'

/** What a request is refused with. */
function refusal(name: RequestName, body: unknown): string {
  try {
    check(requests[name].params, body, name)
  } catch (error) {
    if (error instanceof NetdaemonError) return error.message
    throw error
  }
  return assert.fail('it was taken')
}

/** A list or map that must not be looked into. */
function uncheckedList(count: number): unknown[] {
  return Object.defineProperty(Array(count).fill('x'), 0, { get: () => assert.fail('its contents were looked at') })
}

test('every list and map that a client sends is counted before its contents are checked', () => {
  const spec = { command: 'x' }
  assert.match(
    refusal('START', { spec: { ...spec, args: uncheckedList(ARGUMENTS_MAX + 1) } }),
    /^START: "spec.args" must have a length of at most 30000, not 30001$/,
  )
  const set = Object.fromEntries(Array.from({ length: VARIABLES_MAX + 1 }, (_, n) => [`V${n}`, '']))
  Object.defineProperty(set, 'V0', { enumerable: true, get: () => assert.fail('its contents were looked at') })
  assert.match(
    refusal('START', { spec: { ...spec, env: { set } } }),
    /"spec.env.set" must have a length of at most 4000/,
  )
  const labels = Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, '']))
  Object.defineProperty(labels, 'l0', { enumerable: true, get: () => assert.fail('its contents were looked at') })
  assert.equal(refusal('START', { spec: { ...spec, labels } }), 'START: "spec.labels" must hold at most 32 labels')
  assert.match(refusal('LIST', { states: uncheckedList(17) }), /"states" must have a length of at most 16, not 17/)
  assert.match(refusal('USAGE', { processes: uncheckedList(1001) }), /"processes" must have a length of at most 1000/)
})

test('no parameter of any request is a list or map without a bound', () => {
  const unbounded: string[] = []
  const walk = (node: unknown, path: string, bounded: boolean): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, pipe, entries, wrapped, options } = node as Record<string, unknown>
    const parts = Array.isArray(pipe) ? pipe : []
    const counts = parts.some((part) => ['max_length', 'max_entries'].includes(String(part.type)))
    if ((type === 'array' || type === 'record') && !(bounded || counts)) unbounded.push(path)
    for (const part of parts) if (part !== node && part.type !== type) walk(part, path, counts)
    walk(wrapped, path, false)
    for (const option of Array.isArray(options) ? options : []) walk(option, path, false)
    for (const [key, entry] of Object.entries(entries ?? {})) walk(entry, `${path}.${key}`, false)
  }
  for (const [name, { params }] of Object.entries(requests)) walk(params, name, false)
  assert.deepEqual(unbounded, [])
})
