// Starts the netdaemon of this package in the background, for a program that finds no daemon. The daemon outlives the
// program.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NetdaemonError } from '../proto/errors.ts'
import { exactEnvironment } from '../proto/exact-text.ts'

/** Characters of its complaint that are kept: the last ones. It is a sentence. */
const SAID_MAX = 4096

/**
 * Starts a daemon on a socket and waits until it accepts connections.
 *
 * @param socket the path of its socket
 * @param signal gives up waiting; the daemon may be running then
 * @throws NetdaemonError NO_DAEMON with the reason, as that another daemon was faster
 */
export async function startDaemon(socket: string, signal?: AbortSignal): Promise<void> {
  const program = fileURLToPath(new URL('../bin/netdaemon.mjs', import.meta.url))
  if (!existsSync(program))
    throw cannotStart(socket, `there is no ${program}; start it yourself, with "ndctl daemon start"`)
  // Loaded here, since it would cost every program a millisecond at its start.
  const { spawn } = await import('node:child_process')
  const child = spawn(process.execPath, [program, '--background', '--socket', resolve(socket)], {
    // Its own words only: the daemon lets go of this pipe when it is in the background.
    stdio: ['ignore', 'ignore', 'pipe'],
    env: exactEnvironment(process.env),
    signal,
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-SAID_MAX)
  })
  await new Promise<void>((settle, reject) => {
    child.once('error', (error) => reject(signal?.aborted ? signal.reason : cannotStart(socket, error.message)))
    child.once('close', (code, killer) => {
      if (code === 0) settle()
      else reject(cannotStart(socket, lastLine(said) ?? `netdaemon ended with ${killer ?? code}, and said nothing`))
    })
  })
}

function lastLine(said: string): string | undefined {
  const lines = said.split('\n').filter((line) => line.trim() !== '')
  return lines.at(-1)?.replace(/^netdaemon: /, '')
}

const cannotStart = (socket: string, why: string) =>
  new NetdaemonError('NO_DAEMON', `cannot start a daemon on ${socket}: ${why}`)
