// The bundle of ndctl as a script, compiled with the code that V8 made of it at the build: that takes a quarter of the time.
// V8 refuses code of another version or with other flags; then it compiles as ever.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'

/** Where its code is kept, beside the bundle. */
export const codeFile = (bundle: string): string => `${bundle}.code`

/** The bundle, to be run once. `run` is what Node would do with it as a CommonJS module. */
export function bundledScript(directory: string): { readonly script: Script; run(): void } {
  const bundle = join(directory, 'ndctl-main.cjs')
  const cachedData = readCode(codeFile(bundle))
  // Plain ASCII, by the bundler, which also has made its `import()` this importModule: that of a script kept as code does
  // not find its way.
  const text = readFileSync(bundle, 'latin1')
  const source = `(function (exports, require, module, __filename, __dirname, importModule) {${text}\n})`
  const script = new Script(source, {
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

function readCode(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    // Whyever it is not there: it is not needed.
    return undefined
  }
}
