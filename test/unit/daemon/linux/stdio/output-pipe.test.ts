import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { errnos, F_DUPFD_CLOEXEC, O_CLOEXEC, O_NONBLOCK } from '../../../../../daemon/linux/kernel.ts'
import { OutputPipe } from '../../../../../daemon/linux/stdio/output-pipe.ts'
import type { NetdaemonError } from '../../../../../proto/errors.ts'
import { kernel, openFdCount, readBuffer } from '../../../../support/daemon/linux.ts'
import { waitFor } from '../../../../support/wait.ts'

/** An OutputPipe on a pipe of our own, with a record of all that it tells. */
function setUp(onBytes: (pipe: OutputPipe) => void = () => {}) {
  const ends = kernel.pipe2(O_CLOEXEC | O_NONBLOCK)
  assert.ok(typeof ends !== 'number')
  const [read, write] = ends
  const told = { bytes: '', ends: 0, error: undefined as NetdaemonError | undefined }
  const pipe = new OutputPipe(read, readBuffer, {
    onBytes(buffer, start, end) {
      assert.equal(told.ends, 0)
      assert.equal(start, readBuffer.headerRoom)
      told.bytes += buffer.toString('latin1', start, end)
      buffer.fill(0)
      onBytes(pipe)
    },
    onEnd(error) {
      told.ends++
      told.error = error
    },
  })
  return { pipe, told, write: (text: string) => kernel.write(write, Buffer.from(text)), end: () => kernel.close(write) }
}

/** Long enough for anything that is due to have happened. */
async function severalTurns(): Promise<void> {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve))
}

test('the end is told once, after all bytes', async () => {
  const { told, write, end, pipe } = setUp()
  write('hello ')
  write('world')
  end()
  await waitFor('the end', () => told.ends === 1)
  assert.equal(told.bytes, 'hello world')
  pipe.close()
  await severalTurns()
  assert.deepEqual([told.ends, told.error], [1, undefined])
})

test('a pipe without any output ends as well', async () => {
  const { told, end } = setUp()
  end()
  await waitFor('the end', () => told.ends === 1)
  assert.equal(told.bytes, '')
})

test('a pipe that yields its turn lets another be read first, goes on by itself, and stays paused if it was paused', async () => {
  const order: string[] = []
  const full = 'x'.repeat(64 * 1024)
  const one = setUp((pipe) => {
    order.push('one')
    pipe.yieldUntil(setImmediate)
    // What is read meanwhile makes the pipe full again: without yielding it would be read on at once.
    if (order.length < 5) one.write(full)
  })
  const other = setUp(() => order.push('other'))
  one.write(full)
  other.write('y')
  await waitFor('both to be read', () => order.filter((who) => who === 'one').length === 4 && order.includes('other'))
  assert.ok(order.indexOf('other') <= 1)

  one.pipe.pause()
  one.pipe.yieldUntil(setImmediate)
  one.write('z')
  await severalTurns()
  assert.ok(!one.told.bytes.includes('z'))
  one.pipe.resume()
  await waitFor('the rest', () => one.told.bytes.endsWith('z'))
  for (const { pipe, end } of [one, other]) {
    pipe.close()
    end()
  }
})

test('many pipes share one buffer, and each gets its own bytes', async () => {
  const pipes = Array.from({ length: 50 }, () => setUp())
  for (let round = 0; round < 20; round++) {
    pipes.forEach(({ write }, n) => {
      write(`<${n}:${round}>`)
    })
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const { end } of pipes) end()
  await waitFor('every end', () => pipes.every(({ told }) => told.ends === 1))
  pipes.forEach(({ told }, n) => {
    assert.equal(told.bytes, Array.from({ length: 20 }, (_, round) => `<${n}:${round}>`).join(''))
  })
})

test('a paused pipe is not read, and its end comes after it is resumed', async () => {
  const { pipe, told, write, end } = setUp((own) => own.pause())
  write('a')
  await waitFor('the first byte', () => told.bytes === 'a')
  write('b')
  end()
  await severalTurns()
  assert.deepEqual([told.bytes, told.ends], ['a', 0])
  pipe.resume()
  await waitFor('the second byte', () => told.bytes === 'ab')
  await severalTurns()
  assert.equal(told.ends, 0)
  pipe.resume()
  await waitFor('the end', () => told.ends === 1)
})

test('pausing in the same turn as resuming leaves it paused, and the other way round', async () => {
  const { pipe, told, write, end } = setUp()
  pipe.pause()
  pipe.resume()
  pipe.pause()
  write('x')
  await severalTurns()
  assert.equal(told.bytes, '')
  pipe.resume()
  pipe.pause()
  pipe.resume()
  await waitFor('the byte', () => told.bytes === 'x')
  end()
  await waitFor('the end', () => told.ends === 1)
})

test('a full pipe is read in pieces of up to 64 KiB, and pausing in the first one stops it there', async () => {
  const { pipe, told, write, end } = setUp((own) => own.pause())
  assert.equal(write('x'.repeat(65536)), 65536)
  await waitFor('the first piece', () => told.bytes.length === 65536)
  assert.equal(write('y'.repeat(65536)), 65536)
  await severalTurns()
  assert.equal(told.bytes.length, 65536)
  end()
  pipe.resume()
  await waitFor('the second', () => told.bytes.length === 131072)
  pipe.close()
})

test('after close nothing is told, the fd is freed, and closing again does nothing', async () => {
  const before = openFdCount()
  const { pipe, told, write, end } = setUp()
  write('x')
  pipe.close()
  pipe.close()
  pipe.pause()
  pipe.resume()
  await severalTurns()
  assert.equal(write('x'), -errnos.EPIPE)
  end()
  await waitFor('the fd to be freed', () => openFdCount() === before)
  assert.deepEqual([told.bytes, told.ends], ['', 0])
})

test('it can be closed out of onBytes', async () => {
  const { told, write, end } = setUp((own) => own.close())
  write('x')
  await waitFor('the byte', () => told.bytes === 'x')
  end()
  await severalTurns()
  assert.equal(told.ends, 0)
})

test('a failure to read is an end with the errno', async () => {
  // A pipe has no failures to offer; a socket whose peer has closed with unread bytes has ECONNRESET.
  const directory = mkdtempSync(join(tmpdir(), 'nd-'))
  const server = createServer({ pauseOnConnect: true })
  await new Promise<void>((resolve) => server.listen(join(directory, 's'), resolve))
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const client = connect(join(directory, 's'))
  client.on('error', () => {})
  const peer = await accepted
  const fd = kernel.fcntl((client as unknown as { _handle: { fd: number } })._handle.fd, F_DUPFD_CLOEXEC, 3)
  const ends: (NetdaemonError | undefined)[] = []
  new OutputPipe(fd, readBuffer, { onBytes: () => assert.fail('bytes'), onEnd: (error) => ends.push(error) })
  await new Promise((resolve) => client.pause().write('unread', resolve))
  peer.destroy()
  await waitFor('the end', () => ends.length === 1)
  await severalTurns()
  assert.equal(ends.length, 1)
  assert.deepEqual([ends[0]?.code, ends[0]?.errno], ['SYSTEM', 'ECONNRESET'])
  client.destroy()
  await new Promise((resolve) => server.close(resolve))
  rmSync(directory, { recursive: true })
})
