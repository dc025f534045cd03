import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errnos, type Kernel, O_CLOEXEC, O_NONBLOCK } from '../../../../../daemon/linux/kernel.ts'
import { InputPipe } from '../../../../../daemon/linux/stdio/input-pipe.ts'
import { InputQueue } from '../../../../../daemon/streams/input-queue.ts'
import { kernel, kernelWith, openFdCount, readAll } from '../../../../support/daemon/linux.ts'
import { bytesHeld, useUpPool } from '../../../../support/memory.ts'
import { waitFor } from '../../../../support/wait.ts'

/** An InputQueue on a pipe of our own, with a record of all that it tells. */
function setUp(options: { kernel?: Kernel; onTaken?: (pipe: InputQueue<string>) => void } = {}) {
  const ends = kernel.pipe2(O_CLOEXEC | O_NONBLOCK)
  assert.ok(typeof ends !== 'number')
  const [read, write] = ends
  const told = { taken: new Map<string, number>(), calls: 0, closed: [] as [string | undefined, number][] }
  const pipe = new InputQueue<string>(new InputPipe(options.kernel ?? kernel, write), {
    onTaken(tag, byteCount) {
      assert.ok(byteCount > 0)
      assert.equal(told.closed.length, 0)
      told.taken.set(tag, (told.taken.get(tag) ?? 0) + byteCount)
      told.calls++
      options.onTaken?.(pipe)
    },
    onClosed: (errno, droppedBytes) => told.closed.push([errno, droppedBytes]),
  })
  return { pipe, told, read, closeReader: () => kernel.close(read) }
}

const bytes = (length: number, fill: string): Buffer => Buffer.alloc(length, fill)

test('what fits is taken at once, and told with its tag', async () => {
  const { pipe, told, read } = setUp()
  assert.equal(pipe.write(Buffer.from('one '), 'a'), true)
  assert.equal(pipe.write(Buffer.from('two'), 'b'), true)
  assert.deepEqual(
    [...told.taken],
    [
      ['a', 4],
      ['b', 3],
    ],
  )
  assert.equal(pipe.queuedBytes, 0)
  pipe.end()
  assert.deepEqual(told.closed, [[undefined, 0]])
  assert.equal(await readAll(read), 'one two')
})

test('while the pipe is full chunks wait, and then arrive whole and in order', async () => {
  const { pipe, told, read } = setUp()
  const chunks = ['a', 'b', 'c', 'd', 'e'].map((tag, n) => [tag, bytes(100_000 + n, tag)] as const)
  let written = 0
  for (const [tag, chunk] of chunks) {
    pipe.write(chunk, tag)
    written += chunk.length
  }
  assert.equal(pipe.queuedBytes, written - 65536)
  pipe.end()
  assert.equal(pipe.write(bytes(1, 'x'), 'late'), false)
  assert.equal(await readAll(read), chunks.map(([, chunk]) => chunk.toString()).join(''))
  await waitFor('the close', () => told.closed.length === 1)
  assert.deepEqual(told.closed, [[undefined, 0]])
  assert.deepEqual(
    [...told.taken],
    chunks.map(([tag, chunk]) => [tag, chunk.length]),
  )
  assert.equal(pipe.queuedBytes, 0)
})

test('a part of a big chunk is told as soon as it is taken', () => {
  const { pipe, told, closeReader } = setUp()
  pipe.write(bytes(1024 * 1024, 'x'), 'big')
  assert.equal(told.taken.get('big'), 65536)
  assert.equal(pipe.queuedBytes, 1024 * 1024 - 65536)
  pipe.close()
  closeReader()
})

test('a write out of onTaken comes after what is queued already', async () => {
  let extra = 50
  const { pipe, told, read } = setUp({
    onTaken(own) {
      if (extra-- > 0) own.write(Buffer.from(`<${extra}>`), 'extra')
    },
  })
  pipe.write(bytes(70_000, 'a'), 'a')
  pipe.write(bytes(70_000, 'b'), 'b')
  const all = readAll(read)
  await waitFor('everything to be taken', () => pipe.queuedBytes === 0 && extra < 0)
  pipe.end()
  const expected = Array.from({ length: 50 }, (_, n) => `<${49 - n}>`)
  const text = await all
  assert.equal(text.replaceAll(/<\d+>/g, ''), 'a'.repeat(70_000) + 'b'.repeat(70_000))
  assert.deepEqual(text.match(/<\d+>/g), expected)
  assert.ok(text.indexOf('<49>') > 69_999)
  assert.equal(told.taken.get('extra'), expected.join('').length)
})

test('a reader that is gone is told as EPIPE, with the number of dropped bytes', () => {
  const { pipe, told, closeReader } = setUp()
  closeReader()
  assert.equal(pipe.write(bytes(10, 'x'), 'a'), true)
  assert.deepEqual(told.closed, [['EPIPE', 10]])
  assert.equal(pipe.writable, false)
  assert.equal(pipe.write(bytes(10, 'x'), 'a'), false)
  pipe.end()
  pipe.close()
  assert.equal(told.closed.length, 1)
})

test('a reader that leaves while chunks wait is noticed without another write', async () => {
  const before = openFdCount()
  const { pipe, told, closeReader } = setUp()
  pipe.write(bytes(70_000, 'x'), 'a')
  pipe.write(bytes(1_000, 'y'), 'b')
  const waiting = pipe.queuedBytes
  assert.ok(waiting > 0)
  await new Promise((resolve) => setImmediate(resolve))
  closeReader()
  await waitFor('the close', () => told.closed.length === 1)
  assert.deepEqual(told.closed, [['EPIPE', waiting]])
  assert.equal(pipe.queuedBytes, 0)
  await waitFor('the fd to be freed', () => openFdCount() === before)
})

test('close drops what waits, tells nothing, and frees the fd', async () => {
  const before = openFdCount()
  for (const length of [0, 10, 200_000]) {
    const { pipe, told, closeReader } = setUp()
    pipe.write(bytes(length, 'x'), 'a')
    pipe.close()
    pipe.close()
    closeReader()
    assert.equal(pipe.queuedBytes, 0)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(told.closed, [])
  }
  await waitFor('every fd to be freed', () => openFdCount() === before)
})

test('it can be closed or ended out of onTaken', async () => {
  const closed = setUp({ onTaken: (own) => own.close() })
  closed.pipe.write(bytes(200_000, 'x'), 'a')
  assert.deepEqual([closed.told.calls, closed.told.closed], [1, []])
  closed.closeReader()
  const ended = setUp({ onTaken: (own) => own.end() })
  ended.pipe.write(bytes(200_000, 'x'), 'a')
  assert.equal((await readAll(ended.read)).length, 200_000)
  await waitFor('the close', () => ended.told.closed.length === 1)
  assert.deepEqual(ended.told.closed, [[undefined, 0]])
})

test('a kernel that takes one byte at a time, and is interrupted, gets every byte once', async () => {
  let turn = 0
  const slow = kernelWith({
    write(fd, chunk) {
      turn++
      if (turn % 3 === 0) return -errnos.EINTR
      if (turn % 7 === 0) return -errnos.EAGAIN
      return kernel.write(fd, chunk.subarray(0, 1))
    },
  })
  const { pipe, told, read } = setUp({ kernel: slow })
  const text = 'The quick brown fox jumps over the lazy dog. '
  for (const word of text.split(/(?<= )/)) pipe.write(Buffer.from(word), word)
  pipe.end()
  assert.equal(await readAll(read), text)
  await waitFor('the close', () => told.closed.length === 1)
  assert.equal(
    [...told.taken.values()].reduce((sum, count) => sum + count),
    text.length,
  )
})

test('a handler that throws does not stop what waits', async () => {
  let bugs = 1
  const { pipe, read } = setUp({
    onTaken() {
      if (bugs-- > 0) throw new Error('a bug')
    },
  })
  assert.throws(() => pipe.write(bytes(100_000, 'a'), 'a'), /a bug/)
  pipe.write(bytes(10, 'b'), 'b')
  pipe.end()
  assert.equal(await readAll(read), 'a'.repeat(100_000) + 'b'.repeat(10))
})

test('any other failure closes with its errno', () => {
  const { pipe, told, closeReader } = setUp({ kernel: kernelWith({ write: () => -errnos.EIO }) })
  pipe.write(bytes(5, 'x'), 'a')
  assert.deepEqual(told.closed, [['EIO', 5]])
  closeReader()
})

test('thousands of small chunks in the queue arrive in order', async () => {
  const { pipe, read } = setUp()
  let expected = ''
  pipe.write(bytes(65_536, '.'), 'filler')
  for (let n = 0; n < 5_000; n++) {
    expected += `${n};`
    pipe.write(Buffer.from(`${n};`), 'small')
  }
  pipe.end()
  assert.equal((await readAll(read)).slice(65_536), expected)
})

test('small chunks that wait hold on to little more than their bytes, and the caller may use its memory again', async () => {
  const { pipe, read } = setUp()
  const filling = bytes(65_536, '-')
  pipe.write(filling, 'first')
  const before = bytesHeld()
  const byte = Buffer.from('?')
  for (let count = 0; count < 50_000; count++) {
    useUpPool()
    byte[0] = 48 + (count % 10)
    pipe.write(byte, 'small')
  }
  assert.equal(pipe.queuedBytes, 50_000)
  assert.ok(bytesHeld() - before < 200_000)
  pipe.end()
  assert.equal(await readAll(read), filling.toString() + '0123456789'.repeat(5000))
})
