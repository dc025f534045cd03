// The documents hang together: what a link or a picture names is there, and so is the heading that it leads to.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { it } from 'node:test'
import { repository } from '../../../scripts/repository.ts'

const documents = [
  'README.md',
  'CHANGELOG.md',
  ...['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(join(repository, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
]

const withoutCode = (markdown: string): string =>
  markdown.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, 'code')

/** The names that GitHub gives to headings. */
function anchors(path: string): Set<string> {
  const headings = readFileSync(path, 'utf8')
    .replaceAll(/^```.*?^```$/gms, '')
    .matchAll(/^#+ (.*)$/gm)
  return new Set(
    Array.from(headings, ([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/g, '-'),
    ),
  )
}

for (const document of documents) {
  it(`${document}: every link leads somewhere`, () => {
    const file = join(repository, document)
    const links = withoutCode(readFileSync(file, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)
    for (const [, link = ''] of links) {
      if (/^https?:/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? file : join(dirname(file), path)
      assert.ok(existsSync(target), `${link}: there is no ${relative(repository, target)}`)
      if (anchor !== undefined) assert.ok(anchors(target).has(anchor), `${link}: there is no such heading`)
    }
  })
}
