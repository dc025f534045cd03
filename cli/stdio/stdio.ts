// What ndctl itself has to say: data on stdout, chatter on stderr. `print` resolves when the kernel has it, so that nothing
// is lost when ndctl then ends. (The bytes of processes go through sink.ts.)

import { fstatSync, writeSync } from 'node:fs'
import { errnoOf } from '../../proto/errno.ts'
import { jsonText } from '../text/steering.ts'
import { OutputError } from './output-error.ts'

/** Writes a text to stdout. @throws OutputError */
export async function print(text: string): Promise<void> {
  await writeAll(1, text)
}

export const printLines = (lines: readonly string[]): Promise<void> => print(lines.map((line) => `${line}\n`).join(''))

export const printJson = (value: unknown): Promise<void> => print(`${jsonText(value, 2)}\n`)

/** Says something about what ndctl does, on stderr. Nobody listening is no reason to fail. */
export const say = (sentence: string): Promise<void> => sayLines([`ndctl: ${sentence}`])

/** The same in lines as they are, for what belongs to a sentence. */
export async function sayLines(lines: readonly string[]): Promise<void> {
  try {
    await writeAll(2, lines.map((line) => `${line}\n`).join(''))
  } catch (error) {
    if (!(error instanceof OutputError)) throw error
  }
}

async function writeAll(fd: 1 | 2, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  let at = 0
  try {
    while (at < bytes.length) at += writeSync(fd, bytes, at)
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error
    // Someone who shares the descriptor made it non-blocking; Node's own stream waits.
    if (errnoOf(error) !== 'EAGAIN') throw new OutputError(error)
    await writeByStream(fd, bytes.subarray(at))
  }
}

function writeByStream(fd: 1 | 2, bytes: Uint8Array): Promise<void> {
  const stream = fd === 1 ? process.stdout : process.stderr
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new OutputError(error))
    stream.once('error', fail)
    stream.write(bytes, (error) => {
      stream.removeListener('error', fail)
      if (error) fail(error)
      else resolve()
    })
  })
}

/** Whether our stdout and stderr are the same pipe, terminal or file, as after `2>&1`. */
export function outputIsOne(): boolean {
  try {
    const [out, err] = [fstatSync(1), fstatSync(2)]
    return out.dev === err.dev && out.ino === err.ino
  } catch {
    // EBADF: one of them is closed.
    return false
  }
}

/** The major number of /dev/null and its like (null(4)). */
const MEMORY_DEVICES = 1

/** What FORCE_COLOR says, which overrides all else; undefined if it says nothing. The UI reads it the same way. */
function forcedColour({ FORCE_COLOR: forced = '' }: NodeJS.ProcessEnv): boolean | undefined {
  return forced === '' ? undefined : forced !== '0' && forced !== 'false'
}

/** How tables on stdout are to look. */
export function outputStyle(env: NodeJS.ProcessEnv = process.env): {
  readonly width: number
  readonly colour: boolean
} {
  // Looking at process.stdout loads Node's streams, which only a terminal needs.
  const out = fstatSync(1)
  const terminal = out.isCharacterDevice() && out.rdev >> 8 !== MEMORY_DEVICES && process.stdout.isTTY === true
  return {
    width: terminal ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY,
    colour: forcedColour(env) ?? (terminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'),
  }
}
