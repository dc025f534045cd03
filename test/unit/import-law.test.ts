// The import law of biome.json, tried: one file for each import that must be refused, or allowed, linted in one run. A
// glob that no longer matches anything would otherwise let everything through unseen.

import { deepEqual } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { repository } from '../support/repository.ts'

/** Where, and what is written there. */
type Probe = readonly [folder: string, source: string]

const refused: readonly Probe[] = [
  ['proto', "import '../daemon/clock.ts'"],
  ['proto', "export * from '../client-lib/index.ts'"],
  ['proto', "import '../cli/ndctl.ts'"],
  ['proto', "import 'koffi'"],
  ['proto', "import 'node-unix-socket'"],
  ['proto', "import 'execa'"],
  ['proto', "import 'yargs/yargs'"],
  ['client-lib', "import '../daemon/clock.ts'"],
  ['client-lib', "import '../cli/ndctl.ts'"],
  ['client-lib', "import 'koffi'"],
  ['client-lib', "import 'yargs'"],
  ['client-lib', "import 'netdaemon/protocol'"],
  ['cli', "import '../proto/codec.ts'"],
  ['cli', "import '../client-lib/link.ts'"],
  ['cli', "import '../daemon/clock.ts'"],
  ['cli', "import 'koffi'"],
  ['cli/commands', "export const codec = await import('../../proto/codec.ts')"],
  ['cli/commands', "import '../../client-lib/link.ts'"],
  ['cli/commands', "import '../../daemon/clock.ts'"],
  ['cli/commands', "import 'node-unix-socket'"],
  ['daemon', "import '../client-lib/index.ts'"],
  ['daemon', "import '../cli/ndctl.ts'"],
  ['daemon', "import 'koffi'"],
  ['daemon', "import 'ink'"],
  ['daemon/linux', "import '../../client-lib/index.ts'"],
  ['daemon/linux', "import 'node-unix-socket'"],
  ['daemon/linux', "import 'react'"],
  ['examples', "import '../client-lib/index.ts'"],
  ['examples', "import 'koffi'"],
]

const allowed: readonly Probe[] = [
  ['proto', "import './errors.ts'"],
  ['proto', "import 'valibot'"],
  ['client-lib', "import '../proto/codec.ts'"],
  ['cli', "import '../client-lib/index.ts'"],
  ['cli', "import '../proto/default-socket.ts'"],
  ['cli', "import 'ink'"],
  ['cli/commands', "import '../../client-lib/index.ts'"],
  ['cli/commands', "import '../command.ts'"],
  ['daemon', "import '../proto/codec.ts'"],
  ['daemon', "import './linux/libc.ts'"],
  ['daemon', "import 'execa'"],
  ['daemon/linux', "import 'koffi'"],
  ['daemon/linux', "import '../../proto/errors.ts'"],
  ['examples', "import 'netdaemon/client'"],
]

test('an import against the grain of the layers is refused, one along it is not', () => {
  const directory = mkdtempSync(join(tmpdir(), 'law-'))
  try {
    copyFileSync(join(repository, 'biome.json'), join(directory, 'biome.json'))
    const probes = new Map<string, Probe>()
    for (const [index, probe] of [...refused, ...allowed].entries()) probes.set(`${probe[0]}/probe-${index}.ts`, probe)
    probes.set('proto/socket-calls.ts', ['proto/socket-calls.ts', "import 'koffi'"])
    probes.set('proto/fd-watch.ts', ['proto/fd-watch.ts', "import 'node-unix-socket/js/addon'"])
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
