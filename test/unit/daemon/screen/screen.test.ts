// The reader that keeps what a terminal shows: whoever asks, whenever, gets a screen from which the rest of the output goes on
// without a byte doubled or missed; and nothing is read, loaded or answered without need.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Slices } from '../../../../daemon/loop/slices.ts'
import { Budget } from '../../../../daemon/memory/budget.ts'
import { OutputLog } from '../../../../daemon/output/output-log.ts'
import { type Emulator, EmulatorLibrary } from '../../../../daemon/screen/emulator.ts'
import { Screen, type Shown } from '../../../../daemon/screen/screen.ts'
import type { ScreenServices } from '../../../../daemon/screen/screen-services.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { STDOUT, type TerminalSize } from '../../../../proto/protocol.ts'
import { lastCut } from '../../../../vt/sequence-scanner.ts'
import { budget } from '../../../support/fuzz.ts'
import { isRegular, printed, stateOf } from '../../../support/terminal/terminal-output.ts'
import { waitFor } from '../../../support/wait.ts'

const library = await EmulatorLibrary.load()
/** What a process that reads a terminal may bring at once. */
const READ_MAX = 32 * 1024
const LIMIT = 64 * 1024

/** A terminal's log and screen, as a process has them: written to only while there is room. */
class Rig {
  readonly log: OutputLog
  readonly screen: Screen
  readonly answers: [string, number][] = []
  readonly services: ScreenServices
  readonly failures: unknown[] = []
  loads = 0
  /** The time, and how much of it passes with each look at the clock. */
  now = 0
  tick = 0
  watched = false

  constructor(size: TerminalSize = { columns: 20, rows: 5 }, { limit = LIMIT, failing = false } = {}) {
    this.log = new OutputLog(limit)
    const loaded = failing ? Promise.reject(new Error('no library')) : Promise.resolve(library)
    this.services = {
      slices: new Slices(),
      memory: new Budget(2 ** 30, 0),
      now: () => (this.now += this.tick),
      library: () => {
        this.loads += 1
        return loaded
      },
      failed: (error) => this.failures.push(error),
    }
    this.screen = new Screen(this.log, size, this.services, {
      onProgress: () => {},
      onAnswer: (text, offset) => this.answers.push([text, offset]),
    })
  }

  get hasRoom(): boolean {
    const { holdFrom } = this.screen
    return holdFrom === Number.POSITIVE_INFINITY || this.log.roomFrom(holdFrom) >= READ_MAX
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += READ_MAX) {
      await waitFor('room for more', () => this.hasRoom)
      const piece = Buffer.from(bytes.subarray(at, at + READ_MAX))
      this.log.append(STDOUT, piece)
      this.screen.arrived(piece, this.watched)
      assert.ok(this.screen.holdFrom >= this.log.start, 'unread output was forgotten')
    }
  }

  async show(): Promise<Shown> {
    const shown = this.screen.show()
    if (!(shown instanceof Promise)) return shown
    await shown
    const again = this.screen.show()
    assert.ok(!(again instanceof Promise))
    return again
  }

  /** The rest of the log. */
  from(offset: number): Buffer {
    const parts: Buffer[] = []
    for (let at = offset; at < this.log.end; ) {
      const { bytes } = this.log.read(at, READ_MAX)
      parts.push(Buffer.from(bytes))
      at += bytes.length
    }
    return Buffer.concat(parts)
  }
}

/** What somebody sees who has looked on from the beginning. */
class Onlooker {
  readonly emulator: Emulator
  #rest: Buffer = Buffer.alloc(0)

  constructor({ columns, rows }: TerminalSize) {
    this.emulator = library.create({ columns, rows }, () => {})
  }

  /** Prints what is complete. */
  print(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#rest, bytes])
    const cut = lastCut(all)
    this.emulator.print(all.subarray(0, cut))
    this.#rest = all.subarray(cut)
  }
}

function assertSame(actual: Emulator, expected: Emulator, message: string): void {
  assert.deepEqual(stateOf(actual.terminal), stateOf(expected.terminal), message)
}

type Step =
  | { do: 'print'; texts: string[]; split: number }
  | { do: 'flood'; kilobytes: number }
  | { do: 'resize'; size: TerminalSize }
  | { do: 'attach' }
  | { do: 'turns'; count: number }
  | { do: 'watch'; on: boolean }

const size = fc.record({ columns: fc.integer({ min: 2, max: 30 }), rows: fc.integer({ min: 1, max: 8 }) })
/** What an emulator does with tab stops at a change of size depends on sizes that it had before. */
const tabless = printed.map((texts) => texts.filter((text) => !text.endsWith('g') && !text.endsWith('H')))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({ do: fc.constant('print'), texts: tabless, split: fc.integer({ min: 1, max: 20 }) }),
    weight: 6,
  },
  { arbitrary: fc.record({ do: fc.constant('flood'), kilobytes: fc.integer({ min: 1, max: 80 }) }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('resize'), size }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constant('attach') }), weight: 3 },
  { arbitrary: fc.record({ do: fc.constant('turns'), count: fc.nat(5) }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('watch'), on: fc.boolean() }), weight: 1 },
) as fc.Arbitrary<Step>

async function play(first: TerminalSize, steps: readonly Step[]): Promise<void> {
  const rig = new Rig(first)
  const onlooker = new Onlooker(first)
  let current = first
  const print = async (bytes: Buffer) => {
    await rig.write(bytes)
    onlooker.print(bytes)
  }
  for (const each of steps) {
    switch (each.do) {
      case 'print': {
        const bytes = Buffer.from(each.texts.join(''))
        for (let at = 0; at < bytes.length; at += each.split) await print(bytes.subarray(at, at + each.split))
        break
      }
      case 'flood':
        await print(Buffer.from('\x1b[32mgreen\x1b[m and more\r\n'.repeat(each.kilobytes * 40)))
        break
      case 'resize':
        current = each.size
        rig.screen.resize(each.size)
        onlooker.emulator.resize(each.size)
        break
      case 'attach': {
        const { from, screen } = await rig.show()
        assert.ok(from >= rig.log.start && from <= rig.log.end)
        // The emulator does not draw what a program can only see by asking for it.
        if (!isRegular(onlooker.emulator.terminal)) return
        const client = new Onlooker(current)
        client.emulator.print(Buffer.from(screen))
        client.print(rig.from(from))
        assertSame(
          client.emulator,
          onlooker.emulator,
          `${JSON.stringify(screen)} and on from ${from} of ${rig.log.end}`,
        )
        break
      }
      case 'turns':
        for (let n = 0; n < each.count; n++) await new Promise((resolve) => setImmediate(resolve))
        break
      case 'watch':
        rig.watched = each.on
    }
  }
  assert.deepEqual(rig.failures, [])
  rig.screen.dispose()
}

test('whenever somebody attaches, the screen and what follows it show what somebody sees who has always looked on', async () => {
  await fc.assert(
    fc.asyncProperty(size, fc.array(step, { maxLength: 15, size: 'max' }), (first, steps) => play(first, steps)),
    budget(60),
  )
})

describe('a screen', () => {
  test('costs no emulator while somebody looks on, and little is printed', async () => {
    const rig = new Rig()
    rig.watched = true
    await rig.write(Buffer.from('\x1b[1mlittle\x1b[c'))
    rig.watched = false
    const plain = new Rig()
    await plain.write(Buffer.from('no question in this\r\n'))
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([rig.loads, plain.loads], [0, 0])
    assert.equal((await plain.show()).from, 21)
    assert.equal(plain.loads, 1)
  })

  test('is read in slices, and as far as is near when somebody wants to see it', async () => {
    const rig = new Rig(undefined, { limit: 1024 * 1024 })
    await rig.write(Buffer.from('x\r\n'.repeat(100_000)))
    const { from } = await rig.show()
    assert.ok(from > 0 && from < rig.log.end)
    await waitFor('all to be read', () => rig.screen.holdFrom === rig.log.end)
    assert.equal((await rig.show()).from, 300_000)
  })

  test('is read as far as there is time', async () => {
    const rig = new Rig(undefined, { limit: 1024 * 1024 })
    const line = '\x1b[1mone line\x1b[m\r\n'
    await rig.write(Buffer.from(line.repeat(1000)))
    rig.tick = 0.25
    const { from } = await rig.show()
    assert.ok(from > 1000 && from < 10_000, `${from}`)
    assert.ok([0, 4, 12, 15].includes(from % line.length), 'it is between two sequences')
    await waitFor('all to be read', () => rig.screen.holdFrom === rig.log.end)
  })

  test('begins before what is not complete yet', async () => {
    const rig = new Rig()
    await rig.write(Buffer.from('ready\x1b[3'))
    assert.deepEqual(await rig.show(), { from: 5, screen: '\x1b[1;1Hready\x1b[1;6H\x1b[1;5Hy' })
    await rig.write(Buffer.from('1mred\xe6\xbc', 'latin1'))
    assert.equal((await rig.show()).from, 5 + 5 + 3)
  })

  test('does not wait for the end of a long string, nor show its rest', async () => {
    const rig = new Rig(undefined, { limit: 1024 * 1024 })
    const picture = Buffer.from(`before\x1b]1337;File=:${'QUJD'.repeat(30_000)}`)
    await rig.write(picture)
    await rig.show()
    await waitFor('all to be read', () => rig.screen.holdFrom === rig.log.end)
    const { from, screen } = await rig.show()
    assert.equal(from, picture.length)
    await rig.write(Buffer.from('QUJD\x07after'))
    const client = library.create({ columns: 20, rows: 5 }, () => {})
    client.print(Buffer.concat([Buffer.from(screen), rig.from(from)]))
    assert.equal(client.terminal.buffer.active.getLine(0)?.translateToString(true), 'beforeafter')
    const later = library.create({ columns: 20, rows: 5 }, () => {})
    later.print(Buffer.from((await rig.show()).screen))
    assert.equal(later.terminal.buffer.active.getLine(0)?.translateToString(true), 'beforeafter')
  })

  test('answers what is asked while nobody looks on, and says where it was asked', async () => {
    const rig = new Rig()
    await rig.write(Buffer.from('abc\x1b['))
    await rig.write(Buffer.from('c'))
    await waitFor('the answer', () => rig.answers.length > 0)
    assert.equal(rig.answers[0]?.[0], '\x1b[?1;2c')
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve))
    rig.screen.divide(rig.log.end)
    rig.watched = true
    await rig.write(Buffer.from('\x1b[6n'))
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(rig.answers.length, 1)
    // It is read when somebody wants to see it; that it is not to be answered, its offset tells.
    await rig.show()
    assert.deepEqual(rig.answers[1], ['\x1b[1;4R', 6])
  })

  test('answers a question that comes in two parts', async () => {
    const rig = new Rig()
    await rig.write(Buffer.from('text\x1b'))
    await waitFor('the text to be read', () => rig.screen.holdFrom === 4)
    await new Promise((resolve) => setImmediate(resolve))
    await rig.write(Buffer.from('[5n'))
    await waitFor('the answer', () => rig.answers.length > 0)
    assert.deepEqual(rig.answers, [['\x1b[0n', 4]])
  })

  test('reads ever less at once of what takes all the time, and more again of what does not', () => {
    const emulator = library.create({ columns: 20, rows: 5 }, () => {})
    const bytes = Buffer.from('x'.repeat(10_000))
    const none = () => false
    const read = [0, 1, 2, 3, 4, 5].map(() => emulator.print(bytes.subarray(0, 1000), none))
    assert.deepEqual(read, [128, 64, 32, 16, 8, 8])
    for (let n = 0; n < 4; n++) {
      let looks = 0
      emulator.print(bytes, () => ++looks < 10)
    }
    assert.equal(emulator.print(bytes.subarray(0, 1000), none), 128)
  })

  test('tells questions before a mark from those after it', async () => {
    const rig = new Rig()
    rig.watched = true
    await rig.write(Buffer.from('\x1b[5n'))
    rig.screen.divide(4)
    await rig.write(Buffer.from('\x1b[5n'))
    await rig.show()
    assert.deepEqual(rig.answers, [
      ['\x1b[0n', 0],
      ['\x1b[0n', 4],
    ])
  })

  test('left behind by a log that does not wait for it any more, is not kept', async () => {
    const rig = new Rig()
    await rig.show()
    const page = Buffer.from('\x1b[31mred\x1b[m'.repeat(1000))
    const print = () => {
      rig.log.append(STDOUT, page)
      rig.screen.arrived(page, false)
    }
    while (rig.hasRoom) print()
    rig.screen.release()
    assert.ok(rig.hasRoom)
    assert.match((await rig.show()).screen, /red/)
    for (let n = 0; n < 10; n++) print()
    assert.throws(() => rig.screen.show(), { code: 'LIMIT' })
    assert.deepEqual(rig.failures, [])
  })

  test('is kept as text when no more can come', async () => {
    const rig = new Rig()
    await rig.write(Buffer.from('\x1b[31mlast words'))
    const before = await rig.show()
    rig.screen.end()
    await waitFor('it to be read', () => rig.screen.holdFrom === rig.log.end)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(await rig.show(), before)
    const unread = new Rig()
    await unread.write(Buffer.from('never read'))
    unread.screen.end()
    assert.match((await unread.show()).screen, /never read/)
    assert.match((await unread.show()).screen, /never read/)
    // Seen by somebody before its own turn comes to read the end.
    const seen = new Rig()
    await seen.write(Buffer.from('\x1b[1mseen'))
    await seen.show()
    seen.screen.end()
    const last = await seen.show()
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(await seen.show(), last)
  })

  test('that would be too high is not kept', async () => {
    const rig = new Rig({ columns: 2, rows: 501 })
    await rig.write(Buffer.from('text'))
    await assert.rejects(rig.show(), { code: 'LIMIT', message: /only screens of up to 500 rows/ })
  })

  test('that would be too large is not kept, and holds nothing back', async () => {
    const rig = new Rig({ columns: 1000, rows: 1000 })
    assert.equal(rig.screen.holdFrom, Number.POSITIVE_INFINITY)
    assert.throws(
      () => rig.screen.show(),
      (error) => error instanceof NetdaemonError && error.code === 'LIMIT',
    )
    const grown = new Rig()
    await grown.write(Buffer.from('text'))
    grown.screen.resize({ columns: 1000, rows: 1000 })
    grown.screen.resize({ columns: 80, rows: 24 })
    assert.throws(() => grown.screen.show(), /1000 columns/)
  })

  test('whose text would not fit into a message is refused, until there is less', async () => {
    const rig = new Rig({ columns: 500, rows: 390 })
    for (let row = 0; row < 390; row++) {
      const cells = Array.from(
        { length: 500 },
        (_, n) => `\x1b[48;2;${n % 250};${row % 250};1m${n % 2 === 0 ? 'x' : 'é'}`,
      )
      await rig.write(Buffer.from(`\x1b[${row + 1}H${cells.join('')}`))
    }
    await waitFor('all to be read', () => rig.screen.holdFrom === rig.log.end)
    await assert.rejects(rig.show(), (error) => error instanceof NetdaemonError && error.code === 'LIMIT')
    await rig.write(Buffer.from('\x1b[m\x1b[2J'))
    assert.ok((await rig.show()).screen.length < 100)
  })

  test('whose emulator cannot be loaded holds nothing back, and says so', async () => {
    const rig = new Rig(undefined, { failing: true })
    await assert.rejects(async () => rig.show(), /no library/)
    assert.deepEqual(rig.failures, [])
    await rig.write(Buffer.from('x'.repeat(30_000)))
    await waitFor('the failure', () => rig.failures.length > 0)
    assert.equal(rig.screen.holdFrom, Number.POSITIVE_INFINITY)
    assert.throws(
      () => rig.screen.show(),
      (error) => error instanceof NetdaemonError && error.code === 'INTERNAL',
    )
    assert.equal(rig.failures.length, 1)
  })

  test('remembers many changes of size without keeping all of them', async () => {
    const rig = new Rig()
    rig.watched = true
    for (let n = 0; n < 1000; n++) {
      rig.screen.resize({ columns: 10 + (n % 20), rows: 5 })
      rig.screen.resize({ columns: 11 + (n % 20), rows: 5 })
      await rig.write(Buffer.from('.'))
    }
    const onlooker = library.create({ columns: 20, rows: 5 }, () => {})
    for (let n = 0; n < 1000; n++) {
      onlooker.resize({ columns: 11 + (n % 20), rows: 5 })
      onlooker.print(Buffer.from('.'))
    }
    await waitFor('them to be read', () => rig.screen.holdFrom > 900)
    await rig.show()
    assert.equal((await rig.show()).screen, onlooker.draw())
  })
})

test('however little time there is, what is looked at stays in proportion to what is carried out', async () => {
  const rig = new Rig({ columns: 80, rows: 24 })
  // Staircases: no flood that could be skipped.
  const bytes = Buffer.from('0123456789abcdef\n'.repeat(3000))
  rig.log.append(STDOUT, bytes)
  let looked = 0
  const counted = {
    limit: rig.log.limit,
    start: 0,
    end: bytes.length,
    read: (offset: number, max: number) => {
      looked += max
      return rig.log.read(offset, max)
    },
  }
  const screen = new Screen(counted, { columns: 80, rows: 24 }, rig.services, {
    onProgress: () => {},
    onAnswer: () => {},
  })
  await screen.show()
  // From here on all time is over as soon as it begins.
  rig.tick = 100
  screen.arrived(bytes, false)
  await waitFor('all of it to be read', () => screen.holdFrom === bytes.length)
  assert.ok(looked < 64 * bytes.length, `${looked} bytes were looked at`)
})
