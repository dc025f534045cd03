// Writes the documents that are derived from the code. With --check it writes nothing, and fails if one is out of date.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonSchemas } from './docs/json-schemas.ts'
import { protocolPage } from './docs/protocol-page.ts'
import { repository } from './repository.ts'

const documents: Readonly<Record<string, () => string>> = {
  'docs/protocol.md': protocolPage,
  'docs/protocol.schema.json': jsonSchemas,
}

const check = process.argv.includes('--check')
for (const [path, write] of Object.entries(documents)) {
  const file = join(repository, path)
  const text = write()
  if (!check) {
    writeFileSync(file, text)
    console.log(`${path}: ${text.length} characters`)
  } else if (readFileSync(file, 'utf8') === text) {
    console.log(`${path} is up to date`)
  } else {
    console.error(`${path} is out of date: run "npm run docs", and commit it`)
    process.exitCode = 1
  }
}
