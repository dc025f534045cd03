// The guides are true: what their sessions show is what their commands print.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { guides } from '../../scripts/guides/list.ts'
import { play } from '../../scripts/guides/play.ts'
import { agrees, type Part, partsOf, written } from '../../scripts/guides/sessions.ts'
import { repository } from '../../scripts/repository.ts'
import { needs } from '../support/programs.ts'

describe('what a guide shows is what comes out:', () => {
  for (const guide of guides) {
    it(guide, guide.includes('another-language') ? needs('python3') : {}, async () => {
      const parts = partsOf(readFileSync(join(repository, guide), 'utf8'))
      const played = await play(parts)
      for (const [at, part] of parts.entries()) compare(guide, part, played[at])
    })
  }
})

function compare(guide: string, told: Part, played: Part | undefined): void {
  if (told.kind !== 'session' || played?.kind !== 'session') return
  for (const [at, { command, output }] of told.steps.entries()) {
    const printed = played.steps[at]?.output ?? []
    const where = `${guide}, the session from line ${told.line} on: $ ${command}\nprinted\n${printed.join('\n')}`
    assert.ok(agrees(output, printed), `${where}\nand not\n${output.join('\n')}`)
  }
}

describe('a session', () => {
  const text =
    'A\n```console\n$ one \\\n> two\nout 1\nout 2\n$ three\n```\nB\n<!-- not run: so -->\n```console\n$ four\n```\n'

  it('is its commands and what they printed, between the text', () => {
    const parts = partsOf(text)
    assert.deepEqual(parts[1], {
      kind: 'session',
      line: 2,
      steps: [
        { command: 'one \\\ntwo', output: ['out 1', 'out 2'] },
        { command: 'three', output: [] },
      ],
    })
    assert.equal(parts.length, 3)
    assert.equal(written(parts), text)
  })

  it('agrees in all but what varies', () => {
    const told = ['web  running  18825  3s  42 B', '…', 'end']
    assert.ok(agrees(told, ['web   running   7713   12s  1.2 KiB', 'any', 'lines', 'end']))
    assert.ok(agrees(told, ['web  running  18825  3s  42 B', 'end']))
    for (const other of [['web  exited  18825  3s  42 B', 'end'], told.slice(0, 1), [...told, 'more'], []]) {
      assert.ok(!agrees(told, other), other.join())
    }
  })

  it('agrees on another day, and on a machine that is slower by minutes', () => {
    for (const [told, printed] of [
      ['ended       2026-11-21 04:54:15 (0s ago)', 'ended       2027-01-02 23:59:59 (1m 3s ago)'],
      ['web  running  4711  0s  0 B  0  cat', 'web  running   12  2h 59m   0 B  0  cat'],
    ] as const) {
      assert.ok(agrees([told], [printed]), printed)
    }
    assert.ok(!agrees(['started 2026-11-21'], ['ended 2026-11-21']))
  })
})
