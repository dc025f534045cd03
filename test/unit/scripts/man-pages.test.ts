// The manual pages: that nothing is left out of them, and that neither groff nor mandoc finds fault.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { verbs } from '../../../cli/verbs.ts'
import { flags } from '../../../daemon/config/flags.ts'
import { requests } from '../../../proto/protocol.ts'
import { fromMarkdown } from '../../../scripts/man/from-markdown.ts'
import { inline, text } from '../../../scripts/man/roff.ts'
import { repository } from '../../../scripts/repository.ts'
import { needs } from '../../support/programs.ts'

const pageFile = (name: string) => join(repository, 'docs/man', name)
const pages = ['ndctl.1', 'netdaemon.8', 'netdaemon-protocol.7']

/** As a reader sees it, without bold and underlining. */
const shown = (name: string) =>
  execFileSync('mandoc', ['-Tascii', '-Owidth=200', pageFile(name)], { encoding: 'utf8' }).replaceAll(/.[\b]/g, '')

for (const name of pages) {
  describe(name, () => {
    it('is clean for mandoc', needs('mandoc'), () => {
      const { stdout, stderr, status } = spawnSync('mandoc', ['-Tlint', pageFile(name)], { encoding: 'utf8' })
      assert.deepEqual([stdout, stderr, status], ['', '', 0])
    })

    it('is clean for groff, whatever the locale', needs('man', 'groff'), () => {
      for (const locale of ['C', 'C.UTF-8']) {
        const env = { ...process.env, LC_ALL: locale, MANWIDTH: '80' }
        const { stderr, status } = spawnSync('man', ['--warnings', '-l', pageFile(name)], { env, encoding: 'utf8' })
        assert.deepEqual([stderr, status], ['', 0])
      }
    })

    it('is ASCII', () => {
      assert.match(readFileSync(pageFile(name), 'utf8'), /^[ -~\n]*$/)
    })
  })
}

describe('what is declared is in the manual', () => {
  it('every verb of ndctl, with its options', needs('mandoc'), async () => {
    const page = shown('ndctl.1')
    for (const [name, { hidden, load }] of verbs) {
      assert.equal(page.includes(`\n   ndctl ${name}`), hidden !== true, name)
      if (hidden) continue
      const { default: command } = await load()
      assert.ok(command.examples.length > 0, `${name} has no example`)
      for (const option of Object.keys(command.options)) assert.ok(page.includes(`--${option}`), `${name} --${option}`)
    }
  })

  it('every flag of netdaemon', needs('mandoc'), () => {
    const page = shown('netdaemon.8')
    for (const flag of Object.keys(flags)) assert.ok(page.includes(`--${flag}`), flag)
  })

  it('every request of the protocol', needs('mandoc'), () => {
    const page = shown('netdaemon-protocol.7')
    for (const request of Object.keys(requests)) assert.ok(page.includes(`\n   ${request}\n`), request)
  })
})

describe('roff', () => {
  it('escapes what would be a macro or an escape', () => {
    assert.equal(text('.start of a line \\n'), '\\&.start of a line \\en')
    assert.equal(text("'quoted'"), "\\&'quoted'")
  })

  it('marks what is typed', () => {
    assert.equal(inline('use `a-b`, **not** --no-x'), 'use \\fBa\\-b\\fR, \\fBnot\\fR \\fB\\-\\-no\\-x\\fR')
  })

  it('begins each sentence on a line of its own', () => {
    assert.equal(text('One is here. Two is there.'), 'One is here.\nTwo is there.')
  })

  it('has a term for each row of a table', () => {
    assert.deepEqual(fromMarkdown('| a | b |\n| --- | --- |\n| `x` | one \\| two |'), [
      '.PD 0',
      '.TP\n\\fBx\\fR\none | two',
      '.PD',
    ])
  })
})
