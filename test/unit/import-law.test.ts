// The law of imports (scripts/import-law.ts) held against the sources, and tried: each import that it forbids must be found.
// Which packages a folder may use is the linter's matter, and tried with it.

import { deepEqual, match, notEqual } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { importCircles, importLaw, importMistakes, outside, type Source } from '../../scripts/import-law.ts'
import { repository } from '../../scripts/repository.ts'

const LAYERS = ['vt', 'runtime', 'proto', 'client-lib', 'cli', 'daemon']

const sources = [...LAYERS, ...outside].flatMap(sourcesBelow)
const folders = new Set(sources.map(({ path }) => dirname(path)).filter((folder) => !isOutside(folder)))

test('every import of the sources is within the law', () => {
  notEqual(folders.size, 0)
  deepEqual(importMistakes(sources), [])
})

test('no file imports itself by way of others, not for its types either', () => {
  deepEqual(
    importCircles(sources).map((circle) => circle.join(' → ')),
    [],
  )
})

test('each folder of the law exists', () => {
  const paths = new Set([...folders, ...sources.map(({ path }) => path)])
  const named = Object.entries(importLaw).flatMap(([place, allowed]) => [place, ...allowed])
  deepEqual(
    named.filter((place) => !paths.has(place.replace(/\/\*\*$/, '')) && !below(place)),
    [],
  )
})

test('a folder without a row is a mistake, below another too', () => {
  for (const folder of ['new', 'daemon/new', 'cli/text/new']) {
    const [mistake] = importMistakes([{ path: `${folder}/file.ts`, text: '' }])
    match(mistake ?? '', /has no row in the law/)
  }
})

test('each import that the law forbids is found, however it is written', () => {
  let tried = 0
  for (const folder of Object.keys(importLaw)) {
    const path = folder.endsWith('.ts') ? folder : `${folder.replace(/\/\*\*$/, '')}/probe.ts`
    for (const { path: target } of sources) {
      if (dirname(target) === dirname(path) || isAllowed(folder, target)) continue
      const to = relative(dirname(path), target)
      const specifier = to.startsWith('.') ? to : `./${to}`
      for (const text of [
        `import '${specifier}'`,
        `import { type It } from "${specifier}"`,
        `export * from '${specifier}'`,
        `export const it = await import('${specifier}')`,
      ]) {
        deepEqual(importMistakes([{ path, text }]), [`${path} may not import ${target}`])
        tried += 1
      }
    }
  }
  notEqual(tried, 0)
})

test('a circle is found, through types too', () => {
  const circle = importCircles([
    { path: 'proto/a.ts', text: "import { b } from './b.ts'" },
    { path: 'proto/b.ts', text: "import type { C } from './codec/c.ts'" },
    { path: 'proto/codec/c.ts', text: "export * from '../a.ts'" },
  ])
  deepEqual(circle, [['proto/a.ts', 'proto/b.ts', 'proto/codec/c.ts', 'proto/a.ts']])
})

/** Where, and what is written there. */
type Probe = readonly [place: string, source: string]

const refused: readonly Probe[] = [
  ['vt', "import 'koffi'"],
  ['proto', "import 'koffi'"],
  ['proto', "import 'node-unix-socket'"],
  ['proto', "import 'execa'"],
  ['proto/messages', "import 'yargs/yargs'"],
  ['proto/transport', "import 'netdaemon/client'"],
  ['client-lib', "import 'koffi'"],
  ['client-lib/link', "import 'yargs'"],
  ['client-lib', "import 'netdaemon/protocol'"],
  ['cli', "import 'koffi'"],
  ['cli/commands', "import 'node-unix-socket'"],
  ['cli/tui/store', "import 'koffi'"],
  ['daemon', "import 'koffi'"],
  ['daemon/session', "import 'ink'"],
  ['daemon/linux', "import 'node-unix-socket'"],
  ['daemon/linux/spawn', "import 'react'"],
  ['examples', "import 'koffi'"],
  ['examples', "import 'execa'"],
]

const allowed: readonly Probe[] = [
  ['vt', "import '@xterm/headless'"],
  ['proto', "import 'valibot'"],
  ['cli/tui', "import 'ink'"],
  ['daemon', "import 'execa'"],
  ['daemon/linux', "import 'koffi'"],
  ['daemon/linux/stdio', "import 'koffi'"],
  ['examples', "import 'netdaemon/client'"],
  ['proto/transport/seqpacket/socket-calls.ts', "import 'koffi'"],
  ['proto/transport/seqpacket/fd-watch.ts', "import 'node-unix-socket/js/addon'"],
]

test('a package that a folder may not use is refused by the linter, one that it may is not', () => {
  const directory = mkdtempSync(join(tmpdir(), 'law-'))
  try {
    copyFileSync(join(repository, 'biome.json'), join(directory, 'biome.json'))
    const probes = new Map<string, Probe>()
    for (const [index, probe] of [...refused, ...allowed].entries()) {
      probes.set(probe[0].endsWith('.ts') ? probe[0] : `${probe[0]}/probe-${index}.ts`, probe)
    }
    for (const [path, [, source]] of probes) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), `${source}\n`)
    }
    deepEqual(
      refusedFiles(directory)
        .map((path) => probes.get(path)?.join(': '))
        .sort(),
      refused.map((probe) => probe.join(': ')).sort(),
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})

function isOutside(path: string): boolean {
  return outside.includes(path.split('/')[0] ?? '')
}

function below(place: string): boolean {
  return sources.some(({ path }) => path.startsWith(place.replace(/\*\*$/, '')))
}

/** The same question asked of the law's text in another way: by a pattern. */
function isAllowed(folder: string, target: string): boolean {
  return (importLaw[folder] ?? []).some((entry) => {
    const pattern = entry.endsWith('.ts') ? entry : entry.endsWith('/**') ? `${entry.slice(0, -2)}.+` : `${entry}/[^/]+`
    return new RegExp(`^${pattern}$`).test(target)
  })
}

function sourcesBelow(top: string): Source[] {
  const entries = readdirSync(join(repository, top), { recursive: true, encoding: 'utf8' })
  return entries
    .filter((entry) => /\.tsx?$/.test(entry) && !entry.includes('node_modules'))
    .map((entry) => ({ path: `${top}/${entry}`, text: readFileSync(join(repository, top, entry), 'utf8') }))
}

/** The files in which the linter found an import against the law. */
function refusedFiles(directory: string): string[] {
  const biome = join(repository, 'node_modules/.bin/biome')
  const rule = 'style/noRestrictedImports'
  const flags = ['lint', '--vcs-enabled=false', `--only=${rule}`, '--reporter=json', '--max-diagnostics=none']
  let report: string
  try {
    report = execFileSync(biome, flags, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (error) {
    // Exit code 1: something was refused, as it should be.
    report = (error as { stdout: string }).stdout
  }
  const { diagnostics } = JSON.parse(report) as { diagnostics: { category: string; location: { path: string } }[] }
  return diagnostics.filter(({ category }) => category === `lint/${rule}`).map(({ location }) => location.path)
}
