// ndctl ui on a terminal of its own, for the tests that use it as a person does.

import { TerminalSession } from '../../../scripts/pictures/terminal-session.ts'
import type { CliRig } from './cli-rig.ts'

/** A line of shell on a terminal of its own. It is to be gone before the daemon's test of what is left. */
export const openTerminal = (rig: CliRig, line: string, size = { columns: 90, rows: 30 }): TerminalSession =>
  new TerminalSession({ ...size, command: ['sh', '-c', line], env: { ...rig.env, LANG: 'C.UTF-8' } })

/** The UI on a terminal of its own, once it has listed the processes. */
export async function openUi(rig: CliRig, ...words: readonly string[]): Promise<TerminalSession> {
  const session = openTerminal(rig, `ndctl ui ${words.join(' ')}`)
  try {
    await session.shows(/\d running/)
    return session
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}
