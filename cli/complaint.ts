// Turns an error into what a person reads, one sentence that says what to do next, and the exit status that the shell sees.
// Matches on codes and errnos only, never on a message's text.

import { isDirectoryGone } from '../proto/errno.ts'
import { EXIT } from './exit-status.ts'
import { OutputError } from './stdio/output-error.ts'

/** What is told of a failure. */
export interface Complaint {
  readonly sentence: string
  readonly status: number
  /** The newest output of the process that it is about, as it was written. */
  readonly output?: string
  /** Not a failure of the user's or the system's: the stack is worth seeing. */
  readonly stack?: string
}

/** A failure of ndctl's own, told as it is. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly status: number

  constructor(sentence: string, status: number = EXIT.failure) {
    super(sentence)
    this.status = status
  }
}

/** The command line does not make sense. */
export class UsageError extends CliError {
  /** Whose help would tell; filled in by the dispatcher. */
  command: string | undefined
}

/** The fields of NetdaemonError: matched by shape, so that naming an error does not load the client. */
interface CodedError extends Error {
  readonly code: string
  readonly errno: string | undefined
  readonly detail: Record<string, unknown> | undefined
}

export const isCoded = (error: unknown): error is CodedError =>
  error instanceof Error && error.name === 'NetdaemonError' && 'code' in error && typeof error.code === 'string'

/** Whether no daemon is there at all, so that starting one would help. */
export const isNoDaemon = (error: unknown): boolean =>
  isCoded(error) && error.code === 'NO_DAEMON' && (error.errno === 'ENOENT' || error.errno === 'ECONNREFUSED')

/** Errnos of a program that was found and cannot be executed; the rest is not the program's fault. */
const notExecutable: ReadonlySet<string> = new Set(
  'EACCES ENOEXEC EPERM EISDIR ENOTDIR ELOOP E2BIG ETXTBSY ELIBBAD EINVAL ENAMETOOLONG EIO'.split(' '),
)

/** @param socket the path of the socket that it was about */
export function complain(error: unknown, socket: string): Complaint {
  if (isDirectoryGone(error)) {
    return { sentence: 'the current directory has been removed; change to another one', status: EXIT.failure }
  }
  if (error instanceof UsageError) return { sentence: withHelp(error), status: error.status }
  if (error instanceof CliError) return { sentence: error.message, status: error.status }
  if (error instanceof OutputError) return { sentence: `cannot write to stdout (${error.errno})`, status: EXIT.failure }
  if (isCoded(error)) return complainOfCoded(error, socket)
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    sentence: 'a bug in ndctl; please report it with these lines:',
    status: EXIT.failure,
    stack,
  }
}

/** The daemon went away. @param process what the command was attached to: it outlives the connection */
export function lostDaemonSentence(error: Error, process?: { readonly id: string; readonly pid?: number }): string {
  const why = error.cause instanceof Error ? trimEnd(error.cause.message) : 'it ended, or was killed'
  const alone = isCoded(error.cause) && !['SHUTTING_DOWN', 'SYSTEM'].includes(error.cause.code)
  const alive = process?.pid === undefined ? '' : `; "${process.id}" runs on, as pid ${process.pid}`
  return `${alone ? 'the connection was closed' : 'the daemon is gone'} (${why})${alive}; "ndctl daemon status" shows whether a daemon is running`
}

function complainOfCoded(error: CodedError, socket: string): Complaint {
  const say = (advice?: string, status: number = EXIT.failure): Complaint => ({
    sentence: advice === undefined ? error.message : `${trimEnd(error.message)}; ${advice}`,
    status,
  })
  switch (error.code) {
    case 'NO_DAEMON':
      if (!isNoDaemon(error)) return say()
      return {
        sentence: `no daemon listens on ${socket}; start one with "ndctl daemon start", or a process with "ndctl start COMMAND"`,
        status: EXIT.failure,
      }
    case 'DISCONNECTED':
      return { sentence: lostDaemonSentence(error), status: EXIT.failure }
    case 'CANNOT_START':
      // Of the working directory, which is ours to give, not of the program.
      if (error.detail?.cwd !== undefined) return say()
      if (error.errno === 'ENOENT') return say(undefined, EXIT.notFound)
      return say(undefined, notExecutable.has(error.errno ?? '') ? EXIT.notExecutable : EXIT.failure)
    case 'STILL_RUNNING': {
      const id = error.detail?.id
      if (typeof id !== 'string') return say()
      return {
        sentence: `cannot remove "${id}": it has not ended; end it first, or kill and remove it with "ndctl rm -f ${id}"`,
        status: EXIT.failure,
      }
    }
    case 'NAME_TAKEN':
      return { sentence: nameTakenSentence(error), status: EXIT.failure }
    case 'NOT_UP': {
      const { output } = error.detail ?? {}
      return { ...say(undefined, EXIT.notDone), ...(typeof output === 'string' ? { output } : {}) }
    }
    case 'SURVIVORS':
    case 'SUPERSEDED':
      return say(undefined, EXIT.notDone)
    case 'NOT_FOUND':
      return say('"ndctl list" shows all processes')
    case 'TIMEOUT':
      return say(undefined, EXIT.timeout)
    case 'BAD_REQUEST':
      return { sentence: badRequestSentence(error), status: EXIT.failure }
    default:
      return say()
  }
}

/** What a person wrote to fill a field of a request, and what lies below it. */
const writtenAs: readonly (readonly [field: string, option: string])[] = [
  ['spec.command', 'COMMAND'],
  ['spec.args', 'an ARG'],
  ['spec.name', '--name'],
  ['spec.labels', '--label'],
  ['spec.env.set', '--env'],
  ['spec.cwd', '--cwd'],
  ['spec.outputLimit', '--output-limit'],
  ['spec.terminal', '--size'],
  ['spec.autoRemove', '--rm'],
  ['spec.restart', '--restart'],
  ['spec.start', '--ready'],
  ['spec.stop', '--stop'],
  ['spec.reload', '--reload'],
  ['killAfterMs', '--kill-after'],
  ['size', '--size'],
  ['timeoutMs', '--timeout'],
  ['signal', 'the signal'],
  ['name', '--name'],
  ['labels', '--label'],
  ['process', 'the ID'],
  ['id', 'the ID'],
]

/** What does not fit, told of the option that it came from. */
function badRequestSentence({ message, detail }: CodedError): string {
  const { field, problem } = detail ?? {}
  if (typeof field !== 'string' || typeof problem !== 'string') return message
  const found = writtenAs.find(([name]) => field === name || field.startsWith(`${name}.`))
  return found === undefined ? message : `${found[1]} ${problem}`
}

/** In the words of the command line what can be done about it. */
function nameTakenSentence({ message, detail }: CodedError): string {
  const { name, ended } = detail ?? {}
  if (typeof name !== 'string') return message
  return ended === true
    ? `the name "${name}" is taken by an ended process; remove that one with "ndctl rm ${name}", or start with --replace`
    : `the name "${name}" is taken by a process that has not ended; choose another name, or end that one with "ndctl rm -f ${name}"`
}

function withHelp({ message, command }: UsageError): string {
  const help = `"ndctl ${command === undefined ? '' : `${command} `}--help"`
  return message.endsWith('?') ? `${message} See ${help}` : `${message}; see ${help}`
}

/** Without the full stop, so that a half-sentence can follow. */
const trimEnd = (sentence: string) => sentence.replace(/[.;\s]+$/, '')
