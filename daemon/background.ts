// `netdaemon --background`: starts the daemon in a session of its own and waits until it accepts connections, or says
// why it can't. The daemon gets no terminal, no working directory that could be unmounted under it, and no stdin.

import { closeSync } from 'node:fs'
import { resolve } from 'node:path'
import { NetdaemonError } from '../proto/errors.ts'
import { exactEnvironment } from '../proto/exact-text.ts'
import { prepareSocketDirectory } from '../proto/transport/default-socket.ts'
import { NO_DEBUGGER } from './no-debugger.ts'
import { type LogFile, openLogFile } from './observe/log.ts'

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
  const logFile = logFileFor(absolute, logFileOf(args))
  const log = openLogFile(logFile)
  const flags = [
    ...args.filter((argument) => argument !== '--background'),
    ...['--socket', absolute, '--log-file', resolve(logFile.path), '--ready-fd', String(READY_FD)],
  ]
  // Not loaded by the daemon itself, which starts its processes otherwise.
  const { spawn } = process.getBuiltinModule('node:child_process')
  const child = spawn(process.execPath, [...process.execArgv, NO_DEBUGGER, '--', program, ...flags], {
    cwd: '/',
    env: exactEnvironment(process.env),
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
    child.once('close', (code, signal) => reject(failure(said, logFile.path, code, signal)))
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

/** Where a daemon writes its log: where it was told to, or else beside its socket. */
export function logFileFor(socketPath: string, told: string | undefined): LogFile {
  const own = `${resolve(socketPath)}.log`
  return { path: told ?? own, own: told === undefined || resolve(told) === own }
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
