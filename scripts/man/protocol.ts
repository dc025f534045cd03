// netdaemon-protocol(7): docs/protocol.md as a manual page.

import { protocolPage } from '../docs/protocol-page.ts'
import { fromMarkdown } from './from-markdown.ts'
import { page } from './roff.ts'

export function protocolManPage(version: string): string {
  return page(
    { name: 'netdaemon-protocol', section: 7, summary: 'what netdaemon and its clients say to each other', version },
    [
      ...fromMarkdown(`## Description\n\n${protocolPage().replace(/^# .*\n/, '')}`),
      ...fromMarkdown('## See also\n\n`netdaemon`(8), `ndctl`(1)'),
    ],
  )
}
