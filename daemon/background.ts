// `netdaemon --background`: starts the daemon in a session of its own and waits until it accepts connections, or says
// why it can't. The daemon gets no terminal, no working directory that could be unmounted under it, and no stdin.

import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { errnoOf } from '../proto/errno.ts'
import { NetdaemonError } from '../proto/errors.ts'
import { prepareSocketDirectory } from '../proto/transport/default-socket.ts'
import { NO_DEBUGGER } from './no-debugger.ts'

const READY_FD = 3

/**
 * The pid of the daemon, once it is ready.
 *
 * @param program the file of this program
 * @param args the flags it was called with
 * @throws NetdaemonError with the daemon's own reason
 */
export async function startInBackground(program: string, socketPath: string, args: readonly string[]): Promise<number> {
  prepareSocketDirectory(socketPath)
  const absolute = resolve(socketPath)
  const logPath = logFileOf(args) ?? `${absolute}.log`
  const log = openLog(logPath)
  const flags = [
    ...args.filter((argument) => argument !== '--background'),
    ...['--socket', absolute, '--log-file', resolve(logPath), '--ready-fd', String(READY_FD)],
  ]
  const child = spawn(process.execPath, [...process.execArgv, NO_DEBUGGER, '--', program, ...flags], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  })
  closeSync(log)
  const ready = child.stdio[READY_FD]
  let said = ''
  ready?.on('data', (bytes: Buffer) => {
    said += bytes.toString('utf8')
  })
  const pid = new Promise<number>((settle, reject) => {
    child.once('error', (cause) =>
      reject(new NetdaemonError('SYSTEM', `cannot start netdaemon: ${cause.message}`, { cause })),
    )
    child.once('close', (code, signal) => reject(failure(said, logPath, code, signal)))
    ready?.once('end', () => {
      const word = /^ready (\d+)\n/.exec(said)?.[1]
      if (word !== undefined) settle(Number(word))
    })
  })
  try {
    return await pid
  } finally {
    child.unref()
    ready?.destroy()
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (cause) {
    const errno = errnoOf(cause)
    throw new NetdaemonError('SYSTEM', `cannot open the log "${path}" (${errno}); give another with --log-file`, {
      errno,
      cause,
    })
  }
}

function logFileOf(args: readonly string[]): string | undefined {
  const at = args.lastIndexOf('--log-file')
  if (at >= 0) return args[at + 1]
  return args.findLast((argument) => argument.startsWith('--log-file='))?.slice('--log-file='.length)
}

/** The reason, as the daemon has told it; one that crashed has not. */
function failure(said: string, logPath: string, code: number | null, signal: NodeJS.Signals | null): NetdaemonError {
  const reason = /^failed (.*)\n$/s.exec(said)?.[1]
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`
  return new NetdaemonError('SYSTEM', reason ?? `netdaemon ended ${how} before it was ready; see ${logPath}`)
}
