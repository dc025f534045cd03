// Whatever a daemon sends, the client answers with its own failure: it never throws where nobody can catch, and never
// hangs.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { NetdaemonError } from '../../../../client-lib/index.ts'
import { encodeAck, encodeData, encodeGap, encodeMessage } from '../../../../proto/codec/codec.ts'
import { PACKET_MAX } from '../../../../proto/limits.ts'
import { events, frames } from '../../../../proto/protocol.ts'
import { scripted } from '../../../support/client/scripted-daemon.ts'
import { budget } from '../../../support/fuzz.ts'

const code = fc.constantFrom(
  ...Object.values(frames).map((frame) => frame.code),
  ...Object.values(events).map((event) => event.code),
  0x0101,
  0x0777,
)
const small = fc.integer({ min: 0, max: 3 })
const body = fc.oneof(
  fc.anything({ maxDepth: 2, withNullPrototype: false }),
  fc.record({ handle: small, state: fc.anything(), inputOpen: fc.boolean(), final: fc.boolean() }),
  fc.record({ code: fc.constantFrom('INTERNAL', 'LIMIT', 'NONSENSE'), message: fc.string() }),
  fc.constant({}),
)

/** A packet that means something, or nearly so. */
const likely = fc.oneof(
  fc.tuple(code, small, body).map(([code, id, body]) => tryEncode(code, id, body)),
  fc
    .tuple(small, small, small, fc.uint8Array({ maxLength: 5 }))
    .map(([handle, channel, offset, bytes]) => encodeData(handle, channel, offset, bytes)),
  fc.tuple(small, small, small).map(([handle, channel, offset]) => encodeAck(handle, channel, offset)),
  fc.tuple(small, small, small).map(([handle, from, to]) => encodeGap(handle, from, to)),
)
const packet = fc.oneof(
  likely,
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(likely, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([bytes, at, byte]) => {
    const mutated = Buffer.from(bytes)
    mutated[at % mutated.length] = byte
    return mutated
  }),
)

function tryEncode(code: number, id: number, body: unknown): Buffer {
  try {
    return encodeMessage(code, id, body)[0] ?? Buffer.alloc(1)
  } catch {
    return Buffer.from([0xc1]) // what MessagePack has no spelling for
  }
}

describe('a client whose daemon is hostile', () => {
  it('settles everything, with an error of its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 30 }), async (packets) => {
        const [client, daemon] = await scripted()
        const attaching = client.attach('web', { window: 100 })
        daemon.attached(await daemon.next('ATTACH'), { window: 100, inputWindow: 2 })
        const attachment = await attaching
        const feed = client.events()
        daemon.ok<'EVENTS'>(await daemon.next('EVENTS'), { instance: 'run-1', seq: 0 })
        const reading = (async () => {
          for await (const item of attachment.output) assert.ok(item.kind !== 'data' || item.bytes.length <= 100)
        })()
        const following = (async () => {
          for await (const event of feed) assert.ok(event.kind.length > 0)
        })()
        const waiting = [
          client.wait('web'),
          client.list(),
          attachment.write('abcdef'),
          attachment.end(),
          attachment.exited,
        ]
        const all = Promise.allSettled([...waiting, reading, following])
        for (const bytes of packets) if (bytes.length <= PACKET_MAX) daemon.connection.send(bytes)
        daemon.connection.close()
        for (const result of await all) {
          if (result.status === 'rejected') assert.ok(result.reason instanceof NetdaemonError, String(result.reason))
        }
        assert.ok((await client.closed) instanceof NetdaemonError)
      }),
      { ...budget(500) },
    )
  })
})
