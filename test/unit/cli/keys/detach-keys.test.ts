// The keys that detach: how they are written, and how they are found in what is typed, while everything else passes.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { UsageError } from '../../../../cli/complaint.ts'
import { keyNames, parseDetachKeys } from '../../../../cli/keys/detach-keys.ts'
import { DetachMatcher } from '../../../../cli/keys/detach-matcher.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

const bytesOf = (words: string) => parseDetachKeys('--detach-keys', words).map(({ byte }) => byte)

describe('written keys', () => {
  it('are those that a terminal sends', () => {
    deepEqual(bytesOf('ctrl-p,ctrl-q'), [0x10, 0x11])
    deepEqual(bytesOf('ctrl-a,d'), [0x01, 0x64])
    deepEqual(bytesOf('Ctrl-]'), [0x1d])
    deepEqual(bytesOf('ctrl-@,ctrl-[,ctrl-\\,ctrl-^,ctrl-_,DEL'), [0, 0x1b, 0x1c, 0x1e, 0x1f, 0x7f])
  })

  it('may be none', () => {
    deepEqual(bytesOf(''), [])
    deepEqual(bytesOf('none'), [])
  })

  it('are refused with the word that is wrong, and where it was written', () => {
    throws(() => bytesOf('ctrl-p,ctrl-1'), /--detach-keys takes .* "ctrl-1" is not a key/)
    throws(() => bytesOf('ctrl-p,'), UsageError)
    throws(() => bytesOf('ab'), UsageError)
    throws(() => bytesOf(' '), UsageError)
    throws(() => bytesOf(Array(17).fill('a').join(',')), /at most 16/)
    throws(() => parseDetachKeys('$NETDAEMON_DETACH_KEYS', 'x-y'), /\$NETDAEMON_DETACH_KEYS takes/)
  })

  it('have names for people', () => {
    equal(keyNames(parseDetachKeys('', 'ctrl-p,ctrl-q')), 'Ctrl-P Ctrl-Q')
    equal(keyNames(parseDetachKeys('', 'ctrl-a,d')), 'Ctrl-A d')
  })
})

/** What comes out of what is typed, piece by piece; "|" where a pause is long. */
function typing(words: string, pieces: readonly string[]): { passed: string; detached: boolean } {
  const clock = new ManualClock()
  let passed = ''
  let detached = false
  const matcher = new DetachMatcher(
    parseDetachKeys('', words),
    {
      pass: (bytes) => {
        equal(detached, false, 'nothing is passed after the keys')
        passed += Buffer.from(bytes).toString('latin1')
      },
      detach: () => {
        detached = true
      },
    },
    clock,
  )
  for (const piece of pieces) {
    if (piece === '|') clock.advance(1000)
    else matcher.typed(Buffer.from(piece, 'latin1'))
  }
  return { passed, detached }
}

const P = '\x10'
const Q = '\x11'

describe('typed keys', () => {
  it('detach, in one piece or in several, and are not passed', () => {
    deepEqual(typing('ctrl-p,ctrl-q', [`a${P}${Q}b`]), { passed: 'a', detached: true })
    deepEqual(typing('ctrl-p,ctrl-q', ['a', P, Q, 'b']), { passed: 'a', detached: true })
    deepEqual(typing('ctrl-a,ctrl-a,d', ['\x01\x01\x01', 'd']), { passed: '\x01', detached: true })
    deepEqual(typing('q', ['q']), { passed: '', detached: true })
  })

  it('pass, in order, when another key follows', () => {
    deepEqual(typing('ctrl-p,ctrl-q', [P, 'x', Q, `${P}${P}`, 'y']), { passed: `${P}x${Q}${P}${P}y`, detached: false })
  })

  it('are held back for a moment only: a Ctrl-P alone reaches the process', () => {
    deepEqual(typing('ctrl-p,ctrl-q', ['a', P]), { passed: 'a', detached: false })
    deepEqual(typing('ctrl-p,ctrl-q', ['a', P, '|']), { passed: `a${P}`, detached: false })
    deepEqual(typing('ctrl-p,ctrl-q', [P, '|', P, '|', 'x']), { passed: `${P}${P}x`, detached: false })
  })

  it('detach also when the first has been passed on meanwhile', () => {
    deepEqual(typing('ctrl-p,ctrl-q', [P, '|', Q]), { passed: P, detached: true })
    deepEqual(typing('ctrl-p,ctrl-q', [P, '|', 'x', Q]), { passed: `${P}x${Q}`, detached: false })
  })

  it('are nothing special if there are none', () => {
    deepEqual(typing('none', [`${P}${Q}`]), { passed: `${P}${Q}`, detached: false })
  })

  it('are found when the terminal spells keys out (kitty, modifyOtherKeys), with locks on, and pressed once more', () => {
    deepEqual(typing('ctrl-p,ctrl-q', ['\x1b[112;5u', '\x1b[113;5u']), { passed: '', detached: true })
    deepEqual(typing('ctrl-p,ctrl-q', ['\x1b[112;133u\x1b[113;69u']), { passed: '', detached: true })
    deepEqual(typing('ctrl-p,ctrl-q', ['\x1b[112;5:2u', '\x1b[27;5;113~']), { passed: '', detached: true })
    deepEqual(typing('ctrl-a,d', ['\x1b[97;5u', 'd']), { passed: '', detached: true })
    deepEqual(typing('ctrl-a,d', ['\x01', '\x1b[100u']), { passed: '', detached: true })
  })

  it('are found when the terminal spells keys out as Windows has them, with Ctrl by itself and releases between them', () => {
    const p = ['\x1b[17;29;0;1;8;1_', '\x1b[80;25;16;1;8;1_', '\x1b[80;25;16;0;8;1_', '\x1b[17;29;0;0;0;1_']
    const q = ['\x1b[17;29;0;1;4;1_', '\x1b[81;16;17;1;36;1_']
    deepEqual(typing('ctrl-p,ctrl-q', [...p, ...q]), { passed: p[0] ?? '', detached: true })
    deepEqual(typing('ctrl-a,d', ['\x1b[65;30;1;1;8_', '\x1b[68;32;100;1_']), { passed: '', detached: true })
    // Alt-P, and an arrow.
    for (const other of ['\x1b[80;25;112;1;2;1_', '\x1b[38;72;0;1;256;1_'])
      deepEqual(typing('p', [other]), { passed: other, detached: false })
  })

  it('may have releases, and Ctrl by itself, between them; which are passed with them', () => {
    const silent = ['\x1b[57442;5u', '\x1b[112;5u', '\x1b[112;5:3u', '\x1b[57442;5:3u', '\x1b[57442;5u']
    deepEqual(typing('ctrl-p,ctrl-q', [...silent, '\x1b[113;5u']), { passed: '\x1b[57442;5u', detached: true })
    deepEqual(typing('ctrl-p,ctrl-q', [...silent, 'x']), { passed: `${silent.join('')}x`, detached: false })
    deepEqual(typing('ctrl-p,ctrl-q', [P, '|', '\x1b[112;5:3u', Q]), { passed: `${P}\x1b[112;5:3u`, detached: true })
  })

  it('are not those of another key, or of another combination', () => {
    for (const other of ['\x1b[112;6u', '\x1b[112;1u', '\x1b[A', '\x1b[200~', '\x1b[1;5P', '\x1b[u', '\x1bp']) {
      deepEqual(typing('ctrl-p,ctrl-q', [other, Q]), { passed: `${other}${Q}`, detached: false })
    }
  })

  it('are not the letters of a report of the mouse, or of an answer of the terminal', () => {
    for (const report of ['\x1b[<0;44;4M', '\x1b[?62;4c', '\x1b[?2026;2$y']) {
      for (const keys of ['M', 'c', 'y', '4', '<', '?']) {
        deepEqual(typing(keys, [report]), { passed: report, detached: false }, keys)
      }
    }
  })

  it('never keep Esc waiting, nor half a sequence', () => {
    deepEqual(typing('ctrl-p,ctrl-q', ['\x1b']), { passed: '\x1b', detached: false })
    deepEqual(typing('ctrl-p,ctrl-q', ['\x1b[11']), { passed: '\x1b[11', detached: false })
  })

  it('leave every other byte as it is, however it is cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(P, Q, '|', '\x1b[112;5u', '\x1b[113;5:3u', '\x1b', '\x1b[', 'é', '\xff', '\x00'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const latin = pieces.map((text) => (text === '|' ? text : Buffer.from(text).toString('latin1')))
        const { passed, detached } = typing('ctrl-p,ctrl-q', [...latin, '|'])
        const typed = latin.filter((text) => text !== '|').join('')
        if (detached) equal(typed.startsWith(passed), true)
        else equal(passed, typed)
      }),
    )
  })
})
