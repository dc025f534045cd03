// Where state is kept: a directory for each socket, so that two daemons never share one.

import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * The directory of one daemon.
 *
 * @param base `--state-dir`; absent: for root `/var/lib/netdaemon`, else `netdaemon` in `$XDG_STATE_HOME` or `~/.local/state`
 */
export function stateDirectory(
  socketPath: string,
  base?: string,
  env: NodeJS.ProcessEnv = process.env,
  uid = process.getuid?.() ?? 0,
): string {
  const socket = resolve(socketPath)
  const hash = createHash('sha256').update(socket).digest('hex').slice(0, 8)
  const word = socket.slice(1).replaceAll(/[^A-Za-z0-9_.]+/g, '-')
  return join(resolve(base ?? defaultBase(env, uid)), `${word}-${hash}`)
}

function defaultBase({ XDG_STATE_HOME: home }: NodeJS.ProcessEnv, uid: number): string {
  if (uid === 0) return '/var/lib/netdaemon'
  if (home?.startsWith('/')) return join(home, 'netdaemon')
  return join(homedir(), '.local/state/netdaemon')
}
