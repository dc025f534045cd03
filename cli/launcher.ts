// The program `ndctl` as it is installed: runs the bundle of ndctl.ts, sooner. The build puts a line of shell in front, which
// starts Node (scripts/bundle.ts).

import { fileURLToPath } from 'node:url'
import { bundledScript } from '../runtime/bundled-script.ts'

// Without a listener Node would open its debugger to whoever can connect to the port.
process.on('SIGUSR1', () => {})
bundledScript(fileURLToPath(new URL('ndctl-main.cjs', import.meta.url))).run()
