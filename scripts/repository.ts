// Where scripts, tests and benchmarks find what is not compiled: documents, configuration, programs in other languages.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of package.json. */
export const repository = nearestPackage(dirname(fileURLToPath(import.meta.url)))

function nearestPackage(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory
  const parent = dirname(directory)
  if (parent === directory) throw new Error('no package.json above this file')
  return nearestPackage(parent)
}
