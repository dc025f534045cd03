// The package may hold other people's code only together with their licences.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Metafile } from 'esbuild'
import { bundledPackages, notices } from '../../../scripts/third-party-notices.ts'

type Files = Readonly<Record<string, string>>

/** A project with these packages in its node_modules. */
function project(t: TestContext, packages: Readonly<Record<string, Files>>): string {
  const directory = mkdtempSync('/tmp/ndn-')
  t.after(() => rmSync(directory, { recursive: true }))
  for (const [name, files] of Object.entries(packages)) {
    const at = join(directory, 'node_modules', name)
    mkdirSync(at, { recursive: true })
    for (const [file, text] of Object.entries(files)) writeFileSync(join(at, file), text)
  }
  return directory
}

const manifest = (name: string, version = '1.0.0') => JSON.stringify({ name, version, license: 'MIT' })

/** A bundle with so many bytes of each of these files. */
function bundleOf(inputs: Readonly<Record<string, number>>): Metafile {
  const taken = Object.fromEntries(Object.entries(inputs).map(([input, bytesInOutput]) => [input, { bytesInOutput }]))
  return { inputs: {}, outputs: { 'bin/x.mjs': { bytes: 1, inputs: taken, imports: [], exports: [] } } }
}

describe('the licences of what is bundled', () => {
  it('are those of each package that a bundle has code of, once for each version', (t) => {
    const base = project(t, {
      one: { 'package.json': manifest('one'), LICENSE: 'Text of one.\n' },
      '@its/two': { 'package.json': manifest('@its/two'), 'licence.md': 'Text of two.', NOTICE: 'Note of two.' },
      'one/node_modules/@its/two': { 'package.json': manifest('@its/two', '2.0.0'), COPYING: 'Newer text.' },
      unused: { 'package.json': manifest('unused'), LICENSE: 'Nobody asked.' },
    })
    const found = bundledPackages(
      [
        bundleOf({ 'dist/own.js': 9, 'node_modules/one/a.js': 1, 'node_modules/one/b.js': 1 }),
        bundleOf({
          'node_modules/@its/two/lib/a.js': 1,
          'node_modules/one/node_modules/@its/two/a.js': 1,
          'node_modules/unused/a.js': 0,
        }),
      ],
      base,
    )
    const named = found.map(({ name, version }) => `${name} ${version}`)
    assert.deepEqual(named.sort(), ['@its/two 1.0.0', '@its/two 2.0.0', 'one 1.0.0'])
    const text = notices(found)
    for (const part of ['@its/two 1.0.0 (MIT)', 'Text of one.', 'Text of two.', 'Note of two.', 'Newer text.']) {
      assert.ok(text.includes(part), part)
    }
  })

  it('must be there: a package without a licence text is refused by name', (t) => {
    const base = project(t, { bare: { 'package.json': manifest('bare'), 'README.md': 'MIT' } })
    assert.throws(
      () => bundledPackages([bundleOf({ 'node_modules/bare/a.js': 1 })], base),
      /^Error: cannot bundle bare: .*node_modules\/bare holds no licence text; add the project's own as .*\/bare\.txt$/,
    )
  })

  it('are taken from here for a package that leaves its own out', (t) => {
    const base = project(t, { '@xterm/headless': { 'package.json': manifest('@xterm/headless') } })
    const [found] = bundledPackages([bundleOf({ 'node_modules/@xterm/headless/a.js': 1 })], base)
    assert.match(found?.text ?? '', /^Copyright \(c\) .*The xterm\.js authors/)
  })
})
