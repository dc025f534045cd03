// What a daemon keeps of supervised processes: they are there again after it was killed, and no two runs of one overlap. What is damaged,
// and a disk without room, cost nothing else.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Client, NetdaemonError } from '../../client-lib/index.ts'
import { errnoOf } from '../../proto/errno.ts'
import { DaemonHarness, statOf } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

/** Where the daemon keeps its processes. */
function kept(daemon: DaemonHarness): string {
  const [name] = existsSync(daemon.state) ? readdirSync(daemon.state) : []
  return join(daemon.state, name ?? 'nothing')
}

/** What is in there; nothing if there is no such directory, which may go at any moment. */
function files(daemon: DaemonHarness): string[] {
  try {
    return readdirSync(kept(daemon)).sort()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return []
  }
}
const stateOf = async (client: Client, id: string) => (await client.show(id)).state
const always = { policy: 'always', delayMs: 50 } as const
const sleeper = { command: 'sleep', args: ['1000'], restart: always }

async function startAgain(daemon: DaemonHarness): Promise<Client> {
  await daemon.killed()
  await daemon.launch()
  return await daemon.connect()
}

describe('what a daemon keeps', () => {
  test('of processes that are not supervised is nothing: there is not even a directory', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await client.start({ command: 'true', name: 'plain' })
    await client.wait('plain')
    assert.equal(existsSync(daemon.state), false)
  })

  test('is for its user alone, and goes when the process is removed', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await client.start({ ...sleeper, name: 'web' })
    assert.deepEqual(files(daemon), ['web.process'])
    assert.equal(statSync(kept(daemon)).mode & 0o777, 0o700)
    assert.equal(statSync(join(kept(daemon), 'web.process')).mode & 0o777, 0o600)
    const directory = kept(daemon)
    await client.remove('web', { force: true })
    assert.equal(existsSync(directory), false)
  })

  test('a program that cannot be started is not', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await assert.rejects(client.start({ command: '/no/such', restart: always, name: 'web' }), { code: 'CANNOT_START' })
    await waitFor('its file to be gone', () => files(daemon).length === 0)
    await client.start({ ...sleeper, name: 'web' })
  })

  test('brings a process back after the daemon was killed, with its history, and without a second run beside it', async () => {
    await using daemon = await DaemonHarness.start()
    const list = join(daemon.directory, 'pids')
    const script = `trap "" TERM; echo $$ >> ${list}; sleep 1000 & wait`
    let client = await daemon.connect()
    const stop = { steps: [{ signal: 'TERM', waitMs: 200 }] }
    await client.start({ name: 'web', command: 'sh', args: ['-c', script], restart: always, stop })
    const pids = () => (existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n') : [])
    await waitFor('the first run', () => pids().length === 1)
    await client.restart('web')
    await waitFor('the second run', () => pids().length === 2)
    await client.start({ ...sleeper, name: 'down' })
    await client.stop('down')
    // What happens by itself is written a moment later.
    await waitFor('it to be kept', () => readFileSync(join(kept(daemon), 'web.process'), 'utf8').includes('"runs": 2'))
    client = await startAgain(daemon)
    const { id, handle, state } = await client.up('web')
    assert.equal(id, 'web')
    assert.ok(handle > 0)
    assert.equal(state.kind === 'running' ? state.run : 0, 3)
    await waitFor('the third run', () => pids().length === 3)
    const [, second, third] = pids()
    // Who reaps orphans here may be slow to.
    assert.ok(
      [undefined, 'Z'].includes(statOf(Number(second))?.state),
      'the run of the daemon that was killed lives on',
    )
    assert.equal(third, String(state.kind === 'running' ? state.pid : 0))
    const { runsKept } = await client.show('web')
    assert.equal(runsKept?.[0]?.run, 1)
    const { state: down, wanted } = await client.show('down')
    assert.equal(down.kind, 'stopped')
    assert.equal(wanted, 'down')
    assert.match(daemon.log, /"web": ending what is left of its run under an earlier daemon \(pid \d+, \d+\)/)
    assert.match(daemon.log, /"web": nothing is left of its earlier run/)
  })

  test('starts what was running again after an orderly end, too', async () => {
    await using daemon = await DaemonHarness.start()
    let client = await daemon.connect()
    await client.start({ ...sleeper, name: 'web' })
    await client.shutdown()
    await daemon.exited()
    await daemon.launch()
    client = await daemon.connect()
    await eventually(
      'it to run',
      () => stateOf(client, 'web'),
      ({ kind }) => kind === 'running',
    )
    assert.doesNotMatch(daemon.log, /what is left/)
  })

  test('does not run a job again that has come to its end', async () => {
    await using daemon = await DaemonHarness.start()
    let client = await daemon.connect()
    await client.start({ name: 'job', command: 'sh', args: ['-c', 'exit 3'], stop: {} })
    await client.wait('job')
    client = await startAgain(daemon)
    const { state, runs } = await client.show('job')
    assert.deepEqual({ kind: state.kind, runs }, { kind: 'exited', runs: undefined })
    await client.remove('job')
    assert.deepEqual(files(daemon), [])
  })

  test('a damaged and a newer file are set aside, with a sentence, and cost nothing else', async () => {
    await using daemon = await DaemonHarness.start()
    let client = await daemon.connect()
    for (const name of ['one', 'two', 'three']) await client.start({ ...sleeper, name })
    await daemon.killed()
    const [one, two] = ['one', 'two'].map((name) => join(kept(daemon), `${name}.process`))
    appendFileSync(one!, 'x')
    writeFileSync(two!, readFileSync(two!, 'utf8').replace('process 1 ', 'process 2 '))
    await daemon.launch()
    client = await daemon.connect()
    assert.deepEqual(
      (await client.list()).map(({ id }) => id),
      ['three'],
    )
    assert.match(daemon.log, /one\.process" is not there: its checksum is wrong; it is ".*one\.process\.damaged-\d{4}-/)
    assert.match(daemon.log, /two\.process" is not there: a newer netdaemon has written it \(version 2\)/)
    assert.equal(files(daemon).filter((name) => name.includes('.damaged-')).length, 2)
    // Nobody knows them any more.
    await daemon.killDescendants()
    await client.start({ ...sleeper, name: 'one' })
  })

  test('a disk without room: services run on, requests are refused with the errno, and it recovers', async (context) => {
    await using daemon = await DaemonHarness.start()
    mkdirSync(daemon.state)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', daemon.state], { stdio: 'pipe' })
    } catch {
      context.skip('it takes the right to mount')
      return
    }
    try {
      const client = await daemon.connect()
      const { state } = await client.start({ ...sleeper, name: 'web' })
      const filler = join(daemon.state, 'filler')
      assert.throws(() => writeFileSync(filler, Buffer.alloc(128 * 1024)), { code: 'ENOSPC' })
      const isRefused = (error: unknown) =>
        error instanceof NetdaemonError && error.code === 'SYSTEM' && error.errno === 'ENOSPC'
      await assert.rejects(client.stop('web'), isRefused)
      await assert.rejects(client.start({ ...sleeper, name: 'more' }), isRefused)
      assert.deepEqual(await stateOf(client, 'web'), state)
      assert.deepEqual(
        (await client.list()).map(({ id }) => id),
        ['web'],
      )
      await client.start({ command: 'true', name: 'plain' })
      execFileSync('rm', [filler])
      await client.stop('web')
      await waitFor('the log to say so', () => daemon.log.includes('can be written to'))
      assert.match(daemon.log, /there is no space left on the disk \(ENOSPC\); processes run on, and what is asked/)
      await client.remove('web')
    } finally {
      execFileSync('umount', ['-l', daemon.state])
    }
  })
})
