// Connecting: the socket, HELLO, and one deadline for both.

import { basename } from 'node:path'
import { NetdaemonError } from '../proto/errors.ts'
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../proto/limits.ts'
import type { Result } from '../proto/protocol.ts'
import type { Connection } from '../proto/transport/connection.ts'
import { checkSocketDirectory, socketPath } from '../proto/transport/default-socket.ts'
import { type LockHolder, lockHolder } from '../proto/transport/seqpacket/lock-holder.ts'
import { connectSeqpacket } from '../proto/transport/seqpacket/seqpacket.ts'
import { Client } from './client.ts'
import { checkDaemonUser } from './daemon-user.ts'
import { CallSite } from './link/call-site.ts'
import { type OptionNames, refuseUnknownOptions } from './link/known-keys.ts'
import { Link } from './link/link.ts'
import { startDaemon } from './start-daemon.ts'

const TIMEOUT_MS = 10_000
/** A daemon that is beginning holds its lock some milliseconds before it listens. */
const BEGINNING_MS = 1000
const BEGINNING_STEP_MS = 20

/** Settings of {@link connect}. */
export interface ConnectOptions {
  /**
   * The daemon's socket. Absent: `$NETDAEMON_SOCKET`, else `/run/netdaemon/netdaemon.sock` for root, else the user's own
   * under `$XDG_RUNTIME_DIR` or `/tmp`.
   */
  readonly socket?: string | undefined
  /**
   * The user id of the daemon, where it is neither this program's nor root's. Another user's daemon gets nothing sent, as whoever
   * owns the socket's directory could listen there. In another user namespace users may look like 65534.
   */
  readonly daemonUid?: number | undefined
  /** Name and version of this program, for people who list the daemon's clients. Absent: the script's name. */
  readonly software?: string | undefined
  /** Gives up: the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** How long connecting and the daemon's first answer may take together, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number | undefined
  /**
   * Start a daemon there, in the background, if none listens. It goes on when this program has ended; `ndctl daemon stop`
   * ends it. Default: false.
   */
  readonly autostart?: boolean | undefined
  /** A connection to use instead of the socket. It must not be open yet; the client opens and closes it. */
  readonly connection?: Connection | undefined
}

const optionNames: OptionNames<ConnectOptions> = {
  socket: true,
  software: true,
  signal: true,
  timeoutMs: true,
  autostart: true,
  daemonUid: true,
  connection: true,
}

/**
 * Connects to a daemon.
 *
 * ```ts
 * const client = await connect({ autostart: true })
 * const attachment = await client.startAttached({ command: 'ls', args: ['/'] })
 * for await (const item of attachment.lines()) if (item.kind === 'line') console.log(item.text)
 * console.log(await attachment.exited)
 * await client.close()
 * ```
 *
 * @throws NetdaemonError NO_DAEMON if none listens there (or, with `autostart`, none can be started), UNTRUSTED if another
 * user's does, TIMEOUT, VERSION if the two have none in common, LIMIT if the daemon takes no more connections, DISCONNECTED
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const { timeoutMs = TIMEOUT_MS, software = defaultSoftware() } = options
  refuseUnknownOptions(options, optionNames, 'connect')
  const site = new CallSite()
  const where = socketPath(options.socket)
  const deadline = new AbortController()
  const timer = setTimeout(() => {
    const why = `the daemon at ${where} did not answer within ${timeoutMs} ms; it may be stopped or overloaded`
    deadline.abort(new NetdaemonError('TIMEOUT', why))
  }, timeoutMs)
  const signal = options.signal === undefined ? deadline.signal : AbortSignal.any([options.signal, deadline.signal])
  try {
    const connection = options.connection ?? (await openSocket(where, signal, options))
    return await greet(new Link(connection), software, signal)
  } catch (error) {
    throw site.own(error)
  } finally {
    clearTimeout(timer)
  }
}

async function openSocket(path: string, signal: AbortSignal, options: ConnectOptions): Promise<Connection> {
  const { autostart = false, daemonUid } = options
  if (daemonUid === undefined) checkSocketDirectory(path)
  const connection = autostart ? await reachOrStart(path, signal) : await reach(path, signal)
  try {
    checkDaemonUser(connection.peer, path, daemonUid)
    return connection
  } catch (error) {
    connection.destroy()
    throw error
  }
}

async function reach(path: string, signal: AbortSignal): Promise<Connection> {
  try {
    // The deadline is ours, so its own never comes first.
    return await connectSeqpacket(path, { signal, deadlineMs: Number.POSITIVE_INFINITY })
  } catch (error) {
    signal.throwIfAborted()
    if (!isNobodyThere(error)) throw error
    return await reachHolder(path, signal, error)
  }
}

/**
 * When nobody listens: finds out whether a daemon runs all the same, because its socket file has been removed. Starting
 * another one would not help then.
 *
 * @throws NetdaemonError NO_DAEMON without an errno, if one does; else what connecting threw
 */
async function reachHolder(path: string, signal: AbortSignal, failure: unknown): Promise<Connection> {
  let holder = lockHolder(path)
  for (let waitedMs = 0; holder !== undefined && waitedMs < BEGINNING_MS; waitedMs += BEGINNING_STEP_MS) {
    const { setTimeout: sleep } = await import('node:timers/promises')
    await sleep(BEGINNING_STEP_MS)
    signal.throwIfAborted()
    try {
      return await connectSeqpacket(path, { signal, deadlineMs: Number.POSITIVE_INFINITY })
    } catch (error) {
      signal.throwIfAborted()
      if (!isNobodyThere(error)) throw error
    }
    holder = lockHolder(path)
  }
  throw holder === undefined ? failure : withoutSocket(path, holder)
}

function withoutSocket(path: string, { pid }: LockHolder): NetdaemonError {
  const who = pid === undefined ? `a daemon (fuser ${path}.lock tells its pid)` : `a daemon (pid ${pid})`
  const told = pid ?? 'PID'
  const advice = `"kill -USR1 ${told}" makes it anew, "kill ${told}" ends that daemon and its processes`
  const why = `${who} owns ${path} and runs, but its socket has been removed or replaced; ${advice}`
  return new NetdaemonError('NO_DAEMON', why, { detail: { path, ...(pid === undefined ? {} : { pid }) } })
}

async function reachOrStart(path: string, signal: AbortSignal): Promise<Connection> {
  try {
    return await reach(path, signal)
  } catch (error) {
    if (!isNobodyThere(error)) throw error
  }
  const failure = await startDaemon(path, signal).catch((error: unknown) => error)
  signal.throwIfAborted()
  // Whatever came of it: another program may have been faster, and then its daemon is as good.
  return reach(path, signal).catch((error: unknown) => {
    throw failure ?? error
  })
}

/** No daemon has the socket: starting one would help. */
const isNobodyThere = (error: unknown) =>
  error instanceof NetdaemonError &&
  error.code === 'NO_DAEMON' &&
  ['ENOENT', 'ECONNREFUSED'].includes(error.errno ?? '')

async function greet(link: Link, software: string, signal: AbortSignal): Promise<Client> {
  const params = { version: PROTOCOL_VERSION, min: PROTOCOL_VERSION_MIN, software }
  const take = (hello: Result<'HELLO'>) => {
    if (hello.version < PROTOCOL_VERSION_MIN || hello.version > PROTOCOL_VERSION) {
      throw new NetdaemonError(
        'VERSION',
        `the daemon chose version ${hello.version} of the protocol, which was not offered`,
      )
    }
    link.allowParts()
    return new Client(link, hello)
  }
  try {
    return await link.request('HELLO', params, { signal, take })
  } catch (error) {
    link.close().catch(() => undefined) // not awaited: a daemon that does not answer would delay the failure
    // Before HELLO has succeeded, what the daemon closed the connection for is the failure itself.
    throw error instanceof NetdaemonError && error.cause instanceof NetdaemonError ? error.cause : error
  }
}

function defaultSoftware(): string {
  const [, script] = process.argv
  return `${script === undefined ? 'node' : basename(script)} (netdaemon/client, node ${process.versions.node})`.slice(
    -200,
  )
}
