// The code of the emulator (@xterm/headless): read when the daemon starts, and run when the first screen is needed, since it takes
// 15 ms and 6 MB. After the start no file is opened for it, so neither a shortage of file descriptors nor an update of
// the package under a running daemon costs anyone a screen.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Xterm = typeof import('@xterm/headless')

/** Written there by the build (scripts/bundle.ts), as plain ASCII. */
const file = fileURLToPath(new URL('xterm-headless.cjs', import.meta.url))
const source = readFileSync(file, 'latin1')

/** Runs it: each call makes a module of its own. */
export function runEmulatorCode(): Xterm {
  const module: { exports: unknown } = { exports: {} }
  const { compileFunction } = process.getBuiltinModule('node:vm')
  compileFunction(source, ['module', 'exports'], { filename: file })(module, module.exports)
  return module.exports as Xterm
}
