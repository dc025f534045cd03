// The commands that a spec states beside its program: before a run, after it, as a step of its stop, and to reload it.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { ProcessSpecInput } from '../../client-lib/index.ts'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

const sh = (script: string) => ['sh', '-c', script]
const sleeper = (more: Partial<ProcessSpecInput>): ProcessSpecInput => ({
  ...{ command: 'sleep', args: ['1000'], name: 'it' },
  ...more,
})
const lines = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])

describe('commands beside a process', () => {
  test('run before each run and after it, in order, with its environment, directory and umask', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const file = join(daemon.directory, 'log')
    const note = (word: string) => ({
      command: sh(`echo "${word} $WORD $PWD $(umask)" >> ${file}; setsid sleep 1000 &`),
    })
    const more = { cwd: '/usr', umask: 0o27, env: { set: { WORD: 'here' } } }
    await client.start(sleeper({ ...more, start: { before: [note('a'), note('b')] }, stop: { after: [note('c')] } }))
    await client.up('it')
    await client.restart('it')
    await client.stop('it')
    const once = ['a', 'b', 'c'].map((word) => `${word} here /usr 0027`)
    assert.deepEqual(lines(file), [...once, ...once])
    await waitFor('what they left to be gone', () => daemon.descendants().length === 0)
  })

  test('before a run make it a failed start when one fails, and keep the next from being run', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const file = join(daemon.directory, 'log')
    const before = [{ command: sh('echo no disk >&2; exit 4') }, { command: sh(`echo next >> ${file}`) }]
    await client.start(sleeper({ start: { before } }))
    await assert.rejects(client.up('it'), { code: 'NOT_UP', message: /"sh" exited with 4: no disk/ })
    assert.deepEqual(lines(file), [])
    assert.equal((await client.show('it')).state.kind, 'failed')
    await client.remove('it')
  })

  test('before a run are killed with their trees when their time is up, and by a stop', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const command = sh('sleep 1000 & setsid sleep 1000 & wait')
    await client.start(sleeper({ start: { before: [{ command, timeoutMs: 200 }] } }))
    await assert.rejects(client.up('it'), { code: 'NOT_UP', message: /"sh" did not end within 0.2 s/ })
    await waitFor('them to be gone', () => daemon.descendants().length === 0)
    await client.remove('it')
    await client.start(sleeper({ start: { before: [{ command }] } }))
    await waitFor('them to run', () => daemon.descendants().length === 3)
    const { state } = await client.stop('it')
    assert.equal(state.kind, 'stopped')
    await waitFor('them to be gone', () => daemon.descendants().length === 0)
  })

  test('as a step of a stop are told the main process, and end with the step', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const file = join(daemon.directory, 'log')
    const steps = [
      { exec: sh(`echo $MAINPID >> ${file}; sleep 1000`), waitMs: 100 },
      { exec: sh('kill -INT $MAINPID; sleep 1000'), waitMs: 60_000 },
    ]
    const { state } = await client.start(sleeper({ stop: { steps } }))
    const stopped = await client.stop('it')
    assert.deepEqual(lines(file), ['pid' in state ? String(state.pid) : ''])
    assert.equal(
      stopped.state.kind === 'stopped' && stopped.state.last?.kind === 'killed' && stopped.state.last.signal,
      'SIGINT',
    )
    await waitFor('the commands to be gone', () => daemon.descendants().length === 0)
  })

  test('reload it, which is answered when they have ended, and says when they failed', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const file = join(daemon.directory, 'log')
    await client.start(
      sleeper({ reload: { exec: sh(`echo $MAINPID >> ${file}; test ! -e ${file}.no || { echo bad line; exit 1; }`) } }),
    )
    await client.reload('it')
    assert.equal(lines(file).length, 1)
    await client.start({ command: 'touch', args: [`${file}.no`] })
    await eventually('the file', async () => existsSync(`${file}.no`), Boolean)
    await assert.rejects(client.reload('it'), { code: 'COMMAND_FAILED', message: /"sh" exited with 1: bad line/ })
  })

  test('after a run are run also when it ended by itself and only the process counts', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const file = join(daemon.directory, 'log')
    for (const scope of ['tree', 'process'] as const) {
      const after = [{ command: sh('exit 1') }, { command: sh(`echo ${scope} >> ${file}`) }]
      await client.start({ command: 'true', name: 'it', stop: { scope, after } })
      await client.wait('it')
      await client.remove('it')
    }
    assert.deepEqual(lines(file), ['tree', 'process'])
  })
})
