// An attachment against a scripted daemon: output, input, and every way for it to end.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Attachment, type Client, NetdaemonError, type OutputItem } from '../../../../client-lib/index.ts'
import { exited, type ScriptedDaemon, scripted, scriptedAttachment } from '../../../support/client/scripted-daemon.ts'
import { waitFor } from '../../../support/wait.ts'

const code = (expected: string) => (error: unknown) => error instanceof NetdaemonError && error.code === expected

async function readAll(attachment: Attachment): Promise<string> {
  const parts: Buffer[] = []
  for await (const item of attachment.output) if (item.kind === 'data') parts.push(item.bytes)
  return Buffer.concat(parts).toString()
}

/** Resolves when the client has seen all that the daemon sent before. */
async function roundTrip(client: Client, daemon: ScriptedDaemon): Promise<void> {
  const asking = client.show('web')
  daemon.error(await daemon.next('SHOW'), { code: 'NOT_FOUND', message: 'no' })
  await assert.rejects(asking, code('NOT_FOUND'))
}

/** What the client has sent on channel 0, once it has come to so many bytes; empty DATA shown as EOF. */
function inputOf(stream: readonly { cmd: string }[]): string {
  return stream
    .map((message) => ('bytes' in message ? (String(message.bytes) === '' ? 'EOF' : String(message.bytes)) : ''))
    .join('')
}

describe('the output of an attachment', () => {
  it('that comes right behind the answer is complete, and the exit comes last', async () => {
    const [client, daemon] = await scripted()
    const starting = client.startAttached({ command: 'ls' })
    const request = await daemon.next('START')
    // All in one turn: the client sees it before its promise has told anybody of the attachment.
    daemon.attached(request)
    daemon.data(0, 'bin\n')
    daemon.data(4, 'dev\n')
    daemon.data(8, '', 1)
    daemon.data(8, '', 2)
    daemon.final()
    const attachment = await starting
    assert.equal(await readAll(attachment), 'bin\ndev\n')
    assert.deepEqual(await attachment.exited, exited)
    assert.equal(attachment.offset, 8)
    assert.equal(attachment.inputOpen, false)
    await attachment.detach()
    await client.close()
    assert.deepEqual(daemon.requests, [])
  })

  it('is delivered as far as it came before a lost connection throws', async () => {
    const [attachment, daemon] = await scriptedAttachment()
    daemon.data(0, 'some')
    daemon.connection.close()
    const items: OutputItem[] = []
    const reading = (async () => {
      for await (const item of attachment.output) items.push(item)
    })()
    await assert.rejects(reading, code('DISCONNECTED'))
    assert.deepEqual(items, [{ kind: 'data', channel: 1, offset: 0, bytes: Buffer.from('some') }])
    await assert.rejects(attachment.exited, code('DISCONNECTED'))
    assert.equal(attachment.offset, 4)
    await attachment.detach()
  })

  it('past the window ends the connection with ABORT', async () => {
    const [, daemon, client] = await scriptedAttachment({ window: 10 })
    daemon.data(0, 'x'.repeat(11))
    assert.equal((await daemon.nextAbort()).code, 'WINDOW')
    assert.equal((await client.closed)?.code, 'DISCONNECTED')
  })

  it('on a channel that no output has ends the connection with ABORT', async () => {
    const [, daemon] = await scriptedAttachment()
    daemon.data(0, 'x', 0)
    assert.equal((await daemon.nextAbort()).code, 'BAD_PACKET')
  })

  it('is ACKed as it is consumed', async () => {
    const [attachment, daemon, client] = await scriptedAttachment({ window: 8, from: 100 })
    daemon.data(100, 'ab')
    daemon.data(102, 'cd')
    const reader = attachment.output[Symbol.asyncIterator]()
    await reader.next()
    await reader.next()
    assert.deepEqual(await daemon.nextStream(), { cmd: 'ACK', attachment: 1, channel: 1, offset: 102 })
    await client.close()
  })

  it('of one process does not wait for the reader of another', async () => {
    const [client, daemon] = await scripted()
    const attaching = [client.attach('slow'), client.attach('fast')]
    daemon.attached(await daemon.next('ATTACH'), { window: 100_000 }, { handle: 1 })
    daemon.attached(await daemon.next('ATTACH'), { window: 100_000 }, { handle: 2 })
    const [slow, fast] = await Promise.all(attaching)
    assert.ok(slow !== undefined && fast !== undefined)
    daemon.data(0, 'x'.repeat(60_000), 1, 1)
    daemon.data(60_000, 'x'.repeat(40_000), 1, 1)
    const reading = readAll(fast)
    for (let offset = 0; offset < 1_000_000; offset += 50_000) {
      daemon.data(offset, 'y'.repeat(50_000), 1, 2)
      assert.deepEqual(await daemon.nextStream(), { cmd: 'ACK', attachment: 2, channel: 1, offset: offset + 50_000 })
    }
    daemon.final(exited, 2)
    assert.equal((await reading).length, 1_000_000)
    assert.equal(slow.offset, 0)
    await client.close()
  })

  it('ends with detaching when the reader leaves, and what is still on the way is dropped', async () => {
    const [attachment, daemon, client] = await scriptedAttachment()
    daemon.data(0, 'first')
    const reading = (async () => {
      for await (const item of attachment.output) if (item.kind === 'data') break
    })()
    const detach = await daemon.next('DETACH')
    assert.deepEqual(detach.params, { attachment: 1 })
    daemon.data(5, 'late')
    daemon.data(999, 'out of order, but nobody looks at it any more')
    daemon.ok<'DETACH'>(detach, {})
    await reading
    await assert.rejects(attachment.exited, code('NOT_ATTACHED'))
    await assert.rejects(attachment.write('x'), code('NOT_ATTACHED'))
    // The same process again, over the same connection.
    const again = client.attach(1)
    daemon.attached(await daemon.next('ATTACH'), { from: 5 })
    daemon.data(5, 'more')
    daemon.final()
    assert.equal(await readAll(await again), 'more')
    await client.close()
  })

  it('is not missed when detaching and the end of the process cross', async () => {
    const [attachment, daemon, client] = await scriptedAttachment()
    const detaching = attachment.detach()
    const detach = await daemon.next('DETACH')
    daemon.final()
    daemon.error(detach, { code: 'NOT_ATTACHED', message: 'it has ended' })
    await detaching
    await attachment[Symbol.asyncDispose]()
    await client.close()
  })

  it('ends with NOT_ATTACHED, after what has come, when another client takes the place', async () => {
    const [attachment, daemon, client] = await scriptedAttachment()
    daemon.data(0, 'some')
    daemon.send(0x0207, 0, { attachment: 1, handle: 1, reason: 'another took it' })
    const reader = attachment.output[Symbol.asyncIterator]()
    assert.equal((await reader.next()).value?.kind, 'data')
    await assert.rejects(reader.next(), code('NOT_ATTACHED'))
    await assert.rejects(attachment.exited, /another took it/)
    await client.close()
  })

  it('makes no unhandled rejection when nobody looks at how it ended', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listener)
    try {
      const [attachment, daemon, client] = await scriptedAttachment()
      daemon.connection.destroy()
      await client.closed
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(unhandled, [])
      await assert.rejects(attachment.exited, code('DISCONNECTED'))
    } finally {
      process.off('unhandledRejection', listener)
    }
  })
})

describe('the input of an attachment', () => {
  it('is written when the process has taken it', async () => {
    const [attachment, daemon, client] = await scriptedAttachment()
    let written = false
    const writing = attachment.write('hello').then(() => {
      written = true
    })
    assert.deepEqual(await daemon.nextStream(), {
      cmd: 'DATA',
      attachment: 1,
      channel: 0,
      offset: 0,
      bytes: Buffer.from('hello'),
    })
    daemon.ackInput(4)
    await roundTrip(client, daemon)
    assert.equal(written, false)
    daemon.ackInput(5)
    await writing
    await client.close()
  })

  it('is sent in packets of 64 KiB, within the window, whole, and ended after all of it', async () => {
    const [attachment, daemon, client] = await scriptedAttachment({ inputWindow: 100_000 })
    const bytes = Buffer.alloc(300_000, 'netdaemon')
    const writing = Promise.all([attachment.write(bytes), attachment.write('tail'), attachment.end()])
    assert.equal(attachment.inputOpen, false)
    const received: Buffer[] = []
    let offset = 0
    for (let ended = false; !ended; ) {
      const message = await daemon.nextStream()
      assert.ok(message.cmd === 'DATA' && message.offset === offset)
      assert.ok(message.bytes.length <= 65_536)
      const behind = daemon.stream.reduce((sum, later) => sum + (later.cmd === 'DATA' ? later.bytes.length : 0), 0)
      assert.ok(message.bytes.length + behind <= 100_000)
      ended = message.bytes.length === 0
      offset += message.bytes.length
      received.push(Buffer.from(message.bytes))
      daemon.ackInput(offset)
    }
    assert.ok(Buffer.concat(received).equals(Buffer.concat([bytes, Buffer.from('tail')])))
    await writing
    await assert.rejects(attachment.write('more'), code('INPUT_CLOSED'))
    await client.close()
  })

  it('waits for a congested connection', async () => {
    const [attachment, daemon, client] = await scriptedAttachment({ inputWindow: 10_000_000 }, { bufferBytes: 1000 })
    const writing = attachment.write(Buffer.alloc(2_000_000, 1))
    daemon.connection.pause()
    await new Promise((resolve) => setImmediate(resolve))
    const before = daemon.stream.length
    daemon.connection.resume()
    let received = 0
    while (received < 2_000_000) {
      const message = await daemon.nextStream()
      received += message.cmd === 'DATA' ? message.bytes.length : 0
    }
    assert.ok(before < 10)
    daemon.ackInput(2_000_000)
    await writing
    await client.close()
  })

  it('that was not taken is lost, and said to be, when the process closes its input', async () => {
    const [attachment, daemon, client] = await scriptedAttachment()
    const first = attachment.write('taken')
    const second = attachment.write('not taken')
    const ending = attachment.end()
    daemon.ackInput(5)
    daemon.status({ inputOpen: false })
    await first
    await assert.rejects(second, code('INPUT_CLOSED'))
    await ending
    assert.equal(attachment.inputOpen, false)
    await client.close()
  })

  it('of a process that takes none is refused', async () => {
    const [attachment, , client] = await scriptedAttachment({ inputOpen: false })
    assert.equal(attachment.inputOpen, false)
    await assert.rejects(attachment.write('x'), code('INPUT_CLOSED'))
    await assert.rejects(attachment.end(), code('INPUT_CLOSED'))
    await client.close()
  })

  it('of an attachment that only looks is refused, for that reason', async () => {
    const [attachment, , client] = await scriptedAttachment({ inputOpen: false }, { attach: { readOnly: true } })
    const refusal = { code: 'INPUT_CLOSED', message: 'cannot write: this attachment is read-only' }
    await assert.rejects(attachment.write('x'), refusal)
    await assert.rejects(attachment.end(), refusal)
    await client.close()
  })

  it('fails with DISCONNECTED when the connection is lost', async () => {
    const [attachment, daemon] = await scriptedAttachment()
    const writing = attachment.write('x')
    const ending = attachment.end()
    daemon.connection.destroy()
    await assert.rejects(writing, code('DISCONNECTED'))
    await assert.rejects(ending, code('DISCONNECTED'))
  })

  it('of no bytes is no end of file', async () => {
    const [attachment, daemon, client] = await scriptedAttachment()
    await attachment.write('')
    const writing = Promise.all([attachment.write('a'), attachment.write(''), attachment.write('b')])
    await waitFor('both writes', () => daemon.stream.length === 2)
    assert.equal(inputOf(daemon.stream), 'ab')
    daemon.ackInput(2)
    await writing
    await client.close()
  })

  it('is bounded: what is not awaited is refused in the end', async () => {
    const [attachment, , client] = await scriptedAttachment()
    const piece = Buffer.alloc(1024 * 1024)
    const writes = Array.from({ length: 20 }, () => attachment.write(piece))
    const results = Promise.allSettled(writes)
    await assert.rejects(attachment.write(piece), code('LIMIT'))
    await client.close()
    assert.ok((await results).every((result) => result.status === 'rejected'))
  })

  it('that the daemon claims to have taken, and was never sent, ends the connection', async () => {
    const [, daemon] = await scriptedAttachment()
    daemon.ackInput(1)
    assert.equal((await daemon.nextAbort()).code, 'BAD_PACKET')
  })
})

describe('the input of two attachments', () => {
  it('takes turns on a congested connection', async () => {
    const [client, daemon] = await scripted(1000)
    const attaching = [client.attach('a'), client.attach('b')]
    for (const handle of [1, 2]) daemon.attached(await daemon.next('ATTACH'), { inputWindow: 10_000_000 }, { handle })
    const [first, second] = await Promise.all(attaching)
    assert.ok(first !== undefined && second !== undefined)
    const writes = Promise.allSettled([first.write(Buffer.alloc(2_000_000)), second.write(Buffer.alloc(2_000_000))])
    const order: number[] = []
    while (order.length < 20) {
      const message = await daemon.nextStream()
      if (message.cmd === 'DATA') order.push(message.attachment)
    }
    assert.ok(order.filter((handle) => handle === 2).length >= 8, order.join(' '))
    await client.close()
    await writes
  })
})

describe('the size of a terminal', () => {
  const size = { columns: 80, rows: 24 }

  it('is known from the answers and from STATUS, and each change is told once', async () => {
    const [client, daemon] = await scripted()
    const attaching = client.attach('web', { from: 'screen', size, readOnly: true })
    const request = await daemon.next('ATTACH')
    assert.deepEqual(request.params, { process: 'web', from: 'screen', size, readOnly: true })
    daemon.attached(request, { screen: '' }, { terminal: size })
    const attachment = await attaching
    assert.deepEqual(attachment.terminal, size)
    const told: unknown[] = []
    attachment.onResized((changed) => told.push(changed))
    const resizing = attachment.resize({ columns: 100, rows: 50 })
    const resize = await daemon.next('RESIZE')
    assert.deepEqual(resize.params, { attachment: attachment.handle, size: { columns: 100, rows: 50 } })
    const smaller = { columns: 100, rows: 40 }
    daemon.status({ terminal: smaller })
    daemon.ok<'RESIZE'>(resize, { size: smaller })
    assert.deepEqual(await resizing, smaller)
    daemon.status({ terminal: size })
    await waitFor('the news', () => told.length === 2)
    assert.deepEqual(told, [smaller, size])
    assert.deepEqual(attachment.terminal, size)
    await client.close()
  })

  it('is unknown of a process without a terminal', async () => {
    const [attachment, daemon] = await scriptedAttachment()
    assert.equal(attachment.terminal, undefined)
    const resizing = attachment.resize(null)
    const request = await daemon.next('RESIZE')
    assert.deepEqual(request.params, { attachment: attachment.handle, size: null })
    daemon.error(request, { code: 'NO_TERMINAL', message: 'no terminal' })
    await assert.rejects(resizing, code('NO_TERMINAL'))
  })
})
