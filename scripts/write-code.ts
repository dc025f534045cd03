// Runs ndctl's bundle once and keeps what V8 compiled meanwhile: usage `node write-code.js DIRECTORY WORD…`, the words being
// a command line of ndctl that goes through as much of it as matters.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundledScript, codeFile } from '../cli/bundled-script.ts'

const [directory = '.'] = process.argv.splice(2, 1)
const file = codeFile(join(directory, 'ndctl-main.cjs'))
rmSync(file, { force: true })
const { script, run } = bundledScript(directory)
process.on('exit', () => {
  writeFileSync(file, script.createCachedData())
  // How that command ended is of no interest.
  process.exitCode = 0
})
run()
