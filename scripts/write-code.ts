// Runs ndctl's bundle once and keeps what V8 compiled meanwhile: usage `node write-code.js DIRECTORY WORD…`, the words being
// a command line of ndctl that goes through as much of it as matters.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundledScript, codeFile, sealedCode } from '../cli/bundled-script.ts'

const [directory = '.'] = process.argv.splice(2, 1)
const bundle = join(directory, 'ndctl-main.cjs')
const file = codeFile(bundle)
rmSync(file, { force: true })
const { script, run } = bundledScript(directory)
process.on('exit', () => {
  writeFileSync(file, sealedCode(readFileSync(bundle), script.createCachedData()))
  // How that command ended is of no interest.
  process.exitCode = 0
})
run()
