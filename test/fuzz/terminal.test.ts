// Terminals that several clients look at, in any order of coming, leaving, typing and resizing: the size is always the smallest
// of those that count, everybody learns of it, and whoever was shown the screen sees what the last one is shown.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Process } from '../../daemon/process/process.ts'
import { type Emulator, EmulatorLibrary } from '../../daemon/screen/emulator.ts'
import { type Result, STDOUT, type TerminalSize } from '../../proto/protocol.ts'
import type { RawClient } from '../support/client/raw-client.ts'
import type { FakeChild } from '../support/daemon/fake-children.ts'
import { kernel } from '../support/daemon/linux.ts'
import { MemoryDaemon } from '../support/daemon/memory-daemon.ts'
import { budget } from '../support/fuzz.ts'
import { isRegular, printed, stateOf } from '../support/terminal/terminal-output.ts'
import { waitFor } from '../support/wait.ts'

const TIOCGWINSZ = 0x5413
const library = await EmulatorLibrary.load()

type Step =
  | { do: 'attach'; size?: TerminalSize; readOnly: boolean; from: 'screen' | 'now' | 'start' }
  | { do: 'resize'; who: number; size: TerminalSize | null }
  | { do: 'leave'; who: number; how: 'detach' | 'break' }
  | { do: 'print'; texts: string[] }
  | { do: 'type'; who: number }

const size = fc
  .record({ columns: fc.integer({ min: 2, max: 30 }), rows: fc.integer({ min: 1, max: 10 }) })
  .map((fields) => ({ ...fields }))
const who = fc.nat(7)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record(
    {
      do: fc.constant('attach'),
      size,
      readOnly: fc.boolean(),
      from: fc.constantFrom('screen', 'screen', 'now', 'start'),
    },
    { requiredKeys: ['do', 'readOnly', 'from'] },
  ),
  fc.record({ do: fc.constant('resize'), who, size: fc.oneof(size, fc.constant(null)) }),
  fc.record({ do: fc.constant('leave'), who, how: fc.constantFrom('detach', 'break') }),
  fc.record({ do: fc.constant('print'), texts: printed }),
  fc.record({ do: fc.constant('type'), who }),
) as fc.Arbitrary<Step>

/** One client that looks at the terminal, and what it must know. */
class Onlooker {
  readonly client: RawClient
  readonly handle: number
  readonly readOnly: boolean
  /** What was on the screen when it came, if it asked; until the size changes. */
  screen: string | undefined
  size: TerminalSize | undefined
  readonly #from: number
  #sent = 0
  #told: TerminalSize | undefined

  constructor(client: RawClient, { size: stated, readOnly }: Step & { do: 'attach' }, answer: Result<'ATTACH'>) {
    this.client = client
    this.handle = answer.process.handle
    this.readOnly = readOnly
    this.size = stated
    this.screen = answer.stream?.screen
    this.#from = answer.stream?.from ?? assert.fail('not attached')
    this.#told = answer.process.terminal
    assert.equal(answer.stream?.inputOpen, !readOnly)
  }

  /** The size of the terminal, as far as it has been told. */
  get told(): TerminalSize | undefined {
    return this.client.events('STATUS').at(-1)?.terminal ?? this.#told
  }

  /** How far it has got in the output. */
  get offset(): number {
    return this.#from + this.client.output(this.handle).length
  }

  get counts(): TerminalSize | undefined {
    return this.readOnly ? undefined : this.size
  }

  type(text: string): void {
    const bytes = Buffer.from(text)
    this.client.sendInput(this.handle, this.#sent, bytes)
    this.#sent += bytes.length
  }

  /** A terminal that was sent all that came to it. */
  show({ columns, rows }: TerminalSize): Emulator {
    const emulator = library.create({ columns, rows }, () => {})
    emulator.print(Buffer.from(this.screen ?? ''))
    emulator.print(Buffer.from(this.client.output(this.handle), 'latin1'))
    return emulator
  }
}

/** The size that the kernel has noted for a fake child's terminal. */
function sizeOf(child: FakeChild): TerminalSize {
  const words = new Uint16Array(4)
  assert.equal(kernel.ioctl(child.fd(STDOUT), TIOCGWINSZ, words), 0)
  return { columns: words[1]!, rows: words[0]! }
}

class Scene {
  readonly daemon: MemoryDaemon
  readonly child: FakeChild
  readonly process: Process
  onlookers: Onlooker[] = []
  size: TerminalSize
  readonly #emulators: readonly Emulator[]

  /** @param emulators those that the daemon has made */
  constructor(
    daemon: MemoryDaemon,
    emulators: readonly Emulator[],
    child: FakeChild,
    handle: number,
    first: TerminalSize,
  ) {
    this.daemon = daemon
    this.#emulators = emulators
    this.child = child
    this.process = daemon.processes.find(handle)
    this.size = first
  }

  async play(each: Step): Promise<void> {
    const onlooker = 'who' in each ? this.onlookers[each.who % Math.max(1, this.onlookers.length)] : undefined
    switch (each.do) {
      case 'attach':
        await this.attach(each)
        break
      case 'resize': {
        if (onlooker === undefined) break
        onlooker.size = each.size ?? undefined
        const answer = await onlooker.client.request('RESIZE', { attachment: this.process.handle, size: each.size })
        assert.deepEqual(answer.size, this.#expectedSize())
        break
      }
      case 'leave':
        if (onlooker === undefined) break
        this.onlookers = this.onlookers.filter((other) => other !== onlooker)
        if (each.how === 'detach') await onlooker.client.request('DETACH', { attachment: this.process.handle })
        else await onlooker.client.close()
        break
      case 'print': {
        // No more at once than the kernel keeps: the fake child is in this process, and must not wait for it.
        const bytes = Buffer.from(each.texts.join(''))
        for (let at = 0; at < bytes.length; at += 200) {
          const before = this.process.log.end
          this.child.write(STDOUT, bytes.subarray(at, at + 200))
          await waitFor('it to be read', () => this.process.log.end > before)
        }
        break
      }
      case 'type':
        if (onlooker?.readOnly === false) onlooker.type('x')
    }
    await this.#check()
  }

  async attach(each: Step & { do: 'attach' }): Promise<Onlooker> {
    const client = await this.daemon.client()
    const { from, readOnly, size: stated } = each
    const options = { from, readOnly, ...(stated === undefined ? {} : { size: stated }) }
    const answer = await client.request('ATTACH', { process: this.process.handle, ...options })
    const onlooker = new Onlooker(client, each, answer)
    // What it was shown was not all that the terminal is.
    if (!this.#emulators.every(({ terminal }) => isRegular(terminal))) onlooker.screen = undefined
    this.onlookers.push(onlooker)
    assert.deepEqual(answer.process.terminal, this.#expectedSize())
    return onlooker
  }

  #expectedSize(): TerminalSize {
    const stated = this.onlookers.map(({ counts }) => counts).filter((counts) => counts !== undefined)
    const smallest = (side: keyof TerminalSize) => Math.min(...stated.map((counts) => counts[side]))
    const size = stated.length === 0 ? this.size : { columns: smallest('columns'), rows: smallest('rows') }
    // What a screen was drawn for is another size now.
    const changed = size.columns !== this.size.columns || size.rows !== this.size.rows
    if (changed) for (const onlooker of this.onlookers) onlooker.screen = undefined
    this.size = size
    return size
  }

  async #check(): Promise<void> {
    const expected = this.#expectedSize()
    await waitFor('the size to be set', () => isEqual(this.process.terminal, expected))
    assert.deepEqual(sizeOf(this.child), expected)
    for (const onlooker of this.onlookers) {
      await waitFor('everybody to be told', () => isEqual(onlooker.told, expected))
    }
  }
}

const isEqual = (one: TerminalSize | undefined, other: TerminalSize): boolean =>
  one?.columns === other.columns && one.rows === other.rows

async function play(first: TerminalSize, steps: readonly Step[]): Promise<void> {
  const emulators: Emulator[] = []
  const create: EmulatorLibrary['create'] = (...args) => {
    const emulator = library.create(...args)
    emulators.push(emulator)
    return emulator
  }
  const watched: EmulatorLibrary = Object.assign(Object.create(library), { create })
  await using daemon = new MemoryDaemon({}, { screens: { library: () => Promise.resolve(watched) } })
  const starter = await daemon.client()
  const { child, handle } = await daemon.start(starter, { terminal: first })
  const scene = new Scene(daemon, emulators, child, handle, first)
  for (const each of steps) await scene.play(each)
  // Whoever has been shown the screen in the size that it has sees what is shown to the last one.
  const { process } = scene
  const last = await scene.attach({ do: 'attach', readOnly: true, from: 'screen' })
  await waitFor('everybody to have all of it', () => scene.onlookers.every(({ offset }) => offset === process.log.end))
  const final = last.show(scene.size)
  for (const onlooker of scene.onlookers) {
    if (onlooker.screen === undefined || last.screen === undefined) continue
    assert.deepEqual(stateOf(onlooker.show(scene.size).terminal), stateOf(final.terminal))
  }
  daemon.children.end(child)
  await waitFor('the end', () => process.ended)
}

test('the size is the smallest of all that count, everybody knows it, and all are shown the same screen', async () => {
  await fc.assert(
    fc.asyncProperty(size, fc.array(step, { maxLength: 25, size: 'max' }), (first, steps) => play(first, steps)),
    budget(40),
  )
})
