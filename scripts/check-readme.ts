// Keeps README.md true: a block of code below a comment that names a file is that file, word for word. With --quick-start it
// prints the command lines of the section "Quick start" instead, for CI to run them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './repository.ts'

const readme = readFileSync(join(repository, 'README.md'), 'utf8')

if (process.argv.includes('--quick-start')) console.log(quickStart().join('\n'))
else checkIncluded()

/** The lines of the section's first block of shell commands. */
function quickStart(): string[] {
  const [, section = ''] = readme.split('\n## Quick start\n')
  const block = /```sh\n(.*?)```/s.exec(section)?.[1]
  if (block === undefined) throw new Error('README.md has no command lines under "Quick start"')
  return block.trim().split('\n')
}

function checkIncluded(): void {
  const included = [...readme.matchAll(/<!-- (\S+\.\w+) -->\n```\w+\n(.*?)```/gs)]
  if (included.length === 0) throw new Error('README.md includes no file')
  for (const [, path = '', text] of included) {
    if (readFileSync(join(repository, path), 'utf8') === text) {
      console.log(`README.md has ${path} as it is`)
    } else {
      console.error(`README.md has another text of ${path}: copy it there`)
      process.exitCode = 1
    }
  }
}
