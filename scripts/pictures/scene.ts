// What a picture of the documents is made from: a terminal of some size, a script that is played in it, and what varies.
// Each is played with a daemon of its own, in a directory of its own.

import type { StableRule } from './stable.ts'
import type { TerminalSession } from './terminal-session.ts'

/** Where a scene is played. */
export interface Stage {
  /** An empty directory; the session's shell is in it. */
  readonly directory: string
  readonly socket: string
  /** Runs a command line in the directory, off the picture; answers its output. */
  run(commandLine: string): string
}

export interface Scene {
  /** The file, from the root of the repository: `docs/screens/name.svg`. */
  readonly file: string
  readonly title: string
  /** What is to be seen, for those who can't see it. */
  readonly description: string
  readonly columns: number
  readonly rows: number
  /** Draw the cursor where it is. */
  readonly cursor?: boolean
  /** What is run in the terminal; a shell if absent. Words of this: `ndctl` is found. */
  readonly command?: readonly string[]
  /** What must be there before the terminal opens. */
  prepare?(stage: Stage): void
  /** Drives the terminal until its screen is the picture. */
  play(session: TerminalSession, stage: Stage): Promise<void>
  /** Besides the ids and ages that vary in any picture. */
  readonly varying?: readonly StableRule[]
}

/** Types a command line into the session's shell, and waits until it has ended and the next prompt is there. */
export async function enter(session: TerminalSession, commandLine: string): Promise<void> {
  const prompts = () =>
    session
      .text()
      .split('\n')
      .filter((line) => line === '$' || line.startsWith('$ ')).length
  const before = prompts()
  session.type(commandLine)
  session.press('Enter')
  await session.shows((text) => prompts() > before && text.trimEnd().endsWith('\n$'))
}
