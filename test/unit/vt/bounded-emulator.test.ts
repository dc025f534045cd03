// What a program may print, however long it goes on, costs an emulator no more than it can do in a moment.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import xterm from '@xterm/headless'
import { setBounds } from '../../../vt/bounded-emulator.ts'

const { Terminal } = xterm

/** Private members, by which memory can be counted. */
interface Core {
  readonly buffers: {
    readonly normal: { readonly markers: readonly unknown[]; readonly lines: { get(row: number): unknown } }
  }
  readonly _inputHandler: { readonly _curAttrData: { readonly extended: { readonly urlId: number } } }
  readonly _oscLinkService: { getLinkData(link: number): { readonly uri: string } | undefined }
}

class Rig {
  readonly terminal = new Terminal({ cols: 20, rows: 5, allowProposedApi: true, scrollback: 0 })
  readonly core = (this.terminal as unknown as { readonly _core: Core })._core

  constructor() {
    setBounds(this.terminal)
  }

  print(text: string): Promise<void> {
    return new Promise((resolve) => this.terminal.write(text, resolve))
  }

  rows(): string[] {
    const { active } = this.terminal.buffer
    return Array.from({ length: 5 }, (_, row) => active.getLine(row)?.translateToString(true) ?? '')
  }

  /** The link that text printed now would be a part of. */
  get link(): string | undefined {
    return this.core._oscLinkService.getLinkData(this.core._inputHandler._curAttrData.extended.urlId)?.uri
  }
}

const link = (uri: string) => `\x1b]8;;${uri}\x1b\\`
const lines = 'one\r\ntwo\r\nthree\r\nfour\r\nfive'

test('counts beyond all measure do what counts of the screen do', async () => {
  for (const [final, rows] of [
    ['S', ['', '', '', '', '']],
    ['T', ['', '', '', '', '']],
    ['L', ['one', '', '', '', '']],
    ['M', ['one', '', '', '', '']],
  ] as const) {
    const rig = new Rig()
    await rig.print(`${lines}\x1b[2;1H\x1b[2147483647${final}`)
    assert.deepEqual(rig.rows(), rows, final)
  }
  const tabs = new Rig()
  await tabs.print('\x1b[2147483647Ix\r\n\x1b[10C\x1b[2147483647Zy')
  assert.deepEqual(tabs.rows().slice(0, 2), [`${' '.repeat(19)}x`, 'y'])
  const repeated = new Rig()
  await repeated.print('x\x1b[2147483647b')
  assert.deepEqual(repeated.rows(), ['x'.repeat(20), 'x'.repeat(20), 'x'.repeat(20), 'x'.repeat(20), 'x'])
})

test('small counts are what they are', async () => {
  const rig = new Rig()
  await rig.print(`${lines}\x1b[2S\x1b[1;1Hx\x1b[3b\x1b[2Iy`)
  assert.deepEqual(rig.rows(), ['xxxxe           y', 'four', 'five', '', ''])
})

test('a character takes as many marks as any text needs, and no more', async () => {
  const rig = new Rig()
  await rig.print(`a${'\u0301'.repeat(5)}b${'\u0301'.repeat(100_000)}c`)
  const [row = ''] = rig.rows()
  assert.equal(row.length, 1 + 5 + 1 + 30 + 1)
  assert.match(row, /^a\u0301{5}b\u0301{30}c$/)
})

test('a link is kept as long as it can be seen, and the others are forgotten', async () => {
  const rig = new Rig()
  await rig.print(`\x1b[2;1H${link('http://kept')}kept`)
  const kept = rig.core._inputHandler._curAttrData.extended.urlId
  for (let n = 0; n < 50; n++) {
    const batch = Array.from({ length: 200 }, (_, each) => `\x1b[H${link(`http://${n}/${each}`)}x${link('')}`)
    await rig.print(batch.join(''))
  }
  const numbers = Array.from({ length: 20_000 }, (_, number) => number)
  const known = numbers.filter((number) => rig.core._oscLinkService.getLinkData(number) !== undefined)
  assert.ok(known.length <= 2000, `${known.length} links`)
  assert.equal(rig.core._oscLinkService.getLinkData(kept)?.uri, 'http://kept')
  assert.deepEqual(rig.core.buffers.normal.markers, [])
  await rig.print(link('http://last'))
  assert.equal(rig.link, 'http://last')
})

test('the same link is one, and one that is too long is none', async () => {
  const rig = new Rig()
  await rig.print(link('http://same'))
  const first = rig.core._inputHandler._curAttrData.extended.urlId
  await rig.print(`${link('http://other')}${link('http://same')}`)
  assert.equal(rig.core._inputHandler._curAttrData.extended.urlId, first)
  await rig.print(link(`http://${'x'.repeat(3000)}`))
  assert.equal(rig.link, undefined)
})

test('a character that is not printed again in a moment is repeated for a row at most', async () => {
  const marked = new Rig()
  await marked.print('e\u0301\x1b[2147483647b')
  assert.deepEqual(marked.rows(), ['e\u0301'.repeat(20), 'e\u0301', '', '', ''])
  const inserted = new Rig()
  await inserted.print('\x1b[4hx\x1b[2147483647b')
  assert.deepEqual(inserted.rows(), ['x'.repeat(20), 'x', '', '', ''])
})

test('links are refused without a look at the whole screen each time, until there may be room again', async () => {
  const rig = new Rig()
  const seen = Array.from({ length: 99 }, (_, n) => `${link(`http://${n}/${'x'.repeat(2000)}`)}x`)
  await rig.print(seen.join(''))
  const { lines } = rig.core.buffers.normal
  let looks = 0
  const get = lines.get.bind(lines)
  lines.get = (row) => {
    looks++
    return get(row)
  }
  const others = Array.from({ length: 600 }, (_, n) => link(`http://${n}/${'y'.repeat(2000)}`))
  await rig.print(others.join(''))
  assert.ok(looks < 200, `${looks} rows were looked at`)
  lines.get = get
  // Nothing is seen of them any more.
  await rig.print(`\x1bc${Array.from({ length: 1100 }, (_, n) => link(`http://${n}/${'z'.repeat(2000)}`)).join('')}`)
  assert.match(rig.link ?? '', /^http:\/\/1099\/z+$/)
})
