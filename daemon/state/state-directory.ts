// Where state is kept: a directory for each socket, so that two daemons never share one.

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'

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
  // Of paths that are the same word it makes different ones; nobody gains by one that he has made up.
  const hash = crc32(socket).toString(16).padStart(8, '0')
  const word = socket.slice(1).replaceAll(/[^A-Za-z0-9_.]+/g, '-')
  return join(resolve(base ?? defaultBase(env, uid)), `${word}-${hash}`)
}

function defaultBase({ XDG_STATE_HOME: home }: NodeJS.ProcessEnv, uid: number): string {
  if (uid === 0) return '/var/lib/netdaemon'
  if (home?.startsWith('/')) return join(home, 'netdaemon')
  return join(homedir(), '.local/state/netdaemon')
}
