// From the bytes of a terminal to keys, mouse reports and pastes, however they are cut.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InputDecoder, PASTE_MAX } from '../../../../cli/terminal/input-decoder.ts'
import type { InputEvent } from '../../../../cli/terminal/input-events.ts'

/** What comes of these bytes, when nothing follows them. */
function events(...pieces: string[]): InputEvent[] {
  const decoder = new InputDecoder()
  const found = pieces.flatMap((piece) => decoder.write(Buffer.from(piece)))
  return [...found, ...decoder.flush()]
}

const names = (...pieces: string[]) =>
  events(...pieces).map((event) =>
    event.kind === 'key' ? event.key : event.kind === 'mouse' ? event.action : event.kind,
  )

describe('keys', () => {
  it('characters are themselves, with their text', () => {
    deepEqual(events('aÄ日'), [
      { kind: 'key', key: 'a', raw: 'a', text: 'a' },
      { kind: 'key', key: 'Ä', raw: 'Ä', text: 'Ä' },
      { kind: 'key', key: '日', raw: '日', text: '日' },
    ])
    deepEqual(events(' '), [{ kind: 'key', key: 'space', raw: ' ', text: ' ' }])
  })

  it('controls have names', () => {
    deepEqual(names('\r\n\t\x7f\b\x03\x1d\0'), [
      ...['enter', 'ctrl+j', 'tab', 'backspace', 'backspace', 'ctrl+c', 'ctrl+]', 'ctrl+space'],
    ])
  })

  it('sequences are keys, of both kinds of terminal, with their modifiers', () => {
    deepEqual(names('\x1b[A\x1bOA\x1b[H\x1bOF\x1b[1~\x1b[3~\x1b[5~\x1b[6~\x1b[Z'), [
      ...['up', 'up', 'home', 'end', 'home', 'delete', 'pageup', 'pagedown', 'shift+tab'],
    ])
    deepEqual(names('\x1b[1;5D\x1b[1;3C\x1b[3;5~\x1b[1;6A\x1bOP\x1b[11~'), [
      ...['ctrl+left', 'alt+right', 'ctrl+delete', 'ctrl+shift+up', 'f1', 'f1'],
    ])
  })

  it('Escape before a key is alt, and alone it is Escape', () => {
    deepEqual(names('\x1bb\x1b\x7f\x1b\x1b[A'), ['alt+b', 'alt+backspace', 'alt+up'])
    deepEqual(names('\x1b'), ['escape'])
    deepEqual(names('\x1b\x1b'), ['escape', 'escape'])
    deepEqual(names('\x1b['), ['alt+['])
    deepEqual(names('\x1bO'), ['alt+O'])
    deepEqual(names('\x1b]'), ['alt+]'])
  })

  it('an Escape waits for what may follow', () => {
    const decoder = new InputDecoder()
    deepEqual(decoder.write(Buffer.from('\x1b')), [])
    ok(decoder.unfinished)
    deepEqual(
      decoder.write(Buffer.from('[A')).map((event) => event.kind === 'key' && event.key),
      ['up'],
    )
    ok(!decoder.unfinished)
    deepEqual(decoder.flush(), [])
  })

  it('keep the bytes they came as', () => {
    deepEqual(
      events('\x1b[1;5D\x1bx\x1b[99~').map((event) => event.kind === 'key' && [event.key, event.raw]),
      [
        ['ctrl+left', '\x1b[1;5D'],
        ['alt+x', '\x1bx'],
        ['unknown', '\x1b[99~'],
      ],
    )
  })
})

describe('the mouse', () => {
  it('the wheel and clicks have places', () => {
    deepEqual(events('\x1b[<64;10;5M\x1b[<65;1;1M\x1b[<0;3;4M'), [
      { kind: 'mouse', action: 'wheel up', column: 9, row: 4 },
      { kind: 'mouse', action: 'wheel down', column: 0, row: 0 },
      { kind: 'mouse', action: 'press', column: 2, row: 3 },
    ])
  })

  it('releases, other buttons, movements and sideways wheels are something else', () => {
    deepEqual(names('\x1b[<0;3;4m\x1b[<2;3;4M\x1b[<32;3;4M\x1b[<66;3;4M'), ['other', 'other', 'other', 'other'])
  })

  it('no part of a report becomes text, whatever it is', () => {
    const reports = [
      '\x1b[<64;10;5M',
      '\x1b[<0;9',
      '\x1b[<;;M',
      '\x1b[M !!',
      '\x1b[I',
      '\x1b[O',
      '\x1b[?1;2c',
      '\x1b]11;rgb:0/0/0\x07',
    ]
    for (const report of [...reports, '\x1bP1$r0m\x1b\\', '\x1b[>0;276;0c']) {
      for (const event of events(report)) ok(event.kind !== 'key' || event.text === undefined, JSON.stringify(report))
    }
  })
})

describe('pastes', () => {
  it('are text, with newlines as they are meant, and no other controls', () => {
    deepEqual(events('\x1b[200~one\r\ntwo\rthree\tx\x1b[31m\x07\x1b[201~z'), [
      { kind: 'paste', text: 'one\ntwo\nthree\tx[31m', cut: false },
      { kind: 'key', key: 'z', raw: 'z', text: 'z' },
    ])
  })

  it('may come in any pieces, their end too', () => {
    const whole = '\x1b[200~some text\rmore\x1b[201~!'
    for (let at = 1; at < whole.length; at++) {
      deepEqual(names(whole.slice(0, at), whole.slice(at)), ['paste', '!'], `cut at ${at}`)
    }
  })

  it('that are too long are cut, and say so', () => {
    const [paste] = events(`\x1b[200~${'x'.repeat(PASTE_MAX)}yz\x1b[201~`)
    ok(paste?.kind === 'paste')
    equal(paste.text, 'x'.repeat(PASTE_MAX))
    ok(paste.cut)
  })

  it('are never keys: what is typed in them is no command', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 50 }), (text) => {
        const found = events(`\x1b[200~${text.replaceAll('\x1b', '')}\x1b[201~`)
        equal(found.length, 1)
        equal(found[0]?.kind, 'paste')
      }),
    )
  })
})

describe('any bytes', () => {
  const typed = fc.array(
    fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom(
        '\x1b',
        '\x1b[',
        '\x1b[<',
        '\x1bO',
        '\x1b[200~',
        '\x1b[201~',
        '\x1b]',
        '\x07',
        '\r',
        '日',
        '\x1b[<64;1;1M',
      ),
    ),
    { maxLength: 20 },
  )

  it('are read the same in one piece and byte by byte', () => {
    fc.assert(
      fc.property(typed, (parts) => {
        const bytes = Buffer.from(parts.join(''))
        const whole = new InputDecoder()
        const single = new InputDecoder()
        const atOnce = [...whole.write(bytes), ...whole.flush()]
        const byByte = [...Array.from(bytes, (byte) => single.write(Buffer.from([byte]))).flat(), ...single.flush()]
        deepEqual(byByte, atOnce)
      }),
      { numRuns: 500 },
    )
  })

  it('leave nothing behind that would swallow the next key', () => {
    fc.assert(
      fc.property(typed, (parts) => {
        const decoder = new InputDecoder()
        decoder.write(Buffer.from(parts.join('')))
        decoder.flush()
        // An open paste is ended.
        decoder.write(Buffer.from('\x1b[201~'))
        decoder.flush()
        deepEqual(
          decoder.write(Buffer.from('k')).map((event) => event.kind === 'key' && event.key),
          ['k'],
        )
      }),
      { numRuns: 500 },
    )
  })
})
