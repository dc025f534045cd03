// One client's conversation over a connection in memory: what it may say when, what each mistake costs, and that none
// costs anybody else anything.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encodeAck, encodeData, encodeMessage } from '../../../../proto/codec/codec.ts'
import { type ErrorCode, NetdaemonError } from '../../../../proto/errors.ts'
import {
  ATTACHMENTS_MAX,
  INPUT_WINDOW,
  MESSAGE_MAX,
  PACKET_MAX,
  UNFINISHED_MAX,
  UNFINISHED_MS,
} from '../../../../proto/limits.ts'
import { frames, requests, STDOUT } from '../../../../proto/protocol.ts'
import type { RawClient } from '../../../support/client/raw-client.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { budget } from '../../../support/fuzz.ts'
import { arbitraryOf } from '../../../support/schema-arbitrary.ts'
import { waitFor } from '../../../support/wait.ts'

const failsWith = (code: ErrorCode, message?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof NetdaemonError, String(error))
  assert.equal(error.code, code, error.message)
  if (message !== undefined) assert.match(error.message, message)
  return true
}

const greeting = { version: 3, min: 3, software: 'test' }

describe('messages in parts', () => {
  /** Begins a message of which so many bytes come, and no more. */
  const begin = (client: RawClient, bytes: number) => {
    for (let at = 0; at < bytes; at += 60_000) client.post(frames.PART.code, [true, Buffer.alloc(60_000, 0xc0)], 7)
  }

  test('that is not complete in time ends its connection, and is given back', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    begin(client, 600_000)
    await waitFor('its parts', () => daemon.unfinished.bytes > 600_000)
    daemon.clock.advance(UNFINISHED_MS - 1)
    await client.request('LIST', {})
    daemon.clock.advance(1)
    const { code, message } = await client.aborted()
    assert.equal(code, 'TIMEOUT')
    assert.match(message, /^a message was not complete 30000 ms after its first PART$/)
    assert.equal(daemon.unfinished.bytes, 0)
  })

  test('a complete one ends its deadline, and so does the end of its connection', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const long = { spec: { command: '/bin/true', args: ['x'.repeat(200_000)] } }
    await client.request('START', long)
    assert.equal(daemon.unfinished.bytes, 0)
    assert.equal(daemon.clock.waiting, 0)
    begin(client, 100_000)
    await waitFor('its parts', () => daemon.unfinished.bytes > 100_000)
    client.connection.destroy()
    await waitFor('it to be given back', () => daemon.unfinished.bytes === 0)
    assert.equal(daemon.clock.waiting, 0)
  })

  test('those of all clients together are bounded: the oldest goes', async () => {
    await using daemon = new MemoryDaemon()
    const clients: RawClient[] = []
    for (let count = 0; count < 12; count++) {
      const client = await daemon.client()
      clients.push(client)
      begin(client, MESSAGE_MAX - 60_000)
      await waitFor('its parts', () => client.connection.queuedBytes === 0)
      await client.request('LIST', {})
      assert.ok(daemon.unfinished.bytes <= UNFINISHED_MAX)
    }
    const [first, ...others] = clients
    assert.equal((await (first ?? assert.fail()).aborted()).code, 'LIMIT')
    assert.equal(others.filter((client) => client.abort === undefined).length, 8)
    // Whoever sends without a pause is served all the same.
    const honest = await daemon.client()
    await honest.request('START', { spec: { command: '/bin/true', args: ['x'.repeat(200_000)] } })
  })
})

describe('before HELLO', () => {
  test('a request ends the connection', async () => {
    await using daemon = new MemoryDaemon()
    const client = daemon.connect()
    client.post(requests.LIST.code, {})
    assert.equal((await client.aborted()).code, 'NOT_READY')
  })

  test('so does a message of a stream, or an unknown one', async () => {
    await using daemon = new MemoryDaemon()
    for (const packet of [encodeAck(1, 1, 0), encodeData(1, 0, 0, Buffer.from('x'))]) {
      const client = daemon.connect()
      client.send(packet)
      assert.equal((await client.aborted()).code, 'NOT_READY')
    }
    const client = daemon.connect()
    client.post(0x7777, {})
    assert.equal((await client.aborted()).code, 'NOT_READY')
  })

  test('no message may be longer than a packet, and HELLO itself may come in parts', async () => {
    await using daemon = new MemoryDaemon()
    const long = daemon.connect()
    for (const packet of encodeMessage(requests.HELLO.code, 1, { ...greeting, more: 'x'.repeat(PACKET_MAX) })) {
      long.send(packet)
    }
    assert.deepEqual((await long.aborted()).code, 'BAD_PACKET')
    const cut = daemon.connect()
    const whole = encodeMessage(requests.HELLO.code, 1, greeting)[0] ?? assert.fail()
    const answer = new Promise((resolve) => setImmediate(resolve))
    cut.post(frames.PART.code, [true, whole.subarray(0, 5)], 1)
    cut.post(frames.PART.code, [false, whole.subarray(5)], 1)
    await answer
    await waitFor('the answer', () => cut.general(frames.OK.code).length === 1)
  })

  test('silence ends the connection at the deadline, and not a moment before', async () => {
    await using daemon = new MemoryDaemon()
    const client = daemon.connect()
    daemon.clock.advance(4_999)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(client.abort, undefined)
    daemon.clock.advance(1)
    const { code, message } = await client.aborted()
    assert.equal(code, 'NOT_READY')
    assert.match(message, /no HELLO came within 5000 ms/)
  })

  test('after it the deadline is off', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    assert.equal(daemon.clock.waiting, 0)
    daemon.clock.advance(60_000)
    assert.deepEqual((await client.request('LIST', {})).processes, [])
  })
})

describe('HELLO', () => {
  test('settles on the newest version that both know, and tells the limits', async () => {
    await using daemon = new MemoryDaemon()
    const result = await daemon.connect().request('HELLO', { version: 99, min: 1, software: 'newer' })
    assert.equal(result.version, 3)
    assert.equal(result.instance, 'run-1')
    assert.equal(result.limits.messageMax, MESSAGE_MAX)
    assert.equal(result.limits.inputWindow, INPUT_WINDOW)
  })

  for (const [version, min] of [
    [2, 2],
    [9, 4],
  ] as const) {
    test(`of versions ${min} to ${version} only ends the connection with a sentence that names both sides' versions`, async () => {
      await using daemon = new MemoryDaemon()
      const client = daemon.connect()
      client.post(requests.HELLO.code, { version, min, software: 'other 1' })
      const { code, message } = await client.aborted()
      assert.equal(code, 'VERSION')
      assert.match(message, new RegExp(`other 1 speaks versions ${min}–${version} .*, this daemon 3–3`))
    })
  }

  test('with bad parameters is an ERROR, and may be said again', async () => {
    await using daemon = new MemoryDaemon()
    const client = daemon.connect()
    await assert.rejects(client.ask(requests.HELLO.code, { version: 3, min: 3 }), failsWith('BAD_REQUEST', /software/))
    await client.hello()
  })

  test('may be said only once', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    await assert.rejects(client.hello(), failsWith('BAD_REQUEST', /HELLO was sent already/))
    assert.deepEqual((await client.request('LIST', {})).processes, [])
  })
})

describe('a bad request costs that request', () => {
  test('an unknown command is NOT_SUPPORTED and names the code', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    await assert.rejects(client.ask(0x0777, {}), failsWith('NOT_SUPPORTED', /0x0777/))
    await assert.rejects(client.ask(frames.OK.code, {}), failsWith('NOT_SUPPORTED'))
    await client.request('LIST', {})
  })

  test('bad parameters name the field', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const ask = (name: keyof typeof requests, body: unknown) => client.ask(requests[name].code, body)
    await assert.rejects(ask('START', { spec: { command: '' } }), failsWith('BAD_REQUEST', /^START: "spec\.command"/))
    await assert.rejects(ask('ATTACH', { process: 'x', window: 0 }), failsWith('BAD_REQUEST', /"window"/))
    const keys = /^START: the keys of a map are strings, and none is "__proto__"/
    for (const key of ['constructor', 'prototype', '__proto__']) {
      const map = Object.fromEntries([[key, 'x']])
      await assert.rejects(ask('START', { spec: { command: 'x', labels: map } }), failsWith('BAD_REQUEST', keys))
      await assert.rejects(ask('START', { spec: { command: 'x', env: { set: map } } }), failsWith('BAD_REQUEST', keys))
    }
    await assert.rejects(ask('LIST', { states: ['gone'] }), failsWith('BAD_REQUEST', /"states\.0"/))
    await assert.rejects(ask('WAIT', []), failsWith('BAD_REQUEST', /^WAIT: /))
    await assert.rejects(ask('KILL', 'x'), failsWith('BAD_REQUEST', /^KILL: /))
    await client.request('LIST', {})
  })

  test('megabytes of nonsense in a field are complained of in one line', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const nonsense = 'A'.repeat(MESSAGE_MAX - 100)
    await assert.rejects(client.ask(requests.LIST.code, { states: [nonsense] }), (error) => {
      assert.ok(failsWith('BAD_REQUEST')(error))
      return error instanceof Error && error.message.length < 1000
    })
    await client.request('LIST', {})
  })

  test('an id that is in use is refused, and the first request goes on', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    client.post(requests.WAIT.code, { process: handle }, 500)
    client.post(requests.LIST.code, {}, 500)
    await waitFor('the refusal', () => client.general(frames.ERROR.code).length === 1)
    daemon.children.end(child)
    await waitFor('the answer', () => client.general(frames.OK.code).some(({ id }) => id === 500))
  })

  test('an id of 0 cannot be answered, and ends the connection', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    client.post(requests.LIST.code, {}, 0)
    assert.equal((await client.aborted()).code, 'BAD_PACKET')
  })

  test('so many requests may wait, and one more is refused', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    const waits = Array.from({ length: 1024 }, () => client.request('WAIT', { process: handle }))
    await assert.rejects(client.request('WAIT', { process: handle }), failsWith('LIMIT'))
    await client.request('LIST', {})
    daemon.children.end(child)
    for (const { process } of await Promise.all(waits)) assert.deepEqual(process.state.kind, 'exited')
  })
})

describe('WAIT', () => {
  test('gives up at its timeout, and the process runs on', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { handle } = await daemon.start(client)
    const waiting = client.request('WAIT', { process: handle, timeoutMs: 300 })
    await client.request('LIST', {})
    daemon.clock.advance(299)
    await client.request('LIST', {})
    assert.equal(client.general(frames.ERROR.code).length, 0)
    daemon.clock.advance(1)
    await assert.rejects(waiting, failsWith('TIMEOUT', /has not ended within 300 ms/))
    assert.equal((await client.request('SHOW', { process: handle })).process.state.kind, 'running')
  })

  test('of a client that leaves leaves nothing behind', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client())
    const client = await daemon.client()
    client.request('WAIT', { process: handle, timeoutMs: 300 }).catch(() => undefined)
    await client.request('LIST', {})
    assert.equal(daemon.clock.waiting, 1)
    await client.close()
    await waitFor('the session to end', () => daemon.openSessions === 1)
    assert.equal(daemon.clock.waiting, 0)
    daemon.children.end(child)
    await waitFor('the end', () => daemon.processes.find(handle).ended)
  })
})

describe('CANCEL', () => {
  test('ends a waiting request with CANCELLED, and its answer never comes', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    client.post(requests.WAIT.code, { process: handle, timeoutMs: 5000 }, 500)
    await client.request('CANCEL', { request: 500 })
    assert.equal(daemon.clock.waiting, 0)
    const [error, ...others] = client.general(frames.ERROR.code)
    assert.equal(error?.id, 500)
    assert.equal(others.length, 0)
    daemon.children.end(child)
    await client.request('WAIT', { process: handle })
    assert.deepEqual(
      client.general(frames.OK.code).filter(({ id }) => id === 500),
      [],
    )
  })

  test('of SHUTDOWN gives up the answer, which never comes, also not for the next request with that id', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child } = await daemon.start(client)
    client.post(requests.SHUTDOWN.code, {}, 500)
    await client.request('CANCEL', { request: 500 })
    assert.deepEqual(
      client.general(frames.ERROR.code).map(({ id }) => id),
      [500],
    )
    daemon.children.end(child)
    await client.request('WAIT', { process: 1 })
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    await client.request('LIST', {})
    assert.deepEqual(
      client.general(frames.OK.code).filter(({ id }) => id === 500),
      [],
    )
  })

  test('of what has been answered, or never asked, is OK', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    await client.request('LIST', {})
    assert.deepEqual(await client.request('CANCEL', { request: 2 }), {})
    assert.deepEqual(await client.request('CANCEL', { request: 77_777 }), {})
    assert.deepEqual(client.general(frames.ERROR.code), [])
  })
})

describe('a bad packet costs that connection', () => {
  test('and nobody else: another client and the process go on', async () => {
    await using daemon = new MemoryDaemon()
    const bad = await daemon.client()
    const good = await daemon.client()
    const { child, handle } = await daemon.start(good)
    await bad.request('ATTACH', { process: handle, lossless: true })
    await good.request('ATTACH', { process: handle })
    bad.send(Buffer.from([0xc1]))
    assert.equal((await bad.aborted()).code, 'BAD_PACKET')
    child.write(1, 'still here')
    await waitFor('the output', () => good.output(handle) === 'still here')
    assert.equal((await good.request('SHOW', { process: handle })).process.attached, 1)
  })

  test('ABORT by the client is the end, and no error', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    client.post(frames.ABORT.code, { code: 'INTERNAL', message: 'no' }, 0)
    await waitFor('the close', () => client.closed !== undefined)
    assert.equal(client.abort, undefined)
  })

  const mistakes: [what: string, code: ErrorCode, packets: (handle: number) => Uint8Array[]][] = [
    ['an ACK of what was never sent', 'BAD_PACKET', (handle) => [encodeAck(handle, 1, 1)]],
    ['an ACK of input', 'BAD_PACKET', (handle) => [encodeAck(handle, 0, 0)]],
    ['DATA on an output channel', 'BAD_PACKET', (handle) => [encodeData(handle, 1, 0, Buffer.from('x'))]],
    ['input that does not follow on', 'BAD_PACKET', (handle) => [encodeData(handle, 0, 5, Buffer.from('x'))]],
    [
      'more input than the window',
      'WINDOW',
      (handle) => {
        // What the pipe takes is ACKed at once and is no longer in the window: 64 KiB of it, and then no more.
        const packets: Uint8Array[] = []
        for (let offset = 0; offset <= INPUT_WINDOW + 65536; offset += 65536) {
          packets.push(encodeData(handle, 0, offset, Buffer.alloc(65536)))
        }
        return packets
      },
    ],
  ]
  for (const [what, code, packets] of mistakes) {
    test(what, async () => {
      await using daemon = new MemoryDaemon()
      const client = await daemon.client()
      const { handle } = await daemon.start(client)
      await client.request('ATTACH', { process: handle })
      for (const packet of packets(handle)) client.send(packet)
      assert.equal((await client.aborted()).code, code)
      const other = await daemon.client()
      assert.equal((await other.request('SHOW', { process: handle })).process.state.kind, 'running')
    })
  }

  test('messages about a process that it is not attached to (any more) are no bad packets, and are ignored', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { handle } = await daemon.start(client)
    await client.request('ATTACH', { process: handle })
    await client.request('DETACH', { attachment: handle })
    for (const unattached of [handle, 99]) {
      client.send(encodeAck(unattached, 1, 5))
      client.send(encodeData(unattached, 0, 7, Buffer.from('x')))
    }
    const { process } = await client.request('SHOW', { process: handle })
    assert.deepEqual(process.input, { open: true, taken: 0, queued: 0 })
    assert.deepEqual([client.closed, client.general(frames.ERROR.code)], [undefined, []])
  })
})

describe('any bytes', () => {
  const command = fc.constantFrom(...Object.values(requests), ...Object.values(frames))
  const request = fc
    .constantFrom(...Object.values(requests))
    .chain(({ code, params }) => arbitraryOf(params).map((body) => encodeMessage(code, 7, body)))
  const packets = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => [Buffer.from(bytes)]),
    fc.tuple(command, fc.nat(5), fc.jsonValue()).map(([{ code }, id, body]) => encodeMessage(code, id, body)),
    request,
    fc.tuple(request, fc.nat(), fc.nat(255)).map(([sent, at, value]) => {
      const mutated = Buffer.from(sent[0] ?? assert.fail())
      mutated[at % mutated.length] = value
      return [mutated]
    }),
    fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.nat(2), fc.nat(10), fc.uint8Array({ maxLength: 10 }))
      .map((fields) => [encodeData(...fields)]),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(2), fc.nat(10)).map((fields) => [encodeAck(...fields)]),
  )

  for (const greeted of [false, true]) {
    test(`${greeted ? 'after' : 'before'} HELLO are answered, or end the connection, and are never a bug`, async () => {
      await using daemon = new MemoryDaemon({ maxProcesses: 5 })
      await fc.assert(
        fc.asyncProperty(fc.array(packets, { minLength: 1, maxLength: 12 }), async (sequence) => {
          const client = greeted ? await daemon.client() : daemon.connect()
          for (const sent of sequence) for (const packet of sent) client.send(packet)
          // Its last word, to which there is an answer: or it has been aborted.
          client.post(requests.LIST.code, {}, 4_000_000_000)
          await waitFor(
            'an answer or the end',
            () =>
              client.closed !== undefined ||
              client.received.some((message) => message.cmd === 'GENERAL' && message.id === 4_000_000_000),
          )
          await client.close()
          assert.deepEqual(daemon.logged, [])
        }),
        { ...budget(200) },
      )
    })
  }
})

describe('a client that does not read', () => {
  test('is not read from either, and gets every answer once it reads', async () => {
    await using daemon = new MemoryDaemon()
    const other = await daemon.client()
    for (let n = 0; n < 300; n++) await daemon.start(other)
    const slow = await daemon.client(64 * 1024)
    slow.connection.pause()
    const asked = 400
    const padded = { labels: {}, padding: 'x'.repeat(4096) }
    const answers = Array.from({ length: asked }, () => slow.request('LIST', padded))
    // Each answer has tens of kilobytes: all of them together would be far over the limit of 1 MiB and one answer.
    await waitFor('the daemon to stop reading', () => slow.congested)
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.ok(slow.connection.queuedBytes > 0, 'its requests still wait on its own side')
    const { processes } = await other.request('LIST', {})
    assert.equal(processes.length, 300)
    slow.connection.resume()
    for (const { processes } of await Promise.all(answers)) assert.equal(processes.length, 300)
  })

  test('is told of the events that it missed, if they are no longer kept', async () => {
    await using daemon = new MemoryDaemon({ retainCount: 0 })
    const slow = await daemon.client(4096)
    await slow.request('EVENTS', {})
    slow.connection.pause()
    const other = await daemon.client()
    for (let n = 0; n < 4000; n++) {
      const { child } = await daemon.start(other)
      daemon.children.end(child)
      await waitFor('it to be gone', () => daemon.processes.size === 0)
    }
    assert.equal(daemon.events.seq, 12_000)
    slow.connection.resume()
    await waitFor('the last event', () => {
      const last = slow.events('EVENT').at(-1)
      return last?.kind === 'removed' && last.seq === 12_000
    })
    let expected = 1
    let gaps = 0
    for (const event of slow.events('EVENT')) {
      if (event.kind === 'gap') gaps += 1
      assert.equal(event.kind === 'gap' ? event.from : event.seq, expected)
      expected = (event.kind === 'gap' ? event.to : event.seq) + 1
    }
    assert.equal(gaps, 1)
  })
})

describe('a flood', () => {
  const chunk = Buffer.alloc(64 * 1024, 'f')

  test('is read with pauses unless a client asked for every byte', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    await client.request('ATTACH', { process: handle })
    const { log } = daemon.processes.find(handle)
    const waiting = daemon.clock.waiting
    for (let n = 1; n <= 8; n++) {
      assert.equal(daemon.clock.waiting, waiting)
      child.write(1, chunk)
      await waitFor('the daemon to read', () => log.end === n * chunk.length)
    }
    assert.equal(daemon.clock.waiting, waiting + 1)
    child.write(1, 'after the pause')
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(log.end, 8 * chunk.length)
    daemon.clock.advance(1)
    await waitFor('the rest', () => client.output(handle).endsWith('after the pause'))
  })

  test('waits for its viewers when they are more than can be served at once, and for nothing else', async () => {
    await using daemon = new MemoryDaemon()
    const starter = await daemon.client()
    const { child, handle } = await daemon.start(starter)
    const viewers = await Promise.all(Array.from({ length: 20 }, () => daemon.client()))
    for (const viewer of viewers) await viewer.request('ATTACH', { process: handle, window: 16 * 1024 * 1024 })
    const waiting = daemon.clock.waiting
    for (let n = 1; n <= 16; n++) {
      child.write(1, chunk)
      await waitFor('it to come', () => viewers.every((viewer) => viewer.output(handle).length === n * chunk.length))
    }
    assert.equal(daemon.clock.waiting, waiting)
  })

  test('is read without pauses when a client asked for every byte', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    await client.request('ATTACH', { process: handle, lossless: true, window: 16 * 1024 * 1024 })
    const waiting = daemon.clock.waiting
    for (let n = 1; n <= 64; n++) {
      child.write(1, chunk)
      await waitFor('it to come', () => client.output(handle).length === n * chunk.length)
    }
    assert.equal(daemon.clock.waiting, waiting)
  })
})

describe('attachments of one connection', () => {
  test('take turns: one with much to send does not starve another', async () => {
    await using daemon = new MemoryDaemon()
    const starter = await daemon.client()
    const flood = await daemon.start(starter, { outputLimit: 4 * 1024 * 1024 })
    const quiet = await daemon.start(starter)
    const { log } = daemon.processes.find(flood.handle)
    const chunk = Buffer.alloc(64 * 1024, 'f')
    for (let n = 1; n <= 64; n++) {
      flood.child.write(1, chunk)
      await waitFor('the daemon to read', () => log.end === n * chunk.length)
      // The pause after each 512 KiB: no client asked for every byte.
      daemon.clock.advance(1)
    }
    // A connection that takes one packet at a time.
    const client = await daemon.client(64 * 1024)
    await client.request('ATTACH', { process: flood.handle, from: 'start', window: 16 * 1024 * 1024 })
    await client.request('ATTACH', { process: quiet.handle })
    quiet.child.write(1, 'q')
    await waitFor('the quiet one', () => client.output(quiet.handle) === 'q')
    await waitFor('the flood', () => client.output(flood.handle).length === log.end)
    const last = client.received.filter((message) => message.cmd === 'DATA').at(-1)
    assert.equal(last?.attachment, flood.handle, 'it did not have to wait for all of the other')
  })

  test('leave room for events, however much they have to send', async () => {
    await using daemon = new MemoryDaemon()
    const starter = await daemon.client()
    const { child, handle } = await daemon.start(starter, { outputLimit: 4 * 1024 * 1024 })
    const { log } = daemon.processes.find(handle)
    const chunk = Buffer.alloc(64 * 1024, 'f')
    for (let n = 1; n <= 64; n++) {
      child.write(1, chunk)
      await waitFor('the daemon to read', () => log.end === n * chunk.length)
      // The pause after each 512 KiB: no client asked for every byte.
      daemon.clock.advance(1)
    }
    // A connection that takes one packet at a time.
    const client = await daemon.client(64 * 1024)
    await client.request('EVENTS', {})
    await client.request('ATTACH', { process: handle, from: 'start', window: 16 * 1024 * 1024 })
    for (let n = 0; n < 5; n++) await daemon.start(starter)
    await waitFor('the events', () => client.events('EVENT').length === 5)
    await waitFor('the output', () => client.output(handle).length === log.end)
    assert.equal(client.received.at(-1)?.cmd, 'DATA', 'they did not have to wait for all of the output')
  })

  test('the answer to ATTACH comes before the first DATA', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    child.write(1, 'early')
    await waitFor('the output', () => daemon.processes.find(handle).log.end === 5)
    client.received.length = 0
    const { stream } = await client.request('ATTACH', { process: handle, from: 'start' })
    const granted = { from: 0, window: 1024 * 1024, inputWindow: INPUT_WINDOW, inputOpen: true }
    assert.deepEqual(stream, { attachment: handle, ...granted })
    await waitFor('the output', () => client.output(handle) === 'early')
    const [first] = client.received
    assert.ok(first?.cmd === 'GENERAL' && first.code === frames.ATTACHED.code)
  })

  test('they can begin anywhere: at the start, now, at an offset, or some lines back', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client())
    child.write(1, 'one\ntwo\nthree\n')
    await waitFor('the output', () => daemon.processes.find(handle).log.end === 14)
    for (const [from, expected] of [
      ['start', 'one\ntwo\nthree\n'],
      ['now', ''],
      [{ offset: 4 }, 'two\nthree\n'],
      [{ lines: 1 }, 'three\n'],
      [{ lines: 2 }, 'two\nthree\n'],
      [{ lines: 0 }, ''],
      [{ lines: 99 }, 'one\ntwo\nthree\n'],
    ] as const) {
      const client = await daemon.client()
      await client.request('ATTACH', { process: handle, from })
      // What was sent in answer to ATTACH comes before the answer to the next request.
      await client.request('LIST', {})
      assert.equal(client.output(handle), expected)
    }
    const client = await daemon.client()
    await assert.rejects(
      client.request('ATTACH', { process: handle, from: { offset: 15 } }),
      failsWith('BAD_REQUEST', /14 bytes so far/),
    )
  })

  test('there may be several to one process, each with a place, a window and rights of its own', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    child.write(1, 'early ')
    await waitFor('the output', () => daemon.processes.find(handle).log.end === 6)
    const attach = async (options: object): Promise<number> => {
      const { stream } = await client.request('ATTACH', { process: handle, ...options })
      return stream?.attachment ?? assert.fail('no stream')
    }
    const first = await attach({ from: 'start' })
    const late = await attach({})
    const onlooker = await attach({ from: 'start', readOnly: true })
    const narrow = await attach({ from: 'start', window: 3 })
    assert.equal(new Set([first, late, onlooker, narrow]).size, 4)
    child.write(1, 'late')
    for (const [id, text] of [
      [first, 'early late'],
      [late, 'late'],
      [onlooker, 'early late'],
      [narrow, 'ear'],
    ] as const) {
      await waitFor(`${text} at ${id}`, () => client.output(id) === text)
    }
    client.send(encodeAck(narrow, 1, 3))
    await waitFor('more for the narrow one', () => client.output(narrow) === 'early ')
    client.send(encodeData(late, 0, 0, Buffer.from('typed')))
    await waitFor('the input to be taken', () => client.received.some(({ cmd }) => cmd === 'ACK'))
    assert.deepEqual(
      client.received.filter((message) => message.cmd === 'ACK').map(({ attachment }) => attachment),
      [late],
    )
    await client.request('DETACH', { attachment: first })
    child.write(1, '!')
    await waitFor('the onlooker', () => client.output(onlooker) === 'early late!')
    assert.equal(client.output(first), 'early late')
    const { process } = await client.request('SHOW', { process: handle })
    assert.equal(process.clients.length, 3)
    client.send(encodeAck(narrow, 1, 6))
    daemon.children.end(child)
    client.send(encodeAck(narrow, 1, 9))
    for (const id of [late, onlooker]) await waitFor(`the end of ${id}`, () => client.final(id) !== undefined)
    assert.equal(client.final(first), undefined)
  })

  test('has a limit for each connection', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { handle } = await daemon.start(client)
    const attaching = Array.from({ length: ATTACHMENTS_MAX }, () => client.request('ATTACH', { process: handle }))
    await Promise.all(attaching)
    await assert.rejects(client.request('ATTACH', { process: handle }), failsWith('LIMIT', /1024 attachments already/))
    await client.request('DETACH', { attachment: handle })
    await client.request('ATTACH', { process: handle })
  })

  test('DETACH ends it', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    await assert.rejects(client.request('DETACH', { attachment: handle }), failsWith('NOT_ATTACHED'))
    const { stream } = await client.request('ATTACH', { process: handle })
    assert.equal(stream?.attachment, handle)
    await client.request('DETACH', { attachment: handle })
    child.write(1, 'unseen')
    await waitFor('the output', () => daemon.processes.find(handle).log.end === 6)
    await client.request('LIST', {})
    assert.equal(client.output(handle), '')
  })

  test('the end is told once, last, after all output and the ends of both channels', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    await client.request('ATTACH', { process: handle })
    child.write(1, 'out')
    child.write(2, 'err')
    daemon.children.end(child, { code: 3 })
    await waitFor('the final STATUS', () => client.final(handle) !== undefined)
    assert.deepEqual(client.final(handle)?.state.kind === 'exited' && client.final(handle)?.inputOpen, false)
    assert.equal(client.output(handle, 1), 'out')
    assert.equal(client.output(handle, 2), 'err')
    const last = client.received.at(-1)
    assert.ok(last?.cmd === 'GENERAL')
    const ends = client.received.filter((message) => message.cmd === 'DATA' && message.bytes.length === 0)
    assert.equal(ends.length, 2)
    await client.request('LIST', {})
    assert.equal(client.events('STATUS').filter(({ final }) => final).length, 1)
  })

  test('input reaches the process in order, and is ACKed as its pipe takes it', async () => {
    await using daemon = new MemoryDaemon()
    const one = await daemon.client()
    const two = await daemon.client()
    const { child, handle } = await daemon.start(one)
    await one.request('ATTACH', { process: handle })
    await two.request('ATTACH', { process: handle })
    one.send(encodeData(handle, 0, 0, Buffer.from('from one\n')))
    await waitFor('the ACK', () => one.received.some((message) => message.cmd === 'ACK' && message.offset === 9))
    two.send(encodeData(handle, 0, 0, Buffer.from('from two\n')))
    await waitFor('the ACK', () => two.received.some((message) => message.cmd === 'ACK' && message.offset === 9))
    assert.equal(child.read().toString(), 'from one\nfrom two\n')
    // A client that leaves does not end the input; a client that ends it does, for all.
    await two.close()
    one.send(encodeData(handle, 0, 9, Buffer.alloc(0)))
    await waitFor('the end of input', () => one.events('STATUS').some(({ inputOpen, final }) => !inputOpen && !final))
    assert.equal(child.read().length, 0)
  })

  test('a process that reads nothing costs a bounded amount of input, also of clients that come and go', async () => {
    await using daemon = new MemoryDaemon()
    const { handle } = await daemon.start(await daemon.client())
    const process = daemon.processes.find(handle)
    const chunk = Buffer.alloc(65536)
    for (let visit = 0; visit < 100; visit++) {
      const client = await daemon.client()
      await client.request('ATTACH', { process: handle })
      for (let offset = 0; offset < INPUT_WINDOW; offset += chunk.length) {
        client.send(encodeData(handle, 0, offset, chunk))
      }
      client.post(requests.LIST.code, {})
      await waitFor(
        'the input to arrive',
        () => client.general(frames.OK.code).length === 2 || client.closed !== undefined,
      )
      if (client.abort !== undefined) assert.equal(client.abort.code, 'LIMIT')
      await client.close()
    }
    const { queued } = process.detail(false).input
    assert.ok(queued > 0 && queued <= 8 * 1024 * 1024, `${queued} bytes are queued`)
  })
})

describe('a kept place', () => {
  const keep = { as: 'me', ms: 1000 }
  const fill = async (daemon: MemoryDaemon, handle: number, write: () => void) => {
    const process = daemon.processes.find(handle)
    const { end } = process.log
    write()
    await waitFor('the output', () => process.log.end > end)
  }

  test('holds the process back for a client whose connection broke, until it is back or the time is over', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client(), { outputLimit: 64 * 1024 })
    const first = await daemon.client()
    await first.request('ATTACH', { process: handle, lossless: true, keep })
    await fill(daemon, handle, () => child.write(1, 'abc'))
    await waitFor('the output', () => first.output(handle) === 'abc')
    first.send(encodeAck(handle, 1, 1))
    await first.request('LIST', {})
    // What it has been sent and has not ACKed could be lost with it: that holds the process back already.
    assert.equal(daemon.processes.find(handle).detail(false).held, true)
    first.connection.destroy()
    await waitFor('the session to end', () => daemon.processes.find(handle).attachments === 0)
    assert.equal(daemon.processes.find(handle).detail(false).held, true)
    const second = await daemon.client()
    await second.request('ATTACH', { process: handle, lossless: true, keep, from: { offset: 1 } })
    await waitFor('the rest', () => second.output(handle) === 'bc')
    second.send(encodeAck(handle, 1, 3))
    await second.request('LIST', {})
    assert.equal(daemon.processes.find(handle).detail(false).held, false)
    await fill(daemon, handle, () => child.write(1, 'd'))
    second.connection.destroy()
    await waitFor('the session to end', () => daemon.processes.find(handle).attachments === 0)
    assert.equal(daemon.processes.find(handle).detail(false).held, true)
    daemon.clock.advance(999)
    assert.equal(daemon.processes.find(handle).detail(false).held, true)
    daemon.clock.advance(1)
    assert.equal(daemon.processes.find(handle).detail(false).held, false)
  })

  test('is given up by DETACH', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client(), { outputLimit: 64 * 1024 })
    const client = await daemon.client()
    await client.request('ATTACH', { process: handle, lossless: true, keep })
    await fill(daemon, handle, () => child.write(1, 'abc'))
    await client.request('DETACH', { attachment: handle })
    assert.equal(daemon.processes.find(handle).detail(false).held, false)
    assert.equal(daemon.clock.waiting, 0)
  })

  test('can be taken over by another connection, and the first one is told', async () => {
    await using daemon = new MemoryDaemon()
    const { handle } = await daemon.start(await daemon.client())
    const first = await daemon.client()
    const second = await daemon.client()
    await first.request('ATTACH', { process: handle, lossless: true, keep })
    await second.request('ATTACH', { process: handle, lossless: true, keep })
    await waitFor('DETACHED', () => first.events('DETACHED').length === 1)
    assert.match(first.events('DETACHED')[0]?.reason ?? '', /another client took over the place "me"/)
    await assert.rejects(first.request('DETACH', { attachment: handle }), failsWith('NOT_ATTACHED'))
    assert.equal(daemon.processes.find(handle).attachments, 1)
  })

  test('of an ended process with autoRemove keeps the process until its client has been back', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client(), { autoRemove: true })
    const first = await daemon.client()
    await first.request('ATTACH', { process: handle, lossless: true, keep, window: 1 })
    await fill(daemon, handle, () => child.write(1, 'abc'))
    await waitFor('the first byte', () => first.output(handle) === 'a')
    first.connection.destroy()
    await waitFor('the session to end', () => daemon.processes.find(handle).attachments === 0)
    daemon.children.end(child)
    await waitFor('the end', () => daemon.processes.find(handle).ended)
    const second = await daemon.client()
    await second.request('ATTACH', { process: handle, lossless: true, keep, from: { offset: 0 } })
    await waitFor('the rest', () => second.output(handle) === 'abc')
    // It may still break off, and come back for what it has not ACKed.
    await second.request('INFO', {})
    assert.equal(second.final(handle), undefined)
    assert.equal(daemon.processes.size, 1)
    second.send(encodeAck(handle, STDOUT, 3))
    await waitFor('the end', () => second.final(handle) !== undefined)
    await waitFor('the process to be forgotten', () => daemon.processes.size === 0)
    const kinds = eventKinds(daemon)
    assert.deepEqual(kinds, ['started', 'ended', 'removed'])
  })

  test('of a client that is there when a process with autoRemove ends makes no event come twice', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client(), { autoRemove: true })
    const client = await daemon.client()
    await client.request('ATTACH', { process: handle, lossless: true, keep })
    daemon.children.end(child)
    await waitFor('the end', () => client.final(handle) !== undefined)
    await waitFor('the process to be forgotten', () => daemon.processes.size === 0)
    assert.deepEqual(eventKinds(daemon), ['started', 'ended', 'removed'])
  })

  test('of an ended process with autoRemove can change hands', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client(), { autoRemove: true })
    const first = await daemon.client()
    await first.request('ATTACH', { process: handle, lossless: true, keep, window: 1 })
    await fill(daemon, handle, () => child.write(1, 'abc'))
    daemon.children.end(child)
    await waitFor('the end', () => daemon.processes.find(handle).ended)
    const second = await daemon.client()
    await second.request('ATTACH', { process: handle, lossless: true, keep, window: 1, from: { offset: 0 } })
    await waitFor('the first to be told', () => first.events('DETACHED').length === 1)
    second.connection.destroy()
    await waitFor('the session to end', () => daemon.processes.find(handle).attachments === 0)
    const third = await daemon.client()
    await third.request('ATTACH', { process: handle, lossless: true, keep, from: { offset: 0 } })
    await waitFor('all of it', () => third.output(handle) === 'abc')
  })

  test('is not kept for a process that was removed', async () => {
    await using daemon = new MemoryDaemon()
    const other = await daemon.client()
    const { child, handle } = await daemon.start(other)
    const client = await daemon.client()
    await client.request('ATTACH', { process: handle, lossless: true, keep, window: 1 })
    await fill(daemon, handle, () => child.write(1, 'abc'))
    daemon.children.end(child)
    const process = daemon.processes.find(handle)
    await waitFor('the end', () => process.ended)
    await other.request('REMOVE', { process: handle })
    client.connection.destroy()
    await waitFor('the session to end', () => process.attachments === 0)
    // A place would hold on to the process, and to its output, for as long as it is kept.
    assert.equal(process.idle, true)
  })

  test('of a removed process does not touch the one that now has its name', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client(), { name: 'web' })
    const client = await daemon.client()
    await client.request('ATTACH', { process: handle, lossless: true, keep, window: 1 })
    await fill(daemon, handle, () => child.write(1, 'abc'))
    daemon.children.end(child)
    await waitFor('the end', () => daemon.processes.find(handle).ended)
    const { handle: next } = await daemon.start(await daemon.client(), { name: 'web' }, true)
    client.connection.destroy()
    await waitFor('the session to end', () => daemon.openSessions === 2)
    daemon.clock.advance(100_000)
    assert.equal(daemon.processes.find('web').handle, next)
    assert.deepEqual(eventKinds(daemon), ['started', 'ended', 'removed', 'started'])
  })
})

function eventKinds(daemon: MemoryDaemon): string[] {
  const kinds: string[] = []
  for (let seq = 0; ; ) {
    const event = daemon.events.after(seq)
    if (event === undefined) return kinds
    kinds.push(event.kind)
    seq = event.kind === 'gap' ? event.to : event.seq
  }
}

describe('memory', () => {
  test('one that asks for much and reads nothing is told why it is disconnected, and its answers are not kept', async () => {
    await using daemon = new MemoryDaemon({}, { available: { memory: 2 ** 20, heap: 2 ** 30 } })
    const client = await daemon.client(4096)
    const labels = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`k${n}`, 'x'.repeat(255)]))
    await client.request('START', { spec: { command: '/bin/true', labels } })
    client.connection.pause()
    for (let n = 0; n < 40; n++) client.post(requests.LIST.code, {})
    await waitFor('the answers to be held, or let go', () => daemon.bounds.answers.used === 0)
    client.connection.resume()
    assert.match((await client.aborted()).message, /has not read \d+ bytes of answers/)
  })

  test('an ATTACH to the screen that is refused anyway draws nothing', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { handle } = await daemon.start(client, { terminal: { columns: 80, rows: 24 } })
    for (let n = 0; n < ATTACHMENTS_MAX; n++) await client.request('ATTACH', { process: handle })
    const process = daemon.processes.find(handle)
    process.show = () => assert.fail('drawn')
    const oneMore = client.request('ATTACH', { process: handle, from: 'screen' })
    await assert.rejects(oneMore, failsWith('LIMIT', /attachments already/))
  })
})
