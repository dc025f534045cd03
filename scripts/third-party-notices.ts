// The licences of what is bundled: which packages the bundles hold code of, by esbuild's own account, and the text that
// goes with them into the package. A package without a licence text fails the build: its code may not be handed on.

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Metafile } from 'esbuild'
import { repository } from './repository.ts'

/** One package that code was taken from. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** What its package.json calls its licence. */
  readonly license: string
  /** Its licence files, and NOTICE if it has one, as they are. */
  readonly text: string
}

/** The licence files of two projects that leave them out of their packages: the package's name, with + for a slash. */
const ADDED = join(repository, 'scripts/licenses')
const LICENSE_FILE = /^(licen[cs]e|copying|notice)([-.].*)?$/i

/**
 * The packages whose code is in the bundles, by name and version, each once.
 *
 * @throws Error for a package that has no licence text
 */
export function bundledPackages(metafiles: readonly Metafile[], base: string = process.cwd()): BundledPackage[] {
  const directories = new Set<string>()
  for (const { outputs } of metafiles) {
    for (const [input, { bytesInOutput }] of Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))) {
      const directory = /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
      if (directory !== undefined && bytesInOutput > 0) directories.add(resolve(base, directory))
    }
  }
  const packages = new Map<string, BundledPackage>()
  for (const directory of directories) {
    const found = readPackage(directory)
    packages.set(`${found.name} ${found.version}`, found)
  }
  return Array.from(packages.values()).sort((one, other) => compare(one.name, other.name))
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

function readPackage(directory: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const own = readdirSync(directory).filter((file) => LICENSE_FILE.test(file))
  const added = readdirSync(ADDED).filter((file) => file === `${name.replace('/', '+')}.txt`)
  const files = [...own.map((file) => join(directory, file)), ...added.map((file) => join(ADDED, file))]
  const text = files.map((file) => readFileSync(file, 'utf8').trim()).join('\n\n')
  if (text === '') {
    throw new Error(
      `cannot bundle ${name}: ${directory} holds no licence text; add the project's own as ${ADDED}/${name.replace('/', '+')}.txt`,
    )
  }
  return { name, version, license: String(license), text }
}

/** The text for the package. */
export function notices(packages: readonly BundledPackage[]): string {
  const sections = packages.map(
    ({ name, version, license, text }) => `${'='.repeat(78)}\n${name} ${version} (${license})\n\n${text}\n`,
  )
  return ['The programs beside this file contain code of these packages.\n', ...sections].join('\n')
}
