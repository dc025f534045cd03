// A service that is restarted again and again, with a real daemon: what its clients read goes on across its runs to the byte, input
// never goes to another run than it was written to, and neither the end of the daemon nor a lack of file descriptors loses it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { OutputLine } from '../../client-lib/attachment/output-text.ts'
import { type Client, connect, NetdaemonError, type OutputItem } from '../../client-lib/index.ts'
import { STDIN } from '../../proto/protocol.ts'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

/** Numbers its lines, and names itself in each. */
const NUMBERS = 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo "$$ $i"; done; read forever'
const RUNS = 200

/** Checks lines and borders as they come: each line once, in order, by the run between whose borders it stands. */
class Reading {
  runs = 0
  lines = 0
  /** How far the newest run has got. */
  last = 0
  #pid: string | undefined
  #offset = 0
  #isOver = false

  take(item: OutputLine | Exclude<OutputItem, { kind: 'data' }>): void {
    if (item.kind === 'line') {
      assert.equal(item.offset, this.#offset)
      this.#offset = item.end
      assert.ok(item.newline, 'half a line')
      const [pid, number] = item.text.split(' ')
      this.#pid ??= pid
      assert.ok(!this.#isOver, 'a line between two runs')
      assert.deepEqual([pid, Number(number)], [this.#pid, this.last + 1])
      this.last += 1
      this.lines += 1
      return
    }
    assert.equal(item.kind, 'run', `${item.kind} among the lines`)
    if (item.kind !== 'run') return
    assert.equal(item.offset, this.#offset, 'a border is in another place')
    assert.equal(item.event === 'began', this.#isOver, 'a border is missing')
    this.#isOver = item.event === 'ended'
    if (item.event === 'ended') assert.equal(item.run, this.runs + 1)
    else {
      this.runs += 1
      this.last = 0
      this.#pid = String(item.pid)
    }
  }
}

/** Restarts it, now in the middle of its lines and now after them. */
async function restart(client: Client, times: number, reading: Reading, between: (n: number) => Promise<void>) {
  for (let n = 1; n <= times; n++) {
    if (n % 3 === 0) await waitFor('all its lines', () => reading.last === 60)
    await client.restart('numbers')
    await between(n)
  }
  await waitFor('all its lines', () => reading.runs === times && reading.last === 60)
}

const spec = { command: 'sh', args: ['-c', NUMBERS], name: 'numbers', stop: {}, outputLimit: 4 * 2 ** 20 }

describe('a service that is restarted', () => {
  test(`${RUNS} times: a console has every line once, in order, and each border in its place`, async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const attachment = await client.startAttached(spec, { until: 'removed', lossless: true })
    const reading = new Reading()
    const read = (async () => {
      for await (const item of attachment.lines()) reading.take(item)
    })()
    await Promise.race([read, restart(client, RUNS, reading, async () => {})])
    await client.remove('numbers', { force: true })
    await read
    assert.equal(reading.runs, RUNS)
  })

  test('and whose reader is killed in between: its file has every byte once', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const attachment = await client.startAttached(spec, { until: 'removed', lossless: true })
    const reading = new Reading()
    const whole: string[] = []
    const read = (async () => {
      for await (const item of attachment.lines()) {
        reading.take(item)
        if (item.kind === 'line') whole.push(`${item.text}\n`)
      }
    })()
    const file = join(daemon.directory, 'read')
    const options = { until: 'removed', lossless: true, window: 2000, keep: { as: 'file', ms: 120_000 } } as const
    let reader = daemon.reader('numbers', file, options)
    const size = () => readFileSync(file).length
    await restart(client, 40, reading, async (n) => {
      if (n % 8 !== 0) return
      await waitFor('it to read', () => reader.said.startsWith('attached') && size() > 0)
      reader.kill('SIGKILL')
      reader = daemon.reader('numbers', file, options)
    })
    await waitFor('the reader to have all', () => size() >= whole.join('').length)
    await client.remove('numbers', { force: true })
    await read
    assert.equal(readFileSync(file, 'utf8'), whole.join(''))
    assert.doesNotMatch(reader.said, /gap/)
  })

  test('is never given input of the run before, and its client is told how much is gone', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.raw()
    await client.hello()
    const flag = join(daemon.directory, 'flag')
    const script = `if [ -e ${flag} ]; then exec cat; fi; : > ${flag}; echo deaf; exec sleep 1000`
    const { process } = await client.request('START', {
      spec: { command: 'sh', args: ['-c', script], stop: {} },
      attach: { until: 'removed' },
    })
    const { handle } = process
    await waitFor('it to run', () => client.output(handle).includes('deaf'))
    let sent = 0
    const write = (text: string) => {
      client.sendInput(handle, sent, Buffer.from(text))
      sent += text.length
    }
    for (let n = 0; n < 4; n++) write('old '.repeat(10_000))
    const taken = () =>
      client.received.reduce((most, each) => (each.cmd === 'ACK' && each.channel === STDIN ? each.offset : most), 0)
    const { process: shown } = await eventually(
      'all of it to come',
      () => client.request('SHOW', { process: handle }),
      ({ process: { input } }) => input.taken + input.queued === sent,
    )
    const before = shown.input.taken
    assert.ok(before > 0 && before < sent)
    await waitFor('what its pipe took to be told', () => taken() === before)
    await client.request('RESTART', { process: handle })
    await waitFor('it to be told', () => client.events('DROPPED').length > 0)
    assert.deepEqual(client.events('DROPPED'), [{ attachment: handle, handle, run: 1, to: sent, bytes: sent - before }])
    write('new\n')
    await waitFor('the answer', () => client.output(handle).endsWith('new\n'))
    assert.equal(client.output(handle), 'deaf\nnew\n')
    assert.equal(taken(), sent)
  })

  test('goes down with the daemon, in the middle of restarts, and every request is answered or cut off', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const names = Array.from({ length: 8 }, (_, n) => `s${n}`)
    for (const [n, name] of names.entries()) {
      const args = ['-c', n % 2 === 0 ? 'sleep 1000 & wait' : 'exit 1']
      await client.start({ command: 'sh', args, name, restart: { policy: 'always', delayMs: 10 } })
    }
    const answers: string[] = []
    const asking = names.map(async (name) => {
      const own = await connect({ socket: daemon.socket })
      for (;;) {
        const answer = await own.restart(name).then(
          () => 'OK',
          (error) => (error instanceof NetdaemonError ? error.code : String(error)),
        )
        answers.push(answer)
        if (answer !== 'OK' && answer !== 'NOT_UP') break
      }
      await own.close()
    })
    await waitFor('restarts', () => answers.length > 40)
    const { left, survivors } = await client.shutdown()
    assert.deepEqual({ left, survivors }, { left: 0, survivors: undefined })
    await Promise.all(asking)
    const ends = new Set(answers)
    for (const end of ends) assert.match(end, /^(OK|NOT_UP|SUPERSEDED|SHUTTING_DOWN|DISCONNECTED)$/)
    await daemon.exited()
    assert.deepEqual(daemon.descendants(), [])
  })

  test('comes back when there are file descriptors again', async () => {
    await using daemon = await DaemonHarness.start({ openFiles: 48 })
    const client = await daemon.connect()
    const pidOf = async () => {
      const [it] = await client.list({ name: 'it' })
      return it?.state.kind === 'running' ? it.state.pid : undefined
    }
    const args = ['-c', 'sleep 1000 & wait']
    await client.start({ command: 'sh', args, name: 'it', restart: { policy: 'always', delayMs: 20, maxMs: 50 } })
    const first = await pidOf()
    assert.ok(first !== undefined)
    // It gives its descriptors up when it dies: others take all, as often as there are any.
    const others: string[] = []
    const takeAll = async () => {
      for (;;) {
        const other = await client.start({ command: 'sleep', args: ['1000'] }).catch((error) => {
          assert.equal(error.code, 'CANNOT_START')
          assert.match(error.errno, /EMFILE|ENFILE/)
        })
        if (other === undefined) return
        others.push(other.id)
      }
    }
    await takeAll()
    process.kill(first, 'SIGKILL')
    await eventually(
      'it to fail',
      async () => {
        await takeAll()
        return (await client.list({ name: 'it' }))[0]?.state
      },
      (state) => state?.kind === 'backoff' && state.last?.kind === 'not started',
    )
    for (const other of others) await client.remove(other, { force: true })
    const second = await eventually('it to come back', pidOf, (pid) => pid !== undefined)
    assert.notEqual(second, first)
  })
})
