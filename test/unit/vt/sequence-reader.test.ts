// What sequences say, whatever stands between them and however they are cut, and that it is what the emulator reads.

import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import xterm from '@xterm/headless'
import fc from 'fast-check'
import { SequenceReader } from '../../../vt/sequence-reader.ts'
import { budget } from '../../support/fuzz.ts'
import { printed } from '../../support/terminal/terminal-output.ts'

/** What is told of these characters, and what of them is text. */
function read(text: string): { told: string[]; rest: string } {
  const told: string[] = []
  const reader = new SequenceReader({
    escape: (intermediates, final) => told.push(`escape ${intermediates}${final}`),
    control: (parameters, final) => told.push(`control ${parameters}${final}`),
    command: (words) => told.push(`command ${words}`),
  })
  let rest = ''
  for (const unit of text.split('')) if (!reader.read(unit.charCodeAt(0))) rest += unit
  return { told, rest }
}

describe('a sequence', () => {
  it('is told with its parameters, and is no text', () => {
    deepEqual(read('a\x1b[1;31mb\x1b(Bc\x1b7d\x1b]0;title\x07e\x1b]8;;x\x1b\\f\x1b[2 qg'), {
      told: ['control 1;31m', 'escape (B', 'escape 7', 'command 0;title', 'command 8;;x', 'escape \\', 'control 2 q'],
      rest: 'abcdefg',
    })
  })

  it('that is none is not told, and what cannot be a part of it is text', () => {
    deepEqual(read('\x1b[1?hx'), { told: [], rest: 'x' })
    deepEqual(read('\x1b[31\u00e9x'), { told: [], rest: '\u00e9x' })
    deepEqual(read('\x1b\u00e9'), { told: [], rest: '\u00e9' })
    deepEqual(read('\x1b[3\x18mx\x1b]0;title\x1ax'), { told: [], rest: 'mxx' })
  })

  it('has nothing to do with the characters of a string', () => {
    deepEqual(read('\x1bPq[1m\x07\u00e9\x1b\\a\x1b_G[2m\x1b\\b\x1b^x\x1b\\\x1bXy\x1b\\'), {
      told: ['escape \\', 'escape \\', 'escape \\', 'escape \\'],
      rest: 'ab',
    })
  })

  it('is remembered no further than 256 characters', () => {
    deepEqual(read(`\x1b]0;${'x'.repeat(10_000)}\x07`).told, [`command 0;${'x'.repeat(254)}`])
  })

  it('is forgotten when it is given up', () => {
    const reader = new SequenceReader({})
    reader.read(0x1b)
    equal(reader.inside, true)
    equal(reader.inString, false)
    reader.read('_'.charCodeAt(0))
    equal(reader.inString, true)
    reader.abandon()
    equal(reader.inside, false)
    equal(reader.read('x'.charCodeAt(0)), false)
  })

  it('is what the emulator takes for one', () => {
    fc.assert(
      fc.property(printed, (texts) => {
        // The emulator knows C1 characters.
        const text = texts.join('').replace(/[\u0080-\u009f]/g, '')
        const terminal = new xterm.Terminal({ cols: 80, rows: 5, allowProposedApi: true, logLevel: 'off' })
        const commands: string[] = []
        for (const number of [0, 2]) {
          terminal.parser.registerOscHandler(number, (data) => {
            commands.push(`command ${number};${data}`)
            return false
          })
        }
        for (const final of 'mhlHr') {
          for (const prefix of ['', '?', '>', '=', '<']) {
            terminal.parser.registerCsiHandler(prefix === '' ? { final } : { prefix, final }, () => {
              commands.push(`control ${prefix}${final}`)
              return false
            })
          }
        }
        const { _core } = terminal as unknown as {
          readonly _core: { readonly _inputHandler: { parse(text: string): void } }
        }
        _core._inputHandler.parse(text)
        terminal.dispose()
        const told = read(text).told.filter((each) => /^control [<-?]?[\d;:]*[mhlHr]$|^command [02];/.test(each))
        deepEqual(
          told.map((each) => each.replace(/^(control [<-?]?)[\d;:]*/, '$1')),
          commands,
        )
      }),
      budget(300),
    )
  })
})
