#!/usr/bin/env node
// The program `ndctl` as it is installed: runs the bundle of ndctl.ts, sooner.

import { fileURLToPath } from 'node:url'
import { bundledScript } from './bundled-script.ts'

bundledScript(fileURLToPath(new URL('.', import.meta.url))).run()
