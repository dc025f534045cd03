// The code that V8 keeps of a program: used if it is of this very bundle and whole, and else left alone. V8 itself looks at neither.

import { equal } from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { bundledScript, bundleText, codeFile, sealedCode } from '../../../runtime/bundled-script.ts'

/** A directory with a bundle, and its code. */
function bundleIn(t: TestContext): { bundle: string; code: string } {
  const directory = mkdtempSync('/tmp/ndb-')
  t.after(() => rmSync(directory, { recursive: true }))
  const bundle = join(directory, 'main.cjs')
  const module = 'module.exports.said = () => "one"; process.emit("bundle-said", module.exports.said())'
  writeFileSync(bundle, bundleText(module))
  const { script, run } = bundledScript(bundle)
  run()
  const code = codeFile(bundle)
  writeFileSync(code, sealedCode(readFileSync(bundle), script.createCachedData()))
  return { bundle, code }
}

/** Whether the code is used. */
const isUsed = (bundle: string) => bundledScript(bundle).script.cachedDataRejected === false

/** What the bundle says when it is run. */
function saidBy(bundle: string): string {
  let said = 'nothing'
  const listener = (word: string) => {
    said = word
  }
  const told: NodeJS.EventEmitter = process
  told.once('bundle-said', listener)
  bundledScript(bundle).run()
  return said
}

describe('the code of the bundle', () => {
  test('is used when it is of this bundle', (t) => {
    const { bundle } = bundleIn(t)
    equal(isUsed(bundle), true)
    equal(saidBy(bundle), 'one')
  })

  test('is left alone when any byte of it has changed, or some are missing: V8 would die of it', (t) => {
    const { bundle, code } = bundleIn(t)
    const whole = readFileSync(code)
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 4
      writeFileSync(code, damaged)
      equal(isUsed(bundle), false)
    }
    for (const length of [0, 3, 4, 5, whole.length - 1]) {
      writeFileSync(code, whole.subarray(0, length))
      equal(isUsed(bundle), false)
      equal(saidBy(bundle), 'one')
    }
  })

  test('is left alone when it is of another bundle, though of the same length: V8 would run the other', (t) => {
    const { bundle } = bundleIn(t)
    writeFileSync(bundle, readFileSync(bundle, 'utf8').replace('one', 'two'))
    equal(isUsed(bundle), false)
    equal(saidBy(bundle), 'two')
  })
})
