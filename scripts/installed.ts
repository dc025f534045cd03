// Which programs this machine has.

import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Whether a program is in the PATH. */
export function installed(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, program)))
}
