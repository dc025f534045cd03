// The socket file or the lock file of a daemon that runs is removed, as by a cleaner of /tmp.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { type Client, connect } from '../../client-lib/index.ts'
import { DaemonHarness, daemonProgram, statOf } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

async function stopped(daemon: DaemonHarness): Promise<void> {
  daemon.signal('SIGSTOP')
  await waitFor('it to be stopped', () => statOf(daemon.pid)?.state === 'T')
}

async function isReachable(daemon: DaemonHarness, before: Client): Promise<void> {
  await waitFor('the socket', () => existsSync(daemon.socket))
  const client = await daemon.connect()
  assert.equal((await client.info()).pid, daemon.pid)
  assert.equal(statSync(daemon.socket).mode & 0o777, 0o600)
  // On the connection that was there before.
  assert.equal((await before.info()).pid, daemon.pid)
  await waitFor('the lock', () => existsSync(`${daemon.socket}.lock`))
  assert.equal(readFileSync(`${daemon.socket}.lock`, 'utf8'), `${daemon.pid}\n`)
}

for (const lost of [['s'], ['s.lock'], ['s', 's.lock']]) {
  test(`when ${lost.join(' and ')} is removed, the daemon makes it anew by itself`, async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const attachment = await client.startAttached({ command: 'cat' })
    const files = daemon.openFiles().length
    for (let times = 0; times < 3; times++) {
      for (const name of lost) rmSync(`${daemon.directory}/${name}`)
      const told = lost.length * (times + 1)
      await waitFor('it to be told', () => daemon.log.match(/was gone; it is made anew/g)?.length === told)
      await isReachable(daemon, client)
    }
    await attachment.write(Buffer.from('still here'))
    await attachment.end()
    let said = ''
    for await (const item of attachment.output) if (item.kind === 'data') said += item.bytes
    assert.equal(said, 'still here')
    assert.ok(daemon.openFiles().length <= files + 3, 'only the clients are more')
  })
}

test('when its directory is removed with all that is in it, that is made anew too', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  await stopped(daemon)
  rmSync(daemon.directory, { recursive: true })
  daemon.signal('SIGCONT')
  await isReachable(daemon, client)
})

test('SIGUSR1 makes the socket anew where nothing has told that it is gone, and opens no debugger', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const { directory } = daemon
  // The files themselves stay what they were, where they were: in a directory of another name.
  renameSync(directory, `${directory}-moved`)
  mkdirSync(directory, { mode: 0o700 })
  assert.equal((await client.info()).pid, daemon.pid)
  assert.equal(existsSync(daemon.socket), false)
  daemon.signal('SIGUSR1')
  await isReachable(daemon, client)
  assert.doesNotMatch(daemon.log, /Debugger/)
  rmSync(`${directory}-moved`, { recursive: true })
})

test('another daemon that came when both files were gone keeps the path; the first one gets it back after that one’s end', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  await stopped(daemon)
  rmSync(daemon.socket)
  rmSync(`${daemon.socket}.lock`)
  const second = spawn(process.execPath, [daemonProgram, '--socket', daemon.socket], { stdio: 'ignore' })
  await using other = await eventually(
    'the second daemon',
    () => connect({ socket: daemon.socket }).catch(() => undefined),
    (reached) => reached !== undefined,
  ).then((reached) => reached ?? assert.fail())
  daemon.signal('SIGCONT')
  const told = `nobody can connect to this daemon at the moment: another netdaemon (pid ${second.pid}) owns ${daemon.socket}`
  await waitFor('the first one to tell', () => daemon.log.includes(told))
  assert.equal((await client.info()).pid, daemon.pid)
  const third = await connect({ socket: daemon.socket })
  assert.equal((await third.info()).pid, second.pid)
  await third.close()
  await other.shutdown()
  await isReachable(daemon, client)
})
