import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type ErrorCode, errorCodes, mayPass, NetdaemonError } from '../../../proto/errors.ts'

it('errors of a daemon that is away, full or ending may pass, and others do not', () => {
  const passing = (Object.keys(errorCodes) as ErrorCode[]).filter((code) => mayPass(new NetdaemonError(code, 'x')))
  assert.deepEqual(passing.sort(), [
    'DISCONNECTED',
    'LIMIT',
    'NOT_READY',
    'NO_DAEMON',
    'SHUTTING_DOWN',
    'SURVIVORS',
    'SYSTEM',
    'TIMEOUT',
  ])
  assert.equal(mayPass(new Error('DISCONNECTED')), false)
})

it('a connection that ended because the two sides do not understand each other is not worth another', () => {
  const lost = (code: ErrorCode) => new NetdaemonError('DISCONNECTED', 'x', { cause: new NetdaemonError(code, 'y') })
  assert.deepEqual(
    (['BAD_PACKET', 'WINDOW', 'VERSION', 'SHUTTING_DOWN', 'INTERNAL'] as const).map((code) => mayPass(lost(code))),
    [false, false, false, true, true],
  )
})
