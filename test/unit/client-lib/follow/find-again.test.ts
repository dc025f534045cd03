// Finding a process again: the same one, under whatever handle, or an error that says what became of it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findAgain, type NetdaemonError } from '../../../../client-lib/index.ts'
import { detail } from '../../../support/client/scripted-admission.ts'
import { scripted, summary } from '../../../support/client/scripted-daemon.ts'

const known = { process: summary({ id: 'web', handle: 7, startedAt: 5 }), instance: 'run-1', offset: 12 }

describe('finding a process again', () => {
  it('asks the same run of the daemon by handle, another by id, and takes the handle that it has there', async () => {
    const [same, first] = await scripted(undefined, 'run-1')
    const finding = findAgain(same, known)
    const byHandle = await first.next('SHOW')
    assert.equal(byHandle.params.process, 7)
    first.ok<'SHOW'>(byHandle, { process: detail({ handle: 7, startedAt: 5 }) })
    assert.equal((await finding).handle, 7)
    const [restarted, second] = await scripted(undefined, 'run-2')
    const findingAgain = findAgain(restarted, known)
    const byId = await second.next('SHOW')
    assert.equal(byId.params.process, 'web')
    second.ok<'SHOW'>(byId, { process: detail({ handle: 3, startedAt: 5 }) })
    assert.equal((await findingAgain).handle, 3)
    await Promise.all([same.close(), restarted.close()])
  })

  it('says whether the process was removed, or the daemon restarted without it', async () => {
    for (const [instance, words] of [
      ['run-1', /^"web" was removed while this client was away; its output was read up to offset 12$/],
      ['run-2', /^the daemon was restarted while this client was away, and does not have "web"; its output was /],
    ] as const) {
      const [client, daemon] = await scripted(undefined, instance)
      const finding = findAgain(client, known)
      daemon.error(await daemon.next('SHOW'), { code: 'NOT_FOUND', message: 'no' })
      await assert.rejects(finding, (error: NetdaemonError) => {
        assert.match(error.message, words)
        assert.deepEqual([error.code, error.detail], ['NOT_FOUND', { offset: 12, instance }])
        return true
      })
      await client.close()
    }
  })

  it('does not take another process of its name for it', async () => {
    const [client, daemon] = await scripted(undefined, 'run-2')
    const finding = findAgain(client, known)
    daemon.ok<'SHOW'>(await daemon.next('SHOW'), { process: detail({ startedAt: 6 }) })
    await assert.rejects(finding, { code: 'NOT_FOUND', message: /^"web" is another process, started 1970-/ })
    await client.close()
  })

  it('leaves other failures as they are', async () => {
    const [client, daemon] = await scripted()
    const finding = findAgain(client, known)
    daemon.error(await daemon.next('SHOW'), { code: 'SHUTTING_DOWN', message: 'ending' })
    await assert.rejects(finding, { code: 'SHUTTING_DOWN', message: 'ending' })
    await client.close()
  })
})
