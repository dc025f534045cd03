// Runs the bundle of a program once and keeps what V8 compiled meanwhile: usage `node write-code.js BUNDLE WORD…`, the words being
// a command line of the program that goes through as much of it as matters.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { keepNurserySmall } from '../daemon/nursery.ts'
import { bundledScript, codeFile, sealedCode } from '../runtime/bundled-script.ts'

const [bundle = ''] = process.argv.splice(2, 1)
const file = codeFile(bundle)
rmSync(file, { force: true })
// As its launcher does: V8 uses no code that was compiled with other flags.
if (basename(bundle).startsWith('netdaemon')) keepNurserySmall()
const { script, run } = bundledScript(bundle)
process.on('exit', () => {
  writeFileSync(file, sealedCode(readFileSync(bundle), script.createCachedData()))
  // How that command ended is of no interest.
  process.exitCode = 0
})
run()
