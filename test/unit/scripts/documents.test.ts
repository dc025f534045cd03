// The documents hang together: what a link or a picture names is there, and so is the heading that it leads to.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, it } from 'node:test'
import { importLaw } from '../../../scripts/import-law.ts'
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

it('README.md can be read at one sitting: under 200 lines', () => {
  assert.ok(readFileSync(join(repository, 'README.md'), 'utf8').split('\n').length < 200)
})

describe('docs/house.md', () => {
  const page = readFileSync(join(repository, 'docs/house.md'), 'utf8')

  it('names only files and folders that there are', () => {
    const top = new Set(readdirSync(repository))
    const paths = Array.from(page.matchAll(/`([\w./-]+)`/g), ([, path = '']) => path)
    const named = paths.filter((path) => top.has(path.split('/')[0] ?? ''))
    assert.ok(named.length > 40, `only ${named.length} paths are recognized`)
    assert.deepEqual(
      named.filter((path) => !existsSync(join(repository, path))),
      [],
    )
  })

  it('has a line for each folder of the import law', () => {
    const folders = Object.keys(importLaw)
      .filter((path) => !/\.tsx?$/.test(path))
      .map((path) => path.replace('/**', ''))
    assert.deepEqual(
      folders.filter((folder) => !page.includes(`\n| \`${folder}\` |`)),
      [],
    )
  })
})
