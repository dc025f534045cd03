// A misspelt key is refused with the key and what was meant, before anything is sent.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Client, NetdaemonError } from '../../../../client-lib/index.ts'
import { scripted } from '../../../support/client/scripted-daemon.ts'

/** What a program in JavaScript may pass. */
const loose = <T>(value: unknown): T => value as T

const mistakes: readonly (readonly [what: string, call: (client: Client) => Promise<unknown>, message: string])[] = [
  [
    'a variable beside "set"',
    (client) => client.start(loose({ command: 'x', env: { A: 'b' } })),
    'START: "spec.env" has no key "A"; it has "inherit", "set" (with any keys in it)',
  ],
  [
    'a misspelt key of a spec',
    (client) => client.start(loose({ command: 'x', comand: 'y' })),
    'START: "spec" has no key "comand"; did you mean "command"?',
  ],
  [
    'a misspelt key of an attachment',
    (client) => client.startAttached({ command: 'x' }, loose({ losless: true })),
    'START: "attach" has no key "losless"; did you mean "lossless"?',
  ],
  [
    'a key of a choice among shapes',
    (client) => client.attach('x', loose({ from: { line: 3 } })),
    'ATTACH: "from" has no key "line"; it has "offset"',
  ],
  [
    'a misspelt key of ATTACH itself',
    (client) => client.attach('x', loose({ windows: 3 })),
    'ATTACH has no key "windows"; did you mean "window"?',
  ],
  [
    'a misspelt filter',
    (client) => client.list(loose({ lables: {} })),
    'LIST has no key "lables"; did you mean "labels"?',
  ],
  [
    'a misspelt option of start',
    (client) => client.start({ command: 'x' }, loose({ replce: true })),
    'start has no option "replce"; did you mean "replace"?',
  ],
  [
    'a misspelt option of wait',
    (client) => client.wait('x', loose({ timeout: 3 })),
    'wait has no option "timeout"; did you mean "timeoutMs"?',
  ],
]

describe('keys that mean nothing', () => {
  for (const [what, call, message] of mistakes) {
    it(`are refused: ${what}`, async () => {
      const [client, daemon] = await scripted()
      await assert.rejects(call(client), (error: NetdaemonError) => {
        assert.ok(error instanceof NetdaemonError, String(error))
        assert.deepEqual([error.code, error.message], ['BAD_REQUEST', message])
        return true
      })
      await client.close()
      assert.deepEqual(daemon.requests, [])
    })
  }

  it('of what is not there are no mistake, nor are names that a program chooses', async () => {
    const [client, daemon] = await scripted()
    const starting = client.start(
      loose({ command: 'x', restart: undefined, labels: { tier: 'db' }, env: { set: { ANY: '1' } } }),
    )
    const { params } = await daemon.next('START')
    assert.deepEqual(params.spec, { command: 'x', labels: { tier: 'db' }, env: { set: { ANY: '1' } } })
    const refused = assert.rejects(starting)
    await client.close()
    await refused
  })
})
