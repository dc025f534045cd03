// A program that brings its daemon with it: connect({ autostart: true }).

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { connect, type NetdaemonError } from '../../client-lib/index.ts'
import { waitFor } from '../support/wait.ts'

function place(t: TestContext): string {
  const directory = mkdtempSync('/tmp/nda-')
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 's')
}

it('a program can bring its daemon with it: several at once bring one, which outlives the connection', async (t) => {
  const socket = place(t)
  const clients = await Promise.all([1, 2, 3].map(() => connect({ socket, autostart: true })))
  try {
    const daemons = await Promise.all(clients.map(async (client) => (await client.info()).pid))
    assert.equal(new Set(daemons).size, 1)
    await Promise.all(clients.map((client) => client.close()))
    const again = await connect({ socket })
    assert.equal((await again.info()).pid, daemons[0])
    await again.close()
  } finally {
    const last = await connect({ socket })
    const { pid } = await last.info()
    await last.shutdown()
    await last.closed
    await waitFor('the daemon to be gone', () => !isThere(pid))
  }
})

it('a daemon that cannot be started says why, and without being asked none is started', async (t) => {
  const socket = place(t)
  await assert.rejects(connect({ socket }), (error: NetdaemonError) => {
    assert.equal(error.code, 'NO_DAEMON')
    assert.match(error.message, /Start a daemon with "ndctl daemon start"/)
    return true
  })
  writeFileSync(socket, 'a file of somebody')
  await assert.rejects(connect({ socket, autostart: true }), (error: NetdaemonError) => {
    assert.equal(error.code, 'NO_DAEMON')
    assert.match(error.message, /^cannot start a daemon on .*: .*not a socket/)
    return true
  })
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
