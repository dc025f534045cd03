// APPLY with a real daemon: it does what is needed and nothing else, keeps what it did, and says what did not come up. Beside it what
// comes of files: ndctl, and the directory of the daemon.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ApplyStep, Client } from '../../client-lib/index.ts'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { eventually } from '../support/wait.ts'

const sleeper = { command: 'sleep', args: ['1000'] }
const told = (steps: readonly ApplyStep[]) =>
  steps.map(({ id, action, changes, error }) =>
    [id, action, ...changes.map(({ field }) => field), ...(error === undefined ? [] : [error.code])].join(' '),
  )

async function pidOf(client: Client, id: string): Promise<number | null> {
  const { state } = await client.show(id)
  return state.kind === 'running' ? state.pid : null
}

/** Runs ndctl, and answers its exit status and what it printed. */
async function ndctl(
  daemon: DaemonHarness,
  args: readonly string[],
  input = '',
): Promise<{ status: number; text: string }> {
  const program = fileURLToPath(new URL('../../bin/ndctl.cjs', import.meta.url))
  const child = spawn(process.execPath, ['--', program, ...args, '--socket', daemon.socket])
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      text += bytes
    })
  }
  child.stdin.end(input)
  const status = await new Promise<number>((settle) => child.once('close', (code) => settle(code ?? -1)))
  return { status, text }
}

describe('applying', () => {
  test('twice does nothing; a label changes in place, a variable takes a restart', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const spec = { ...sleeper, name: 'web', labels: { tenant: 'a' }, env: { set: { PORT: '1' } } }
    assert.deepEqual(told(await client.apply([spec], { dryRun: true })), ['web create'])
    assert.deepEqual(await client.list(), [])
    assert.deepEqual(told(await client.apply([spec])), ['web create'])
    const pid = await pidOf(client, 'web')
    assert.deepEqual(told(await client.apply([spec])), ['web none'])
    const labelled = { ...spec, labels: { tenant: 'b' } }
    assert.deepEqual(told(await client.apply([labelled])), ['web update labels.tenant'])
    const after = await client.show('web')
    assert.deepEqual(after.labels, { tenant: 'b' })
    assert.deepEqual((await client.list())[0]?.labels, { tenant: 'b' })
    assert.equal(await pidOf(client, 'web'), pid)
    const moved = { ...labelled, env: { set: { PORT: '2' } } }
    assert.deepEqual(told(await client.apply([moved])), ['web restart env.set.PORT'])
    assert.notEqual(await pidOf(client, 'web'), pid)
    assert.equal((await client.show('web', { env: true })).env?.PORT, '2')
  })

  test('keeps what it did: it is there after the daemon was killed, and applying again does nothing', async () => {
    await using daemon = await DaemonHarness.start()
    let client = await daemon.connect()
    const specs = [
      { ...sleeper, name: 'web', dependsOn: { db: {} } },
      { ...sleeper, name: 'db', restart: { policy: 'always' as const } },
      { name: 'off', ...sleeper },
    ]
    assert.deepEqual(told(await client.apply(specs, { source: 's' })), ['db create', 'web create', 'off create'])
    await client.apply([{ ...specs[0]!, labels: { a: 'b' } }, specs[1]!, specs[2]!], { source: 's' })
    await client.disable('off')
    await daemon.killed()
    await daemon.launch()
    client = await daemon.connect()
    assert.deepEqual((await client.list()).map(({ id, labels }) => [id, labels]).sort(), [
      ['db', {}],
      ['off', {}],
      ['web', { a: 'b' }],
    ])
    await eventually(
      'it to run',
      () => pidOf(client, 'web'),
      (pid) => pid !== null,
    )
    assert.equal((await client.show('off')).state.kind, 'stopped')
    specs[0] = { ...specs[0]!, labels: { a: 'b' } } as never
    assert.deepEqual(told(await client.apply(specs, { source: 's' })), ['db none', 'web none', 'off none'])
    await client.enable('off')
    assert.deepEqual(told(await client.apply(specs, { source: 's' })), ['db none', 'web none', 'off start'])
  })

  test('with prune removes what came from the same source, and nothing else', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await client.apply(
      [
        { ...sleeper, name: 'a' },
        { ...sleeper, name: 'b' },
      ],
      { source: 'one' },
    )
    await client.apply([{ ...sleeper, name: 'c' }], { source: 'two' })
    await client.start({ ...sleeper, name: 'd' })
    assert.deepEqual(told(await client.apply([{ ...sleeper, name: 'a' }], { source: 'one', prune: true })), [
      'a none',
      'b remove',
    ])
    assert.deepEqual(
      (await client.list()).map(({ id }) => id),
      ['a', 'c', 'd'],
    )
  })

  test('says what did not come up, with its last words, and does the rest', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const steps = await client.apply([
      {
        name: 'bad',
        command: 'sh',
        args: ['-c', 'echo no luck; exit 3'],
        start: { ready: { kind: 'after', ms: 60_000 } },
      },
      { name: 'missing', command: '/no/such', restart: { policy: 'always' } },
      { ...sleeper, name: 'good' },
    ])
    assert.deepEqual(told(steps), ['bad create NOT_UP', 'missing create NOT_UP', 'good create'])
    assert.equal(steps[0]?.error?.output, 'no luck\n')
    assert.match(steps[1]?.error?.message ?? '', /cannot start "\/no\/such": no such file \(ENOENT\)/)
    assert.notEqual(await pidOf(client, 'good'), null)
  })

  test('does not stop what runs for a program that is not there', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await client.apply([{ ...sleeper, name: 'web' }])
    const pid = await pidOf(client, 'web')
    assert.deepEqual(told(await client.apply([{ name: 'web', command: '/no/such' }])), [
      'web restart args command CANNOT_START',
    ])
    assert.equal(await pidOf(client, 'web'), pid)
    assert.deepEqual(told(await client.apply([{ ...sleeper, name: 'web' }])), ['web none'])
  })

  test('takes over what was started, without a restart, and replaces what gets a terminal', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await client.start({ ...sleeper, name: 'web' })
    const pid = await pidOf(client, 'web')
    assert.deepEqual(told(await client.apply([{ ...sleeper, name: 'web' }])), ['web update'])
    assert.equal(await pidOf(client, 'web'), pid)
    const terminal = { columns: 80, rows: 24 }
    assert.deepEqual(told(await client.apply([{ ...sleeper, name: 'web', terminal }])), ['web replace terminal'])
    assert.deepEqual((await client.show('web')).terminal, terminal)
  })

  test('refuses what cannot be before anything is done', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const good = { ...sleeper, name: 'good' }
    for (const [specs, why] of [
      [[good, sleeper], /"sleep" has no name/],
      [[good, good], /two specs have the name "good"/],
      [
        [
          { ...good, dependsOn: { b: {} } },
          { ...sleeper, name: 'b', dependsOn: { good: {} } },
        ],
        /good → b → good|b → good → b/,
      ],
    ] as const) {
      await assert.rejects(client.apply(specs), { code: 'BAD_REQUEST', message: why })
    }
    assert.deepEqual(await client.list(), [])
  })
})

describe('files of services', () => {
  test('are applied, compared and exported by ndctl', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const file = join(daemon.directory, 's.yaml')
    const write = (port: number) =>
      writeFileSync(file, `services:\n  web:\n    command: sleep 1000\n    restart: always\n    env: {PORT: ${port}}\n`)
    write(1)
    assert.deepEqual(await ndctl(daemon, ['apply', '-f', file]), { status: 0, text: 'web  created\n' })
    assert.deepEqual(await ndctl(daemon, ['apply', '-f', file]), { status: 0, text: 'web  unchanged\n' })
    assert.deepEqual(await ndctl(daemon, ['diff', '-f', file]), { status: 0, text: '' })
    const exported = await ndctl(daemon, ['export', 'web'])
    assert.deepEqual(await ndctl(daemon, ['diff', '-f', '-'], exported.text), { status: 0, text: '' })
    write(2)
    assert.deepEqual(await ndctl(daemon, ['diff', '-f', file]), {
      status: 1,
      text: 'web: restart\n  - env.set.PORT: "1"\n  + env.set.PORT: "2"\n',
    })
    assert.deepEqual(await ndctl(daemon, ['apply', '-f', file]), { status: 0, text: 'web  restarted (env.PORT)\n' })
    writeFileSync(file, Buffer.from([0xff, 0x61]))
    assert.match((await ndctl(daemon, ['apply', '-f', file])).text, /cannot read ".*": it is not text in UTF-8/)
    writeFileSync(file, 'services:\n  web: {comand: x}\n')
    const { status, text } = await ndctl(daemon, ['apply', '-f', file])
    assert.equal(status, 125)
    assert.equal(text, `ndctl: ${file}:2:9: web.comand: there is no "comand" here; did you mean "command"?\n`)
    assert.notEqual(await pidOf(client, 'web'), null)
  })

  test('of the configuration directory are applied at the start and on HUP; a mistake costs only its file', async () => {
    const config = join('/tmp', `ndc-${process.pid}`)
    const services = join(config, 'services.d')
    mkdirSync(services, { recursive: true })
    try {
      writeFileSync(join(services, 'a.yaml'), 'services: {web: {command: sleep 1000, restart: always}}\n')
      writeFileSync(join(services, 'b.yaml'), 'services: {db: {command: sleep 1000, restrat: always}}\n')
      await using daemon = await DaemonHarness.start({ args: ['--config-dir', config] })
      const client = await daemon.connect()
      const ids = async () => (await client.list()).map(({ id }) => id)
      await eventually('the good file', ids, (found) => found.join() === 'web')
      await eventually(
        'the mistake',
        async () => daemon.log,
        (log) => /services\.d: .*b\.yaml:1:\d+: db\.restrat: /.test(log),
      )
      rmSync(join(services, 'a.yaml'))
      writeFileSync(
        join(services, 'b.yaml'),
        readFileSync(join(services, 'b.yaml'), 'utf8').replace('restrat', 'restart'),
      )
      daemon.signal('SIGHUP')
      await eventually('the other', ids, (found) => found.join() === 'db')
      rmSync(services, { recursive: true })
      daemon.signal('SIGHUP')
      assert.deepEqual(await ids(), ['db'])
    } finally {
      rmSync(config, { recursive: true })
    }
  })
})
