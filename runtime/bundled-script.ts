// Runs the bundle of a program with the code that V8 compiled from it at the build: that takes a quarter of the time. V8 refuses code
// of another version or with other flags, and then compiles as usual. It does not notice code that is damaged or that belongs to
// another bundle of the same length, so a checksum of both is compared first.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { Script } from 'node:vm'
import { crc32 } from 'node:zlib'

const CHECKSUM_BYTES = 4

/** Where its code is kept, beside the bundle. */
export const codeFile = (bundle: string): string => `${bundle}.code`

/**
 * The text of the bundle: what Node would make of a CommonJS module, made at the build, since a quarter of a megabyte is worth no
 * copy at each start. Its `import()` is to be `importModule`: that of a script kept as code does not find its way.
 */
export const bundleText = (module: string): string =>
  `(function (exports, require, module, __filename, __dirname, importModule) {${module}\n})`

/** The bundle in this file, to be run once. `run` is what Node would do with it as a CommonJS module. */
export function bundledScript(bundle: string): { readonly script: Script; run(): void } {
  const bytes = readFileSync(bundle)
  const cachedData = readCode(codeFile(bundle), bytes)
  // Plain ASCII, by the bundler.
  const script = new Script(bytes.toString('latin1'), {
    filename: bundle,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  const run = () => {
    const module = { exports: {} }
    const importModule = (name: string) => import(name)
    script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle), importModule)
  }
  return { script, run }
}

/** What the file of its code holds. */
export function sealedCode(bundle: Buffer, code: Buffer): Buffer {
  const checksum = Buffer.alloc(CHECKSUM_BYTES)
  checksum.writeUInt32LE(checksumOf(bundle, code))
  return Buffer.concat([checksum, code])
}

const checksumOf = (bundle: Buffer, code: Buffer): number => crc32(code, crc32(bundle))

function readCode(file: string, bundle: Buffer): Buffer | undefined {
  try {
    const sealed = readFileSync(file)
    const code = sealed.subarray(CHECKSUM_BYTES)
    return sealed.length > CHECKSUM_BYTES && sealed.readUInt32LE() === checksumOf(bundle, code) ? code : undefined
  } catch {
    // Missing or unreadable: V8 compiles the bundle as usual.
    return undefined
  }
}
