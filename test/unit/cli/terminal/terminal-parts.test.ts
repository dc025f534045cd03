// The small parts of ndctl on a terminal: the keyboard, being stopped, line modes, what is told of gaps, sizes, variables.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { attachedSettings } from '../../../../cli/attached/attach-options.ts'
import { GapNotices } from '../../../../cli/attached/gap-notices.ts'
import { terminalVariables } from '../../../../cli/attached/terminal-variables.ts'
import { parseTerminalSize } from '../../../../cli/command-line/argument-values.ts'
import { UsageError } from '../../../../cli/complaint.ts'
import { parseDetachKeys } from '../../../../cli/keys/detach-keys.ts'
import { Keyboard } from '../../../../cli/keys/keyboard.ts'
import { LineKeys } from '../../../../cli/keys/line-keys.ts'
import { type StoppableSelf, Suspension } from '../../../../cli/signals/suspension.ts'
import { keyEndsLine, LineDiscipline, rawModes, unprocessedModes } from '../../../../cli/terminal/line-discipline.ts'
import { terminalSize } from '../../../../cli/terminal/own-terminal.ts'
import type { TerminalCalls } from '../../../../cli/terminal/terminal-calls.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'
import { waitFor } from '../../../support/wait.ts'

const keys = (words: string) => parseDetachKeys('--detach-keys', words)

/** A terminal that is in the usual modes of one that a shell runs on: struct termios, as Linux has it. */
function usualModes(): Buffer {
  const modes = Buffer.alloc(60)
  for (const [at, flags] of [0x500 | 0x400, 0x5, 0xbf, 0x8a3b].entries()) modes.writeUInt32LE(flags, at * 4)
  Buffer.from('031c7f150400010011131a00120f171600', 'hex').copy(modes, 17)
  return modes
}

class FakeTerminal implements TerminalCalls {
  modes: Buffer | undefined = usualModes()
  sets = 0
  readonly sizes: Record<number, { columns: number; rows: number }>

  constructor(sizes: Record<number, { columns: number; rows: number }> = {}) {
    this.sizes = sizes
  }

  getModes = () => (this.modes === undefined ? undefined : Buffer.from(this.modes))
  setModes = (_fd: number, modes: Buffer) => {
    this.sets += 1
    this.modes = Buffer.from(modes)
  }
  getSize = (fd: number) => this.sizes[fd]
  isOurs = true
  inForeground = () => this.isOurs
}

describe('a keyboard', () => {
  function typing({ ignored = false, interruptible = false, take = () => Promise.resolve() } = {}) {
    const source = new PassThrough()
    const journal: string[] = []
    const keyboard = new Keyboard(source, {
      detachKeys: keys('ctrl-p,ctrl-q'),
      clock: new ManualClock(),
      ignored: () => ignored,
      interruptible: () => interruptible,
      type: (bytes) => {
        journal.push(`typed ${Buffer.from(bytes)}`)
        return take()
      },
      detach: () => journal.push('detach'),
      interrupt: () => journal.push('interrupt'),
      lost: () => journal.push('lost'),
    })
    return { source, journal, keyboard }
  }

  it('gives every byte to the process, Ctrl-C too, but not the keys that leave', async () => {
    const { source, journal } = typing()
    for (const piece of ['a', '\x03\x1a\xff', '\x10\x11']) {
      source.write(Buffer.from(piece, 'latin1'))
      await new Promise(setImmediate)
    }
    deepEqual(journal, ['typed a', 'typed \x03\x1a\ufffd', 'detach'])
  })

  it('leaves by Ctrl-C where the process cannot have it', async () => {
    const { source, journal } = typing({ ignored: true, interruptible: true })
    source.write('abc')
    source.write('\x03')
    await waitFor('the end', () => journal.length > 0)
    deepEqual(journal, ['interrupt'])
  })

  it('is not read for ever for a process that takes nothing', async () => {
    const taken: (() => void)[] = []
    const { source, keyboard } = typing({ take: () => new Promise<void>((resolve) => taken.push(resolve)) })
    source.write(Buffer.alloc(800_000))
    source.write(Buffer.alloc(800_000))
    await waitFor('the pause', () => source.isPaused())
    for (const take of taken.splice(0)) take()
    await waitFor('it to go on', () => !source.isPaused())
    keyboard[Symbol.dispose]()
    equal(source.isPaused(), true)
  })

  it('is lost when its terminal has hung up, and not when we have stopped listening', async () => {
    const one = typing()
    one.source.end()
    await waitFor('the end', () => one.journal.includes('lost'))
    const other = typing()
    other.keyboard[Symbol.dispose]()
    other.source.end()
    await new Promise(setImmediate)
    deepEqual(other.journal, [])
  })
})

describe('being stopped', () => {
  function stopping(before: () => Promise<unknown>) {
    const clock = new ManualClock()
    const journal: string[] = []
    const listeners = new Map<string, () => void>()
    const caught: string[] = []
    const me: StoppableSelf = {
      on: (signal, listener) => listeners.set(signal, listener),
      removeListener: (signal) => listeners.delete(signal),
      stop: (signal) => journal.push(listeners.has(signal) ? 'stop ignored' : 'stop'),
      catchOnce: (signal) => void caught.push(signal),
    }
    const what = {
      before: async () => {
        journal.push('before')
        return (await before()) !== false
      },
      after: (stopped: boolean) => void journal.push(`after ${stopped}`),
    }
    const suspension = new Suspension(what, clock, ['SIGTSTP', 'SIGTTOU'], me)
    return { suspension, journal, listeners, clock, caught }
  }

  it('is prepared, happens, and is undone, each time', async () => {
    const { suspension, journal, listeners } = stopping(() => Promise.resolve())
    for (let times = 1; times <= 2; times++) {
      listeners.get('SIGTSTP')?.()
      await waitFor('it to go on', () => journal.length === 3 * times)
      listeners.get('SIGCONT')?.()
    }
    deepEqual(journal, ['before', 'stop', 'after true', 'before', 'stop', 'after true'])
    suspension[Symbol.dispose]()
    equal(listeners.size, 0)
  })

  it('happens also when preparing takes too long, or fails', async () => {
    const slow = stopping(() => new Promise(() => {}))
    slow.listeners.get('SIGTSTP')?.()
    slow.clock.advance(1000)
    await waitFor('it to go on', () => slow.journal.length === 3)
    const failing = stopping(() => Promise.reject(new Error('no')))
    failing.listeners.get('SIGTSTP')?.()
    await waitFor('it to go on', () => failing.journal.length === 3)
  })

  it('does not happen when what would stop does something else about the signal', async () => {
    const { journal, listeners, clock } = stopping(async () => false)
    listeners.get('SIGTSTP')?.()
    await waitFor('the question', () => journal.length === 1)
    await new Promise(setImmediate)
    listeners.get('SIGTSTP')?.()
    await waitFor('the question', () => journal.length === 2)
    clock.advance(1000)
    deepEqual(journal, ['before', 'before'])
  })

  it('by SIGTTOU is prepared if somebody sent it, and is over already if the kernel did', async () => {
    const sent = stopping(() => Promise.resolve())
    deepEqual(sent.caught, ['SIGTTOU'])
    sent.listeners.get('SIGTTOU')?.()
    await waitFor('it to go on', () => sent.journal.length === 3)
    deepEqual(sent.journal, ['before', 'stop', 'after true'])
    const made = stopping(() => Promise.resolve())
    made.listeners.get('SIGTTOU')?.()
    made.listeners.get('SIGCONT')?.()
    await waitFor('the next one to be caught', () => made.caught.length === 2)
    deepEqual(made.journal, ['after false'])
  })

  it('without being asked is noticed when it is over', () => {
    const { journal, listeners } = stopping(() => Promise.resolve())
    listeners.get('SIGCONT')?.()
    deepEqual(journal, ['after false'])
  })
})

describe('the line discipline', () => {
  it('goes raw as cfmakeraw(3) does, and back to exactly what it was', () => {
    const terminal = new FakeTerminal()
    const discipline = new LineDiscipline(0, terminal)
    discipline.change(rawModes)
    const raw = terminal.modes ?? Buffer.alloc(60)
    deepEqual(
      [0, 4, 8, 12].map((at) => raw.readUInt32LE(at)),
      [0, 0x4, 0xbf, 0xa30],
    )
    discipline.change(rawModes)
    deepEqual(terminal.modes, raw)
    discipline.restore()
    deepEqual(terminal.modes, usualModes())
    discipline.restore()
    equal(terminal.sets, 3)
  })

  it('can leave typing alone', () => {
    const modes = unprocessedModes(usualModes())
    equal(modes.readUInt32LE(4), 0x4)
    equal(modes.readUInt32LE(12), usualModes().readUInt32LE(12))
  })

  it('makes a key end lines; if that is the one that starts output again, any key does', () => {
    const modes = keyEndsLine(usualModes(), 0x11)
    deepEqual([modes[17 + 11], modes[17 + 8], modes.readUInt32LE(0) & 0o4000], [0x11, 0, 0o4000])
    const other = keyEndsLine(usualModes(), 0x04)
    deepEqual([other[17 + 11], other[17 + 8], other.readUInt32LE(0) & 0o4000], [0x04, 0x11, 0])
  })

  it('of a terminal that another job has by now is left to that job', () => {
    const terminal = new FakeTerminal()
    const discipline = new LineDiscipline(0, terminal)
    discipline.change(rawModes)
    terminal.isOurs = false
    discipline.restore()
    discipline.restoreOwn()
    equal(terminal.sets, 1)
    // Ours again, it still is to be as it was at first.
    terminal.isOurs = true
    discipline.restore()
    deepEqual(terminal.modes, usualModes())
  })

  it('of what is no terminal stays', () => {
    const none = new FakeTerminal()
    none.modes = undefined
    const discipline = new LineDiscipline(0, none)
    discipline.change(rawModes)
    discipline.restore()
    equal(none.sets, 0)
  })
})

describe('keys that leave, in lines', () => {
  it('leave, and what was typed before them on the line is not sent', () => {
    const terminal = new FakeTerminal()
    const lines = new LineKeys(keys('ctrl-p,ctrl-q'), new LineDiscipline(0, terminal))
    lines.enter()
    lines.enter()
    equal(terminal.sets, 1)
    const take = (line: string) => {
      const { bytes, detach } = lines.take(Buffer.from(line))
      return [Buffer.from(bytes).toString(), detach]
    }
    deepEqual(take('hello\n'), ['hello\n', false])
    deepEqual(take('half a line\x10\x11'), ['', true])
    deepEqual(take('after Ctrl-S\x11'), ['after Ctrl-S', false])
    lines.leave()
    deepEqual(terminal.modes, usualModes())
  })

  it('are prepared anew when a shell has taken the modes away, and those that it gave are given back', () => {
    const terminal = new FakeTerminal()
    const lines = new LineKeys(keys('ctrl-p,ctrl-q'), new LineDiscipline(0, terminal))
    lines.enter()
    const prepared = terminal.modes
    terminal.modes = unprocessedModes(usualModes())
    lines.enter()
    deepEqual(terminal.modes, keyEndsLine(unprocessedModes(usualModes()), 0x11))
    terminal.modes = usualModes()
    lines.enter()
    deepEqual(terminal.modes, prepared)
    lines.leave()
    deepEqual(terminal.modes, usualModes())
  })

  it('give no modes back that another program has changed', () => {
    const terminal = new FakeTerminal()
    const lines = new LineKeys(keys('ctrl-p,ctrl-q'), new LineDiscipline(0, terminal))
    lines.enter()
    terminal.modes = rawModes(usualModes())
    lines.leave()
    deepEqual(terminal.modes, rawModes(usualModes()))
  })

  it('need Return if the last is a letter, which must not end lines', () => {
    const terminal = new FakeTerminal()
    const lines = new LineKeys(keys('ctrl-a,d'), new LineDiscipline(0, terminal))
    lines.enter()
    equal(terminal.sets, 0)
    equal(lines.take(Buffer.from('\x01d\n')).detach, true)
  })
})

describe('gaps', () => {
  function notices(summing: boolean) {
    const clock = new ManualClock()
    const said: string[] = []
    return { clock, said, gaps: new GapNotices((sentence) => said.push(sentence), clock, summing) }
  }

  it('are told at once, then once a second in sum', () => {
    const { clock, said, gaps } = notices(true)
    gaps.gap(0, 1000)
    for (let at = 0; at < 5; at++) gaps.gap(2000 + at * 1000, 2500 + at * 1000)
    clock.advance(999)
    equal(said.length, 1)
    clock.advance(1)
    gaps.gap(10_000, 10_001)
    gaps.finish()
    clock.advance(5000)
    gaps.gap(20_000, 20_001)
    deepEqual(said, [
      '1,000 bytes of output are missing here (offset 0 to 1,000)',
      '2,500 more bytes of output are missing, in 5 places',
      '1 more bytes of output are missing, in one place',
      '1 bytes of output are missing here (offset 20,000 to 20,001)',
    ])
  })

  it('are told each by itself where nobody watches', () => {
    const { said, gaps } = notices(false)
    gaps.gap(0, 1)
    gaps.gap(2, 3)
    gaps.finish()
    equal(said.length, 2)
  })
})

describe('a size', () => {
  it('is that of our stdout, else of our stdin, else the usual one', () => {
    equal(terminalSize(new FakeTerminal({ 0: { columns: 1, rows: 2 }, 1: { columns: 3, rows: 4 } })).columns, 3)
    equal(terminalSize(new FakeTerminal({ 0: { columns: 1, rows: 2 } })).columns, 1)
    deepEqual(terminalSize(new FakeTerminal({ 1: { columns: 0, rows: 0 } })), { columns: 80, rows: 24 })
    deepEqual(terminalSize(new FakeTerminal()), { columns: 80, rows: 24 })
    deepEqual(terminalSize(new FakeTerminal({ 1: { columns: 9000, rows: 10 } })), { columns: 1000, rows: 10 })
  })

  it('is written as 80x24', () => {
    deepEqual(parseTerminalSize('--size', '100X30'), { columns: 100, rows: 30 })
    for (const bad of ['100', '0x10', '10x0', '1001x10', '80x24x1', 'x', '-1x2']) {
      throws(() => parseTerminalSize('--size', bad), UsageError)
    }
  })
})

it('variables about terminal and language are those of whoever starts it', () => {
  deepEqual(terminalVariables({ TERM: 'foot', LC_ALL: 'C.UTF-8', LANG: 'x', HOME: '/', COLORTERM: 'truecolor' }), {
    TERM: 'foot',
    LC_ALL: 'C.UTF-8',
    LANG: 'x',
    COLORTERM: 'truecolor',
  })
  deepEqual(terminalVariables({}), { TERM: 'xterm-256color' })
})

describe('settings of an attachment', () => {
  const settings = (options: Partial<Record<'detach-keys' | 'retry', string>>, env: NodeJS.ProcessEnv = {}) => {
    const { detachKeys, retryMs } = attachedSettings({ 'detach-keys': undefined, retry: undefined, ...options }, env)
    return [detachKeys.map(({ byte }) => byte), retryMs]
  }

  it('are the usual ones, those of the environment, or those given', () => {
    deepEqual(settings({}), [[0x10, 0x11], 10_000])
    deepEqual(settings({ retry: '0' }, { NETDAEMON_DETACH_KEYS: 'ctrl-a,d' }), [[1, 0x64], 0])
    deepEqual(settings({ 'detach-keys': '', retry: '1m' }, { NETDAEMON_DETACH_KEYS: 'ctrl-a,d' }), [[], 60_000])
    deepEqual(settings({ 'detach-keys': 'ctrl-b' }, { NETDAEMON_DETACH_KEYS: 'nonsense' }), [[2], 10_000])
  })

  it('are refused by name', () => {
    throws(() => settings({}, { NETDAEMON_DETACH_KEYS: 'nonsense' }), /\$NETDAEMON_DETACH_KEYS/)
    throws(() => settings({ retry: '8d' }), /--retry must be at most 7d, not 8d/)
  })
})
