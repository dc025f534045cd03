#!/usr/bin/env node
// The program `netdaemon` as it is installed: runs the bundle of main.ts, sooner.

import './no-debugger.ts'
import { fileURLToPath } from 'node:url'
import { bundledScript } from '../runtime/bundled-script.ts'
import { keepNurserySmall } from './nursery.ts'

// First: V8 uses no code that was compiled with other flags.
keepNurserySmall()
bundledScript(fileURLToPath(new URL('netdaemon-main.cjs', import.meta.url))).run()
