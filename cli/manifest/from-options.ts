// What commands that take `-f FILE` have in common: the option, and the specs behind it.

import type { ProcessSpecInput } from '../../client-lib/index.ts'
import type { OptionTable } from '../command-line/command.ts'
import { CliError, UsageError } from '../complaint.ts'
import { mistakeText } from './mistakes.ts'
import { manifestTexts, readManifest, sourceOf } from './read-manifest.ts'

export const manifestOptions = {
  file: {
    type: 'string',
    alias: 'f',
    array: true,
    value: 'FILE',
    completes: 'file',
    describe: 'a file of services, a directory of *.yaml, or - for stdin (repeatable)',
  },
} as const satisfies OptionTable

export interface Specs {
  readonly specs: readonly ProcessSpecInput[]
  readonly source: string
  /** No file was left out. */
  readonly isComplete: boolean
}

/**
 * Reads the files. With `skipMistaken`, those with mistakes are left out, and the mistakes are told.
 *
 * @throws UsageError without -f; CliError with every mistake
 */
export async function readSpecs(
  { file: words }: { readonly file: readonly string[] | undefined },
  { skipMistaken = false } = {},
): Promise<Specs> {
  if (words === undefined) throw new UsageError('missing -f FILE')
  const { specs, mistakes } = await readManifest(await manifestTexts(words))
  const source = sourceOf(words)
  if (mistakes.length === 0) return { specs, source, isComplete: true }
  const [only] = mistakes
  const lines = mistakes.map(mistakeText)
  if (mistakes.length === 1 && only !== undefined && !skipMistaken) throw new CliError(mistakeText(only))
  const all = `${mistakes.length} mistakes:\n${lines.join('\n')}`
  if (!skipMistaken) throw new CliError(all)
  const { say } = await import('../stdio/stdio.ts')
  for (const line of lines) await say(line)
  return { specs, source, isComplete: false }
}
