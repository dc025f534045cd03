// The relay between an attachment and our stdio, with a fake attachment and fake places.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { describe, it } from 'node:test'
import { InputRelay, type InputTerms, type OutputItem, relayOutput } from '../../../../cli/attached/relay.ts'
import { OutputError } from '../../../../cli/stdio/output-error.ts'
import { type Sink, StreamSink } from '../../../../cli/stdio/sink.ts'
import { waitFor } from '../../../support/wait.ts'

const data = (channel: 1 | 2, text: string): OutputItem => ({ kind: 'data', channel, bytes: Buffer.from(text) })

/** Writes into a shared journal; waits when told to. */
class FakeSink implements Sink {
  readonly #name: string
  readonly #journal: string[]
  hold: Promise<void> | undefined

  constructor(name: string, journal: string[]) {
    this.#name = name
    this.#journal = journal
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#journal.push(`${this.#name} ${Buffer.from(bytes)}`)
    return this.hold
  }

  async flush(): Promise<void> {}
}

function places(journal: string[]) {
  const stdout = new FakeSink('out', journal)
  const stderr = new FakeSink('err', journal)
  return { stdout, stderr, gap: (from: number, to: number) => void journal.push(`gap ${from}-${to}`) }
}

describe('output', () => {
  it('goes to its place, in order, with gaps named where they are', async () => {
    const journal: string[] = []
    async function* output() {
      yield data(1, 'a')
      yield data(2, 'b')
      yield { kind: 'gap', from: 2, to: 10 } as const
      yield data(1, 'c')
      yield { kind: 'end', channel: 1 } as const
    }
    await relayOutput({ lentOutput: output() }, places(journal))
    deepEqual(journal, ['out a', 'err b', 'gap 2-10', 'out c'])
  })

  it('is asked for only when what came before has a place', async () => {
    const journal: string[] = []
    const { promise, resolve } = deferred()
    const to = places(journal)
    to.stdout.hold = promise
    async function* output() {
      yield data(1, 'a')
      journal.push('asked for more')
      yield data(1, 'b')
    }
    const relayed = relayOutput({ lentOutput: output() }, to)
    await new Promise(setImmediate)
    deepEqual(journal, ['out a'])
    resolve()
    await relayed
    deepEqual(journal, ['out a', 'asked for more', 'out b'])
  })

  it('fails as the attachment does', async () => {
    async function* output() {
      yield data(1, 'a')
      throw new Error('lost')
    }
    await rejects(relayOutput({ lentOutput: output() }, places([])), /lost/)
  })
})

const immediate = () => new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))

describe('a stream as a sink', () => {
  it('says when it has enough, and when it has written', async () => {
    const written: (() => void)[] = []
    const sink = new StreamSink(new Writable({ write: (_chunk, _encoding, done) => void written.push(done) }))
    const wait = sink.write(Buffer.alloc(10))
    const other = sink.write(Buffer.alloc(2 * 1024 * 1024))
    let flushed = false
    const flush = sink.flush().then(() => {
      flushed = true
    })
    written.shift()?.()
    await new Promise(setImmediate)
    equal(flushed, false)
    await waitFor('the second write', () => written.length > 0)
    written.shift()?.()
    await Promise.all([wait, other, flush])
  })

  it('holds nothing back of what it could write at once, nor of what it has waited for', async () => {
    const written: Buffer[] = []
    const blocked: (() => void)[] = []
    let open = true
    const write = (chunk: Buffer, _encoding: string, done: () => void) => {
      written.push(Buffer.from(chunk))
      if (open) done()
      else blocked.push(done)
    }
    const sink = new StreamSink(new Writable({ write }))
    const memory = Buffer.from('one')
    equal(sink.write(memory), undefined)
    memory.fill('2')
    open = false
    const wait = sink.write(memory)
    const early = await Promise.race([wait?.then(() => 'written'), immediate()])
    equal(early, undefined)
    blocked.shift()?.()
    await wait
    deepEqual(written.map(String), ['one', '222'])
  })

  it('fails whoever waits, and every write after, when its reader has gone', async () => {
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    const sink = new StreamSink(new Writable({ write: (_chunk, _encoding, done) => done(gone) }))
    equal(sink.write(Buffer.from('x')), undefined)
    await rejects(sink.flush(), (error) => error instanceof OutputError && error.errno === 'EPIPE')
    await rejects(async () => sink.write(Buffer.from('y')), OutputError)
  })
})

describe('input', () => {
  const terms = (more: Partial<InputTerms> = {}): InputTerms => ({
    forwardEnd: true,
    isClosed: () => false,
    failed: (error) => {
      throw error
    },
    ...more,
  })

  it('arrives whole, and its end after it', async () => {
    const journal: string[] = []
    const source = new PassThrough()
    const target = {
      write: async (bytes: Uint8Array) => void journal.push(String(bytes)),
      end: async () => void journal.push('end'),
    }
    new InputRelay(source, target, terms()).start()
    source.write('a')
    await waitFor('a', () => journal.length === 1)
    source.end('b')
    await waitFor('the end', () => journal.length === 3)
    deepEqual(journal, ['a', 'b', 'end'])
  })

  it('keeps its end to itself unless told otherwise', async () => {
    const journal: string[] = []
    const source = new PassThrough()
    const target = {
      write: async (bytes: Uint8Array) => void journal.push(String(bytes)),
      end: () => journal.push('end'),
    }
    new InputRelay(source, target, terms({ forwardEnd: false })).start()
    source.end('a')
    await waitFor('the end of the source', () => source.readableEnded)
    deepEqual(journal, ['a'])
  })

  it('is read no faster than it is taken', async () => {
    const { promise, resolve } = deferred()
    let writes = 0
    const source = new PassThrough({ highWaterMark: 4 })
    const target = {
      write: () => {
        writes += 1
        return promise
      },
      end: () => undefined,
    }
    new InputRelay(source, target, terms()).start()
    source.write('aaaa')
    await waitFor('the first write', () => writes === 1)
    source.write('bbbb')
    await new Promise(setImmediate)
    equal(writes, 1)
    resolve()
    await waitFor('the second write', () => writes === 2)
  })

  it('stops without a word when the process takes no more', async () => {
    const source = new PassThrough()
    const closed = new Error('closed')
    const target = { write: () => Promise.reject(closed), end: () => Promise.reject(closed) }
    new InputRelay(source, target, terms({ isClosed: (error) => error === closed })).start()
    source.write('a')
    await waitFor('the pause', () => source.isPaused() && source.readableLength === 0)
  })

  it('is left alone while suspended', async () => {
    const journal: string[] = []
    const source = new PassThrough()
    const target = { write: async (bytes: Uint8Array) => void journal.push(String(bytes)), end: () => undefined }
    const input = new InputRelay(source, target, terms())
    input.suspend()
    input.start()
    source.write('a')
    await new Promise(setImmediate)
    deepEqual(journal, [])
    input.resume()
    await waitFor('a', () => journal.length === 1)
  })
})

function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
