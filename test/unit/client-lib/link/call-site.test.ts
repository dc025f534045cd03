// An error that comes with a packet carries the stack of the call that it is about.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect, followProcess, NetdaemonError } from '../../../../client-lib/index.ts'
import { scripted, scriptedAttachment } from '../../../support/client/scripted-daemon.ts'

/** What the call that failed says of where it was made: this file, in the function of that name. */
async function madeIn(name: string, call: Promise<unknown>): Promise<NetdaemonError> {
  const error = await call.then(
    () => assert.fail('it did not fail'),
    (failure: unknown) => failure,
  )
  assert.ok(error instanceof NetdaemonError, String(error))
  const [head, ...frames] = (error.stack ?? '').split('\n')
  assert.equal(head, `NetdaemonError: ${error.message}`)
  assert.ok(
    frames.slice(0, 2).some((frame) => frame.includes(name) && frame.includes('call-site.test')),
    error.stack,
  )
  return error
}

describe('the stack of an error', () => {
  it('is that of the call that the daemon refused', async () => {
    const [client, daemon] = await scripted()
    async function theCaller() {
      await client.show('nobody')
    }
    const failed = madeIn('theCaller', theCaller())
    daemon.error(await daemon.next('SHOW'), { code: 'NOT_FOUND', message: 'no', errno: 'ENOENT', detail: { a: 1 } })
    const { code, errno, detail } = await failed
    assert.deepEqual([code, errno, detail], ['NOT_FOUND', 'ENOENT', { a: 1 }])
    await client.close()
  })

  it('is that of each call that a lost connection ends, and of those made later', async () => {
    const [attachment, daemon, client] = await scriptedAttachment()
    const lister = () => client.list()
    const writer = async () => {
      await attachment.write('x')
    }
    const reader = async () => {
      for await (const _ of attachment.output);
    }
    const follower = async () => {
      for await (const _ of client.events());
    }
    const failed = [
      madeIn('lister', lister()),
      madeIn('writer', writer()),
      madeIn('reader', reader()),
      madeIn('follower', follower()),
    ]
    daemon.abort({ code: 'SHUTTING_DOWN', message: 'ending' })
    for (const error of await Promise.all(failed)) {
      assert.equal(error.code, 'DISCONNECTED')
      assert.ok(error.cause instanceof NetdaemonError && error.cause.code === 'SHUTTING_DOWN')
    }
    const late = () => client.info()
    await madeIn('late', late())
    await madeIn('writer', writer())
  })

  it('is that of connecting, and of following', async () => {
    const opener = () => connect({ socket: '/tmp/no-such-directory/none.sock' })
    await madeIn('opener', opener())
    const follower = () =>
      followProcess({ process: 'x', socket: '/tmp/no-such-directory/none.sock' })[Symbol.asyncIterator]().next()
    await madeIn('follower', follower())
  })
})
