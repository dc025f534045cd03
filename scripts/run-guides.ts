// Writes the output of the guides' sessions anew: plays each, and puts what was printed into the guide. A block that only varies
// as it may stays as it is. Names of guides as arguments: only those.

import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { guides } from './guides/list.ts'
import { play } from './guides/play.ts'
import { agrees, type Part, partsOf, written } from './guides/sessions.ts'
import { repository } from './repository.ts'

const wanted = process.argv.slice(2)
for (const guide of guides) {
  if (wanted.length > 0 && !wanted.includes(basename(guide))) continue
  const file = join(repository, guide)
  const parts = partsOf(readFileSync(file, 'utf8'))
  const played = await play(parts)
  writeFileSync(file, written(played.map((part, at) => settled(parts[at], part))))
  console.log(guide)
}

/** What the guide has, where that is not wrong. */
function settled(told: Part | undefined, played: Part): Part {
  if (told?.kind !== 'session' || played.kind !== 'session') return played
  const steps = played.steps.map((step, at) => {
    const before = told.steps[at]
    return before !== undefined && agrees(before.output, step.output) ? before : step
  })
  return { ...played, steps }
}
