// Lines of shell on a terminal that script(1) makes: what they write there, and what is typed.

import { execa } from 'execa'
import { waitFor } from '../wait.ts'
import type { CliRig } from './cli-rig.ts'

/** A line of shell that runs on a terminal: what it has written there so far, its keyboard, and its end. */
export function onTerminal(rig: CliRig, line: string, env: Record<string, string> = {}) {
  const running = execa('script', ['-qefc', line, '/dev/null'], {
    ...{
      env: { SHELL: '/bin/sh', TERM: 'xterm', ...rig.env, ...env },
      reject: false,
      encoding: 'buffer',
      buffer: false,
    },
  })
  let written = ''
  running.stdout.on('data', (bytes: Buffer) => {
    written += bytes.toString('latin1')
  })
  const type = (keys: string) => running.stdin.write(Buffer.from(keys, 'latin1'))
  const seen = (text: string) =>
    waitFor(`${JSON.stringify(text)} in ${JSON.stringify(written)}`, () => written.includes(text))
  const ended = async () => {
    const { exitCode, signal } = await running
    return { written, exitCode: exitCode ?? signal }
  }
  return { type, seen, ended, written: () => written }
}

/** All that is written on a terminal by a line of shell, and its status, once it has ended. */
export const ranOnTerminal = (rig: CliRig, line: string, env?: Record<string, string>) =>
  onTerminal(rig, line, env).ended()
