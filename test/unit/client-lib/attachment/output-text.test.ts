// Output as text and in lines: whole characters, every byte, gaps in their place, and no reading ahead.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { linesOf, textOf } from '../../../../client-lib/attachment/output-text.ts'
import type { LinesOptions, OutputItem, OutputLine } from '../../../../client-lib/index.ts'
import { scriptedAttachment } from '../../../support/client/scripted-daemon.ts'
import { budget } from '../../../support/fuzz.ts'

/** Output that comes in these pieces: text of channel 1, `[2, text]` of channel 2, a number for a gap of so many bytes. */
type Piece = string | Buffer | readonly [channel: 2, text: string | Buffer] | number

async function* output(...pieces: readonly Piece[]): AsyncGenerator<OutputItem, undefined> {
  let offset = 0
  for (const piece of pieces) {
    if (typeof piece === 'number') {
      yield { kind: 'gap', from: offset, to: offset + piece }
      offset += piece
      continue
    }
    const [channel, data] = typeof piece === 'string' || Buffer.isBuffer(piece) ? ([1, piece] as const) : piece
    const bytes = Buffer.from(data)
    yield { kind: 'data', channel, offset, bytes }
    offset += bytes.length
  }
  for (const channel of [1, 2] as const) yield { kind: 'end', channel, offset }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const lines = async (pieces: readonly Piece[], options?: LinesOptions) =>
  (await all(linesOf(output(...pieces), options))).map((item) =>
    item.kind === 'run'
      ? `run ${item.run} ${item.event}`
      : item.kind === 'gap'
        ? `gap ${item.from}–${item.to}`
        : `${item.channel} ${item.offset}–${item.end} ${item.text}${item.newline ? '$' : ''}`,
  )

describe('output as text', () => {
  it('cuts no character where two packets meet', async () => {
    const bytes = Buffer.from('aé€😀')
    const pieces = await all(textOf(output(...Array.from(bytes, (byte) => Buffer.from([byte])))))
    assert.deepEqual(pieces, [
      { kind: 'text', channel: 1, offset: 0, text: 'a' },
      { kind: 'text', channel: 1, offset: 1, text: 'é' },
      { kind: 'text', channel: 1, offset: 3, text: '€' },
      { kind: 'text', channel: 1, offset: 6, text: '😀' },
    ])
  })

  it('keeps the two channels apart, and says where a gap is', async () => {
    const euro = Buffer.from('€')
    assert.deepEqual(
      await all(textOf(output(euro.subarray(0, 2), [2, 'x'], euro.subarray(2), euro.subarray(0, 1), 7, 'y'))),
      [
        { kind: 'text', channel: 2, offset: 2, text: 'x' },
        { kind: 'text', channel: 1, offset: 0, text: '€' },
        { kind: 'text', channel: 1, offset: 4, text: '\ufffd' },
        { kind: 'gap', from: 5, to: 12 },
        { kind: 'text', channel: 1, offset: 12, text: 'y' },
      ],
    )
  })

  it('is the text of all bytes, however they were cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.string({ unit: 'binary' }), fc.array(fc.nat(6)), async (odd, text, cuts) => {
        const bytes = Buffer.concat([Buffer.from(text), odd])
        const found = await all(textOf(output(...cut(bytes, cuts))))
        assert.equal(found.map((item) => (item.kind === 'text' ? item.text : '')).join(''), bytes.toString())
      }),
      budget(300),
    )
  })
})

describe('output in lines', () => {
  it('has a line for each newline, without it, and the rest', async () => {
    assert.deepEqual(await lines(['one\ntw', 'o\r\n', '\n\rthr', 'ee']), [
      '1 0–4 one$',
      '1 4–9 two$',
      '1 9–10 $',
      '1 10–16 \rthree',
    ])
  })

  it('keeps the lines of two channels apart', async () => {
    assert.deepEqual(await lines(['out', [2, 'err\n'], 'put\n', [2, 'rest']]), [
      '2 3–7 err$',
      '1 0–11 output$',
      '2 11–15 rest',
    ])
  })

  it('ends what is there at a gap', async () => {
    assert.deepEqual(await lines(['a\nbeg', 10, 'in\n']), ['1 0–2 a$', '1 2–5 beg', 'gap 5–15', '1 15–18 in$'])
  })

  it('gives a line that is too long in pieces of whole characters', async () => {
    assert.deepEqual(await lines(['ab€', 'de\nabcd\nabcdef'], { maxBytes: 4 }), [
      '1 0–2 ab',
      '1 2–6 €d',
      '1 6–8 e$',
      '1 8–13 abcd$',
      '1 13–17 abcd',
      '1 17–19 ef',
    ])
  })

  it('is all of the text, however the bytes were cut', async () => {
    const words = fc.array(fc.constantFrom('a', '\n', '€', '😀', '\r', 'xyz'))
    await fc.assert(
      fc.asyncProperty(words, fc.array(fc.nat(6)), fc.integer({ min: 4, max: 9 }), async (parts, cuts, maxBytes) => {
        const text = parts.join('')
        const bytes = Buffer.from(text)
        const found = (await all(linesOf(output(...cut(bytes, cuts)), { maxBytes }))) as OutputLine[]
        let at = 0
        for (const line of found) {
          assert.equal(line.offset, at)
          const raw = bytes.toString('utf8', line.offset, line.end)
          assert.equal(line.newline ? raw.replace(/\r?\n$/, '') : raw, line.text)
          assert.ok(Buffer.byteLength(line.text) <= maxBytes)
          at = line.end
        }
        assert.equal(at, bytes.length)
        assert.equal(found.filter(({ newline }) => newline).length, text.split('\n').length - 1)
      }),
      budget(300),
    )
  })
})

describe('an attachment read in lines', () => {
  it('acknowledges only what its reader has asked past, and detaches when the reader leaves', async () => {
    const [attachment, daemon, client] = await scriptedAttachment({ window: 8 })
    daemon.data(0, 'one\ntwo\n')
    const reader = attachment.lines()[Symbol.asyncIterator]()
    for (const text of ['one', 'two']) {
      const { value } = await reader.next()
      assert.ok(value?.kind === 'line' && value.text === text)
      assert.equal(attachment.offset, 0)
    }
    const next = reader.next()
    assert.deepEqual(await daemon.nextStream(), { cmd: 'ACK', attachment: 1, channel: 1, offset: 8 })
    daemon.data(8, 'three\n')
    assert.ok((await next).value?.kind === 'line')
    const leaving = reader.return?.(undefined)
    daemon.ok<'DETACH'>(await daemon.next('DETACH'), {})
    await leaving
    await client.close()
  })
})

/** The bytes in pieces of these lengths, and the rest. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (const length of lengths) {
    if (length === 0 || at + length > bytes.length) continue
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return at < bytes.length ? [...pieces, bytes.subarray(at)] : pieces
}
