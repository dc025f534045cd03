// Writes the completion scripts, dist/completions/ndctl.bash and so on: part of every build, since they are made from what the
// command line declares. Each is a part written by hand, which finds where on the line the cursor is, and tables.

import { mkdirSync, writeFileSync } from 'node:fs'
import { bashScript } from './completion/bash.ts'
import { fishScript } from './completion/fish.ts'
import { completionModel } from './completion/model.ts'
import { zshScript } from './completion/zsh.ts'

const directory = new URL('../completions/', import.meta.url)
mkdirSync(directory, { recursive: true })
const model = await completionModel()
writeFileSync(new URL('ndctl.bash', directory), bashScript(model))
// Whatever directory of $fpath it is put into: zsh goes by this name.
writeFileSync(new URL('_ndctl', directory), zshScript(model))
writeFileSync(new URL('ndctl.fish', directory), fishScript(model))
