// Keeps README.md and the guides true: a block of code below a comment that names a file is that file, word for word, and one
// below `<!-- from FILE -->` is a part of it. With --quick-start it prints the command lines of README's section "Quick start"
// instead, for CI to run them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { guides } from './guides/list.ts'
import { repository } from './repository.ts'

const read = (path: string): string => readFileSync(join(repository, path), 'utf8')

if (process.argv.includes('--quick-start')) console.log(quickStart().join('\n'))
else for (const page of guides) checkIncluded(page)

/** The lines of the section's first block of shell commands. */
function quickStart(): string[] {
  const [, section = ''] = read('README.md').split('\n## Quick start\n')
  const block = /```sh\n(.*?)```/s.exec(section)?.[1]
  if (block === undefined) throw new Error('README.md has no command lines under "Quick start"')
  return block.trim().split('\n')
}

function checkIncluded(page: string): void {
  const included = [...read(page).matchAll(/<!-- (from )?(\S+\.\w+) -->\n```\w+\n(.*?)```/gs)]
  if (included.length === 0 && page === 'README.md') throw new Error('README.md includes no file')
  for (const [, from, path = '', text = ''] of included) {
    const file = read(path)
    if (from === undefined ? file === text : contains(file, text)) {
      console.log(`${page} has ${from === undefined ? '' : 'a part of '}${path} as it is`)
    } else {
      console.error(`${page} has another text of ${path}: copy it there`)
      process.exitCode = 1
    }
  }
}

/** Whether a file has these lines, one below the other; those of a page may be less far to the right. */
function contains(file: string, text: string): boolean {
  const lines = file.split('\n')
  const wanted = text.replace(/\n$/, '').split('\n')
  return lines.some((first, at) => {
    const indent = first.slice(0, first.length - first.trimStart().length)
    return wanted.every(
      (line, below) => lines[at + below] === (line === '' ? '' : `${indent}${line}`.replace(/^ +$/, '')),
    )
  })
}
