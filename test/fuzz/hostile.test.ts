// Hostile clients against a real daemon: whatever they send costs at most their own connection. The budgets are small
// here; by hand: NETDAEMON_FUZZ_PACKETS=100000 NETDAEMON_FUZZ_CONNECTIONS=2000 NETDAEMON_FUZZ_LISTS=500.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encodeAck, encodeData, encodeMessage } from '../../proto/codec/codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { DATA_MAX, MESSAGE_MAX, PACKET_MAX } from '../../proto/limits.ts'
import { frames, requests } from '../../proto/protocol.ts'
import type { Connection } from '../../proto/transport/connection.ts'
import { connectSeqpacket } from '../../proto/transport/seqpacket/seqpacket.ts'
import { realSocketCalls } from '../../proto/transport/seqpacket/socket-calls.ts'
import type { RawClient } from '../support/client/raw-client.ts'
import { DaemonHarness, fixture } from '../support/daemon/daemon-harness.ts'
import { arbitraryOf } from '../support/schema-arbitrary.ts'
import { receivePacket } from '../support/transport/seqpacket-rig.ts'
import { waitFor } from '../support/wait.ts'

const PACKETS = Number(process.env.NETDAEMON_FUZZ_PACKETS ?? 4000)
const CONNECTIONS = Number(process.env.NETDAEMON_FUZZ_CONNECTIONS ?? 300)
const LISTS = Number(process.env.NETDAEMON_FUZZ_LISTS ?? 30)
/** A packet may end its connection, so that a connection sends few. */
const PACKETS_PER_CONNECTION = 4
/** The id of the last request on each connection, which only a living one answers. */
const LAST = 4_000_000_000

// SHUTDOWN does what it is asked to, and starts are bounded by the daemon's flags.
const harmless = Object.values(requests).filter(({ code }) => code !== requests.SHUTDOWN.code)

const handles = fc.integer({ min: 1, max: 40 })
const json = fc.jsonValue()

/** These cost no connection, whatever their bodies. */
const asked = fc.oneof(
  fc
    .constantFrom(...harmless)
    .chain(({ code, params }) =>
      fc.tuple(fc.integer({ min: 1, max: 50 }), arbitraryOf(params)).map(([id, body]) => encodeMessage(code, id, body)),
    ),
  fc
    .tuple(fc.constantFrom(...harmless), fc.integer({ min: 1, max: 50 }), json)
    .map(([{ code }, id, body]) => encodeMessage(code, id, body)),
)

const wellFormed = fc.oneof(
  asked,
  fc
    .tuple(fc.nat(0xffff), fc.nat(0xffff_ffff), fc.jsonValue())
    .filter(([code]) => code !== requests.SHUTDOWN.code)
    .map(([code, id, body]) => encodeMessage(code, id, body)),
  fc
    .tuple(handles, fc.nat(3), fc.nat(100_000), fc.uint8Array({ maxLength: 300 }))
    .map((fields) => [encodeData(...fields)]),
  fc.tuple(handles, fc.nat(3), fc.maxSafeNat()).map((fields) => [encodeAck(...fields)]),
  fc
    .tuple(fc.nat(5), fc.boolean(), fc.uint8Array({ maxLength: 60 }))
    .map(([id, more, bytes]) => encodeMessage(frames.PART.code, id, [more, bytes])),
)

const mutated = fc
  .tuple(wellFormed, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(10))
  .map(([[first = Buffer.alloc(1)], changes, cut]) => {
    const packet = Buffer.from(first)
    for (const [at, value] of changes) packet[at % packet.length] = value
    return [packet.subarray(0, Math.max(1, packet.length - (cut > 7 ? cut : 0)))]
  })
  // A mutation must not make a SHUTDOWN.
  .filter(([packet]) => packet?.indexOf(Buffer.from([0x03, 0x04])) === -1)

const random = fc.uint8Array({ minLength: 1, maxLength: 120 }).map((bytes) => [Buffer.from(bytes)])

const anything = fc.oneof({ weight: 3, arbitrary: wellFormed }, { weight: 4, arbitrary: mutated }, random)

const answered = (client: RawClient) =>
  client.received.some((message) => message.cmd === 'GENERAL' && message.id === LAST)

/** True while the daemon answers somebody who behaves. */
async function isWell(daemon: DaemonHarness): Promise<void> {
  const client = await daemon.connect()
  const { process } = { process: await client.start({ command: 'true', autoRemove: true }) }
  assert.ok(process.handle > 0)
  assert.equal((await client.info()).pid, daemon.pid)
  await client.close()
}

describe('hostile clients', () => {
  test(`${PACKETS} random and mutated packets are each answered, or end their connection`, async (t) => {
    await using daemon = await DaemonHarness.start({
      args: ['--max-processes', '40', '--retain-count', '10', '--stop-timeout', '100ms'],
    })
    // The names that START finds are few: nothing that does harm is started.
    const polite = fc.sample(asked, PACKETS / 2)
    const samples = [...polite, ...fc.sample(anything, PACKETS / 2)]
    const asPolite = new Set(polite)
    let aborted = 0
    let survived = 0
    const files = daemon.openFiles().length
    let memory = 0
    const worker = async (share: Buffer[][][]) => {
      for (const [index, sequence] of share.entries()) {
        const client = await daemon.raw()
        const allPolite = sequence.every((packets) => asPolite.has(packets))
        if (allPolite || index % 4 !== 0) await client.hello()
        for (const packets of sequence) for (const packet of packets) client.send(packet)
        client.post(requests.LIST.code, {}, LAST)
        await waitFor('an answer or the end', () => client.closed !== undefined || answered(client))
        if (client.closed === undefined) survived += 1
        else {
          assert.ok(!allPolite, `a bad request cost the connection: ${client.abort?.message}`)
          aborted += 1
          // The daemon says why, unless it was told to go.
          const toldTo = sequence.flat().some((packet) => packet.includes(Buffer.from([0xff, 0xff])))
          assert.ok(client.abort !== undefined || toldTo, 'closed without a word')
          if (client.abort !== undefined) assert.notEqual(client.abort.code, 'INTERNAL')
        }
        client.connection.destroy()
        daemon.forget(client)
        if (memory === 0 && aborted + survived > PACKETS / PACKETS_PER_CONNECTION / 4) memory = daemon.memory()
      }
    }
    const sequences = Array.from({ length: Math.ceil(samples.length / PACKETS_PER_CONNECTION) }, (_, n) =>
      samples.slice(n * PACKETS_PER_CONNECTION, (n + 1) * PACKETS_PER_CONNECTION),
    )
    await Promise.all([0, 1, 2, 3].map((n) => worker(sequences.filter((_, index) => index % 4 === n))))
    assert.ok(aborted > 0 && survived > 0)
    await isWell(daemon)
    const client = await daemon.connect()
    for (const { id } of await client.list()) await client.remove(id, { force: true }).catch(() => undefined)
    await client.close()
    await waitFor('the files to be closed', () => daemon.openFiles().length <= files)
    const grown = daemon.memory() - memory
    t.diagnostic(
      `${samples.length} packets: ${aborted} connections ended, ${survived} survived; memory ${memory} and ${grown} more`,
    )
    assert.ok(grown < 50_000_000, `memory has grown by ${grown}`)
  })

  test(`${CONNECTIONS} connections at once are all served, and then all gone`, async (t) => {
    await using daemon = await DaemonHarness.start()
    const memory = daemon.memory()
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => daemon.raw()))
    await Promise.all(clients.map((client) => client.hello()))
    const lists = await Promise.all(clients.map((client) => client.request('LIST', {})))
    assert.equal(lists.length, CONNECTIONS)
    await isWell(daemon)
    t.diagnostic(`${CONNECTIONS} connections: ${daemon.memory() - memory} bytes of memory`)
    const files = daemon.openFiles().length
    for (const client of clients) client.connection.destroy()
    await waitFor('them to be gone', () => daemon.openFiles().length <= files - CONNECTIONS)
  })

  test('one that opens connections and says nothing keeps nobody out', async () => {
    await using daemon = await DaemonHarness.start()
    const silent: Connection[] = []
    for (let n = 0; n < 200; n++) silent.push(await connectSeqpacket(daemon.socket))
    await isWell(daemon)
    for (const connection of silent) connection.destroy()
  })

  test('one that sends requests and reads no answers delays nobody, and costs no memory', async (t) => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    for (let n = 0; n < 100; n++) await client.start({ command: 'true' })
    const memory = daemon.memory()
    const deaf = await daemon.raw()
    await deaf.hello()
    deaf.connection.pause()
    while (!deaf.congested) deaf.post(requests.LIST.code, {})
    await isWell(daemon)
    const grown = daemon.memory() - memory
    t.diagnostic(`memory ${memory} and ${grown} more`)
    assert.ok(grown < 50_000_000, `memory has grown by ${grown}`)
    deaf.connection.resume()
  })

  test('one that floods with requests delays the answer to another only a little', async (t) => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    for (let n = 0; n < 20; n++) await client.start({ command: 'true' })
    const quiet = await median(LISTS, () => client.list())
    const flooder = spawn(process.execPath, [fixture('flood-requests'), daemon.socket])
    let said = ''
    flooder.stdout.on('data', (text: Buffer) => {
      said += text
    })
    await waitFor('the flood', () => said.includes('flooding'))
    const flooded = await median(LISTS, () => client.list())
    flooder.stdin.end()
    await once(flooder, 'close')
    const answered = Number(/answered (\d+)/.exec(said)?.[1])
    assert.ok(answered > 0)
    t.diagnostic(
      `LIST takes ${quiet.toFixed(2)} ms, and ${flooded.toFixed(2)} ms while another client asks ${answered} times`,
    )
  })

  test('messages of the greatest length, and of more parts than bytes, are taken or refused, and cost no memory', async () => {
    await using daemon = await DaemonHarness.start()
    const memory = daemon.memory()
    const client = await daemon.raw()
    await client.hello()
    for (let n = 0; n < 5; n++) {
      await assert.rejects(
        client.ask(requests.START.code, { spec: { command: 'true', args: ['x'.repeat(MESSAGE_MAX - 100)] } }),
        (error) => error instanceof NetdaemonError && error.errno === 'E2BIG',
      )
    }
    const parts = await daemon.raw()
    await parts.hello()
    for (let n = 0; n < 20_000; n++) parts.post(frames.PART.code, [true, Buffer.from([0xc0])], 9)
    await client.request('LIST', {})
    const over = await daemon.raw()
    await over.hello()
    for (let bytes = 0; bytes <= MESSAGE_MAX; bytes += DATA_MAX) {
      over.post(frames.PART.code, [true, Buffer.alloc(DATA_MAX, 0x91)], 9)
    }
    assert.equal((await over.aborted()).code, 'BAD_PACKET')
    assert.ok(daemon.memory() - memory < 100_000_000)
    await isWell(daemon)
  })

  test('packets over the limit, and empty ones, end the connection', async () => {
    await using daemon = await DaemonHarness.start()
    const calls = realSocketCalls()
    for (const packet of [Buffer.alloc(PACKET_MAX + 1, 0xc0), Buffer.alloc(200_000, 0xc0)]) {
      const fd = calls.socket()
      assert.equal(calls.connect(fd, daemon.socket), 0)
      assert.equal(calls.send(fd, packet), packet.length)
      await waitFor('the end', () => {
        const received = receivePacket(fd, PACKET_MAX)
        return received === 0 || (typeof received === 'number' && received < 0 && received !== -11)
      })
      calls.close(fd)
    }
    await isWell(daemon)
  })
})

async function median(count: number, action: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const begun = performance.now()
    await action()
    times.push(performance.now() - begun)
  }
  return times.sort((a, b) => a - b)[Math.floor(count / 2)] ?? 0
}
