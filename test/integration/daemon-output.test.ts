// Promises 1 to 3 with the real daemon: no byte lost, repeated or moved; a slow or dead client costs nobody else
// anything; the exit comes last.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { OutputItem } from '../../client-lib/index.ts'
import { DaemonHarness, readAll } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

/** Runs of a program that exits at once. By hand: 1000. */
const RUNS = Number(process.env.NETDAEMON_RUNS ?? 40)
const LINES = 150_000
/** 1 MB, written and gone. */
const seq = { command: 'seq', args: [String(LINES)] }
const seqOutput = execFileSync('seq', [String(LINES)], { maxBuffer: 10_000_000 })

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const sizeOf = (file: string) => (existsSync(file) ? statSync(file).size : 0)

describe('the output of a program', () => {
  test(`that exits at once is complete, and then its exit is told, in ${RUNS} of ${RUNS} runs`, async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    let left = RUNS
    const worker = async () => {
      while (left-- > 0) {
        const attachment = await client.startAttached({ ...seq, autoRemove: true })
        const parts: Buffer[] = []
        const ends: number[] = []
        for await (const item of attachment.output) {
          assert.notEqual(item.kind, 'gap')
          if (item.kind === 'data') parts.push(item.bytes)
          if (item.kind === 'end') ends.push(item.offset)
        }
        assert.ok(Buffer.concat(parts).equals(seqOutput))
        assert.equal(ends.length, 2)
        assert.deepEqual((await attachment.exited).kind, 'exited')
      }
    }
    await Promise.all([worker(), worker(), worker()])
  })

  test('comes in the order of writing where stderr is the pipe of stdout', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const script = 'for n in $(seq 2000); do echo out $n; echo err $n >&2; done; echo x > /dev/stderr'
    const attachment = await client.startAttached({ command: 'sh', args: ['-c', script], stderr: 'stdout' })
    let text = ''
    const ends = new Set<number>()
    for await (const item of attachment.output) {
      if (item.kind === 'end') ends.add(item.channel)
      if (item.kind !== 'data') continue
      assert.equal(item.channel, 1)
      text += item.bytes
    }
    assert.equal(text, `${Array.from({ length: 2000 }, (_, n) => `out ${n + 1}\nerr ${n + 1}\n`).join('')}x\n`)
    assert.deepEqual([...ends].sort(), [1, 2])
  })

  test('keeps stdout and stderr in the order in which they came', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const script = 'for n in 1 2 3; do echo out $n; read go; echo err $n >&2; read go; done'
    const attachment = await client.startAttached({ command: 'sh', args: ['-c', script] })
    let text = ''
    for await (const item of attachment.output) {
      if (item.kind !== 'data') continue
      text += item.bytes
      if (text.endsWith('\n')) await attachment.write('go\n').catch(() => undefined) // after the last it has ended
    }
    assert.equal(text, [1, 2, 3].map((n) => `out ${n}\nerr ${n}\n`).join(''))
  })

  test('is there for programs that reopen /dev/stdout and /dev/stderr', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const attachment = await client.startAttached({
      command: 'sh',
      args: ['-c', 'echo out > /dev/stdout; echo err > /dev/stderr'],
    })
    const items: OutputItem[] = []
    for await (const item of attachment.output) if (item.kind === 'data') items.push(item)
    const of = (channel: number) => items.filter((item) => item.kind === 'data' && item.channel === channel)
    assert.equal(String(of(1).map((item) => item.kind === 'data' && item.bytes)), 'out\n')
    assert.equal(String(of(2).map((item) => item.kind === 'data' && item.bytes)), 'err\n')
  })

  test('is the same for three clients that attach at different times', async () => {
    await using daemon = await DaemonHarness.start()
    const [a, b, c] = [await daemon.connect(), await daemon.connect(), await daemon.connect()]
    const first = await a.startAttached({
      command: 'sh',
      args: ['-c', `seq ${LINES}; read go; seq ${LINES}`],
      outputLimit: 4 * 1024 * 1024,
    })
    const second = await b.attach(first.handle, { from: 'start', lossless: true })
    const reading = [readAll(first.output), readAll(second.output)]
    const process = first.process.id
    await waitFor('half of it', () => first.offset >= seqOutput.length / 2)
    const third = await c.attach(process, { from: 'start' })
    reading.push(readAll(third.output))
    await first.write('go\n')
    const whole = hash(Buffer.concat([seqOutput, seqOutput]))
    for (const bytes of await Promise.all(reading)) assert.equal(hash(bytes), whole)
  })

  test('that a descendant holds open does not keep the exit from being told', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const attachment = await client.startAttached({ command: 'sh', args: ['-c', 'sleep 1000 & echo $!; exit 5'] })
    const descendant = Number((await readAll(attachment.output)).toString())
    assert.ok(descendant > 0)
    assert.deepEqual(await attachment.exited, { ...(await attachment.exited), kind: 'exited', code: 5 })
    // The descendant lives on; when it ends, it is reaped.
    process.kill(descendant, 'SIGKILL')
    await waitFor('the descendant to be gone', () => !existsSync(`/proc/${descendant}`))
    const { orphansReaped } = await client.info()
    assert.equal(orphansReaped, 1)
  })

  test('of a descendant that comes after the exit was told is kept', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const fifo = join(daemon.directory, 'fifo')
    execFileSync('mkfifo', [fifo])
    const script = `(read go < ${fifo}; echo late) & echo early`
    const attachment = await client.startAttached({ command: 'sh', args: ['-c', script] })
    assert.equal((await readAll(attachment.output)).toString(), 'early\n')
    await attachment.exited
    execFileSync('sh', ['-c', `echo go > ${fifo}`])
    const show = () => client.show(attachment.handle)
    await eventually('the late output', show, ({ output }) => output.end === 11)
    const later = await client.attach(attachment.handle, { from: 'start' })
    assert.equal((await readAll(later.output)).toString(), 'early\nlate\n')
  })
})

describe('a client that does not keep up', () => {
  test('as a lossless one holds the process back, and loses nothing', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const other = await daemon.connect()
    const marker = join(daemon.directory, 'done')
    const attachment = await client.startAttached(
      {
        command: 'sh',
        args: ['-c', `seq ${LINES}; touch ${marker}`],
        outputLimit: 64 * 1024,
      },
      { from: 'start', lossless: true, window: 10_000 },
    )
    const show = () => other.show(attachment.handle)
    const { output } = await eventually('it to be held back', show, ({ held }) => held)
    assert.equal(existsSync(marker), false)
    // Another one may read all there is, and the process waits all the same.
    const viewer = await other.attach(attachment.handle, { from: 'start' })
    for await (const item of viewer.output) {
      if (item.kind === 'data' && item.offset + item.bytes.length === output.end) break
    }
    assert.equal(existsSync(marker), false)
    assert.ok((await readAll(attachment.output)).equals(seqOutput))
    await attachment.exited
    assert.equal(existsSync(marker), true)
  })

  test('as a viewer holds nobody back, and is told exactly what it missed', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const other = await daemon.connect()
    const { handle } = await client.start({
      command: 'sh',
      args: ['-c', `read go; seq ${LINES}`],
      outputLimit: 64 * 1024,
    })
    const slow = await client.attach(handle, { from: 'start', window: 10_000 })
    const fast = await other.attach(handle, { from: 'start', lossless: true })
    await fast.write('go\n')
    assert.ok((await readAll(fast.output)).equals(seqOutput))
    await other.wait(handle)
    let next = 0
    let gaps = 0
    for await (const item of slow.output) {
      if (item.kind === 'end') continue
      const from = item.kind === 'gap' ? item.from : item.offset
      assert.equal(from, next)
      if (item.kind === 'gap') {
        gaps += 1
        next = item.to
      } else if (item.kind === 'data') {
        next += item.bytes.length
        assert.ok(item.bytes.equals(seqOutput.subarray(from, next)))
      }
    }
    assert.equal(next, seqOutput.length)
    assert.ok(gaps > 0)
  })

  test('stopped by a signal, as a viewer, costs another nothing and the daemon no memory; continued, it goes on', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const { handle, id } = await client.start({ command: 'yes', args: ['a line of a console, as games print them'] })
    const file = join(daemon.directory, 'stopped')
    const stopped = daemon.reader(id, file, { from: 'now' })
    await waitFor('it to read', () => sizeOf(file) > 100_000)
    stopped.kill('SIGSTOP')
    const before = daemon.memory()
    const attachment = await client.attach(handle)
    let read = 0
    for await (const item of attachment.output) {
      if (item.kind === 'data') read += item.bytes.length
      if (read > 100_000_000) break
    }
    const grown = daemon.memory() - before
    assert.ok(grown < 40_000_000, `the daemon has grown by ${grown} bytes`)
    const { length } = stopped.said
    stopped.kill('SIGCONT')
    await waitFor('the gap to be told', () => stopped.said.includes('gap', length))
    const size = sizeOf(file)
    await waitFor('it to go on', () => sizeOf(file) > size)
    await client.kill(handle, 'KILL')
    await waitFor('it to end', () => stopped.exitCode !== null)
    assert.match(stopped.said, /"signal":"SIGKILL"/)
  })

  test('stopped by a signal, as a lossless one, holds the process back until it is continued', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const { handle, id } = await client.start({ command: 'sh', args: ['-c', `read go; seq ${LINES * 10}`] })
    const file = join(daemon.directory, 'stopped')
    const stopped = daemon.reader(id, file, { from: 'start', lossless: true })
    await waitFor('it to attach', () => stopped.said.includes('attached'))
    stopped.kill('SIGSTOP')
    const input = await client.attach(handle, { from: 'now', window: 1 })
    await input.write('go\n')
    await input.detach()
    const { output } = await eventually(
      'it to be held back',
      () => client.show(handle),
      ({ held }) => held,
    )
    assert.ok(output.end < 2_500_000, 'not much more than windows and buffers hold')
    stopped.kill('SIGCONT')
    await client.wait(handle)
    await waitFor('it to end', () => stopped.exitCode !== null)
    assert.ok(!stopped.said.includes('gap'))
    assert.equal(hash(readFileSync(file)), hash(execFileSync('seq', [String(LINES * 10)], { maxBuffer: 20_000_000 })))
  })

  test('killed in mid-stream and started again finds every byte once, with a kept place', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const { id } = await client.start({ command: 'sh', args: ['-c', `read go; seq ${LINES * 10}`] })
    const file = join(daemon.directory, 'copy')
    const options = { lossless: true, keep: { as: 'copy', ms: 60_000 } }
    let copier = daemon.reader(id, file, options)
    await waitFor('it to attach', () => copier.said.includes('attached'))
    const input = await client.attach(id, { window: 1 })
    await input.write('go\n')
    await input.detach()
    for (let kills = 1; kills <= 5; kills++) {
      await waitFor('some more', () => sizeOf(file) > kills * 500_000 || copier.exitCode !== null)
      copier.kill('SIGKILL')
      await waitFor('its end', () => copier.exitCode !== null || copier.signalCode !== null)
      copier = daemon.reader(id, file, options)
    }
    await waitFor('the end of the copy', () => copier.exitCode !== null)
    assert.ok(!copier.said.includes('gap'))
    assert.equal(hash(readFileSync(file)), hash(execFileSync('seq', [String(LINES * 10)], { maxBuffer: 20_000_000 })))
  })
})

describe('input', () => {
  test('comes out as it went in, and ends when it is ended', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const cat = await client.startAttached({ command: 'cat' })
    const reading = readAll(cat.output)
    await cat.write(seqOutput)
    await cat.end()
    assert.ok((await reading).equals(seqOutput))
    assert.equal((await cat.exited).kind, 'exited')
  })

  test('does not end when the client that wrote it leaves', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const { handle } = await client.start({ command: 'cat' })
    const visitor = await daemon.connect()
    const visit = await visitor.attach(handle)
    await visit.write('one\n')
    await visitor.close()
    const attachment = await client.attach(handle, { from: 'start' })
    await attachment.write('two\n')
    await attachment.end()
    assert.equal((await readAll(attachment.output)).toString(), 'one\ntwo\n')
  })

  test('of a process with stdin "null" is at its end from the beginning', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const cat = await client.startAttached({ command: 'cat', stdin: 'null' })
    assert.equal(cat.inputOpen, false)
    assert.equal((await readAll(cat.output)).length, 0)
    assert.equal((await cat.exited).kind, 'exited')
  })

  test('that the process no longer takes is refused, and nobody waits for ever', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const attachment = await client.startAttached({ command: 'sh', args: ['-c', 'exec 0<&-; echo closed; sleep 1000'] })
    for await (const item of attachment.output) {
      if (item.kind !== 'data') continue
      await assert.rejects(attachment.write(Buffer.alloc(1_000_000)), /cannot write to the process/)
      break
    }
  })
})
