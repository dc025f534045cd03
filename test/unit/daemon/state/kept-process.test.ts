// The file of a process: read as it was written, or refused with a reason.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { type KeptProcess, keptText, readKeptText } from '../../../../daemon/state/kept-process.ts'
import { stateDirectory } from '../../../../daemon/state/state-directory.ts'
import { processSpec } from '../../../../proto/messages/spec-shapes.ts'
import { arbitraryOf } from '../../../support/schema-arbitrary.ts'

const kept: KeptProcess = {
  id: 'web',
  key: 'abc',
  spec: v.parse(processSpec, { command: 'node', name: 'web' }),
  wanted: 'up',
  enabled: true,
  source: '/etc/services.yaml',
  startedAt: 1,
  runs: 3,
  failures: 1,
  failed: null,
  atEnd: false,
  ends: [{ kind: 'exited', run: 2, code: 3, at: 5 }],
  run: { pid: 7, startTime: 'boot 8', mark: 'abc-1' },
}

describe('the file of a process', () => {
  test('is read as it was written', () => {
    assert.deepEqual(readKeptText(keptText(kept)), kept)
  })

  test('holds any spec that the wire takes', () => {
    const specs = arbitraryOf(processSpec).filter((value) => v.safeParse(processSpec, value).success)
    fc.assert(
      fc.property(specs, (value) => {
        const spec = v.parse(processSpec, value)
        assert.deepEqual(readKeptText(keptText({ ...kept, spec })).spec, spec)
      }),
      { numRuns: 50 },
    )
  })

  const text = keptText(kept)
  const body = text.slice(text.indexOf('\n') + 1)
  for (const [what, damaged, why] of [
    ['empty', '', /does not begin as such a file does/],
    ['cut', text.slice(0, -10), /checksum is wrong/],
    ['changed in one byte', text.replace('"up"', '"uq"'), /checksum is wrong/],
    ['of a newer version', text.replace('process 1 ', 'process 2 '), /a newer netdaemon has written it \(version 2\)/],
    ['something else', `#!/bin/sh\n${body}`, /does not begin/],
  ] as const) {
    test(`that is ${what} is refused`, () => {
      assert.throws(() => readKeptText(damaged), why)
    })
  }

  test('that is whole, and says what cannot be, is refused', () => {
    assert.throws(() => readKeptText(keptText({ ...kept, wanted: 'sideways' as never })), /"wanted" must be/)
  })
})

describe('the directory of what is kept', () => {
  test('is another for each socket, and for each user', () => {
    assert.equal(
      stateDirectory('/run/netdaemon/netdaemon.sock', undefined, {}, 0).replace(/[0-9a-f]{8}$/, 'HASH'),
      '/var/lib/netdaemon/run-netdaemon-netdaemon.sock-HASH',
    )
    assert.notEqual(stateDirectory('/a/b', '/s'), stateDirectory('/a-b', '/s'))
    assert.match(
      stateDirectory('/a', undefined, { XDG_STATE_HOME: '/home/x/state' }, 1000),
      /^\/home\/x\/state\/netdaemon\/a-/,
    )
    assert.match(stateDirectory('/a', '/mine', {}, 1000), /^\/mine\/a-/)
  })
})
