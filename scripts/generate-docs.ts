// Writes the documents that are derived from the code. With --check it writes nothing, and fails if one is out of date.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageVersion } from '../cli/version.ts'
import { jsonSchemas } from './docs/json-schemas.ts'
import { protocolPage } from './docs/protocol-page.ts'
import { typesSource } from './docs/types-source.ts'
import { ndctlPage } from './man/ndctl.ts'
import { netdaemonPage } from './man/netdaemon.ts'
import { protocolManPage } from './man/protocol.ts'
import { repository } from './repository.ts'

const version = packageVersion()
const documents: Readonly<Record<string, () => string | Promise<string>>> = {
  'proto/types.ts': typesSource,
  'docs/protocol.md': protocolPage,
  'docs/protocol.schema.json': jsonSchemas,
  'docs/man/ndctl.1': () => ndctlPage(version),
  'docs/man/netdaemon.8': () => netdaemonPage(version),
  'docs/man/netdaemon-protocol.7': () => protocolManPage(version),
}

const check = process.argv.includes('--check')
for (const [path, write] of Object.entries(documents)) {
  const file = join(repository, path)
  const text = await write()
  if (!check) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`${path}: ${text.length} characters`)
  } else if (existsSync(file) && readFileSync(file, 'utf8') === text) {
    console.log(`${path} is up to date`)
  } else {
    console.error(`${path} is out of date: run "npm run docs", and commit it`)
    process.exitCode = 1
  }
}
