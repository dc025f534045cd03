// How a command reaches its daemon: connects, and for `start` starts one first if there is none. Connections are not closed:
// they end with ndctl.

import type { Client } from '../../client-lib/index.ts'
import { socketPath } from '../../proto/transport/default-socket.ts'
import type { GlobalValues } from '../command-line/command.ts'
import { CliError, isCoded, isNoDaemon, UsageError } from '../complaint.ts'
import { say } from '../stdio/stdio.ts'
import { packageVersion } from '../version.ts'

/**
 * Connects to the daemon.
 *
 * @param timeoutMs how long that may take; the client library's own patience if absent
 * @throws NetdaemonError NO_DAEMON and others
 */
export async function reachDaemon(options: GlobalValues, timeoutMs?: number): Promise<Client> {
  const { connect } = await import('../../client-lib/index.ts')
  const patience = timeoutMs === undefined ? {} : { timeoutMs }
  return connect({ ...whereOf(options), software: `ndctl ${packageVersion()}`, ...patience })
}

/** Where the daemon is to be found, and whose it may be. @throws UsageError */
export function whereOf(options: GlobalValues): { readonly socket: string; readonly daemonUid: number | undefined } {
  const uid = options['daemon-uid']
  if (uid !== undefined && !/^\d+$/.test(uid)) throw new UsageError(`--daemon-uid takes a number, not "${uid}"`)
  return { socket: socketOf(options), daemonUid: uid === undefined ? undefined : Number(uid) }
}

/**
 * The socket that this run of ndctl is about.
 *
 * @throws UsageError for a word without a slash: it is more likely another word that went astray than a socket in the
 * current directory, and a daemon must not be started on it
 */
export function socketOf({ socket }: Pick<GlobalValues, 'socket'>): string {
  const path = socketPath(socket)
  if (path.includes('/')) return path
  const source = socket === undefined ? '$NETDAEMON_SOCKET' : '--socket'
  throw new UsageError(`${source} takes a path with a "/" in it, not "${path}"; for this directory write "./${path}"`)
}

/** What came of it: whose daemon it is. */
export interface Reached {
  readonly client: Client
  readonly started: boolean
}

/** Connects, after starting a daemon if none listens. @throws CliError with the daemon's own reason if it can't start */
export async function reachOrStartDaemon(options: GlobalValues): Promise<Reached> {
  try {
    return { client: await reachDaemon(options), started: false }
  } catch (error) {
    if (!isNoDaemon(error)) throw error
  }
  const socket = socketOf(options)
  const starting = tryToStart(socket)
  // Loaded here: most commands find a daemon, and this needs what Node has for terminals.
  const { waiting } = await import('../terminal/waiting.ts')
  const attempt = options.quiet ? await starting : await waiting('starting a daemon for you', () => starting)
  try {
    // Whatever came of it: another ndctl may have been faster, and then its daemon is as good.
    const client = await reachDaemon(options)
    if (attempt.ok && !options.quiet) await say(`started a daemon for you on ${socket}`)
    return { client, started: attempt.ok }
  } catch (error) {
    if (attempt.ok) throw error
    throw new CliError(attempt.reason.message)
  }
}

type DaemonStart = { readonly ok: true } | { readonly ok: false; readonly reason: Error }

async function tryToStart(socket: string): Promise<DaemonStart> {
  const { startDaemon } = await import('../../client-lib/index.ts')
  try {
    await startDaemon(socket)
    return { ok: true }
  } catch (error) {
    if (!isCoded(error)) throw error
    return { ok: false, reason: error }
  }
}
