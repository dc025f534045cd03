// The flags of netdaemon: one table, from which they are parsed and --help is written.

import { parseArgs } from 'node:util'
import { NetdaemonError } from '../../proto/errors.ts'
import type { LogLevel } from '../observe/log.ts'

interface Flag {
  readonly short?: string
  /** What stands for the value in the help; absent: the flag takes none. */
  readonly value?: string
  readonly doc: string
}

export const flags = {
  socket: { short: 'S', value: 'PATH', doc: 'listen here ($NETDAEMON_SOCKET; else one of this user)' },
  background: { doc: 'run in the background; this command returns when the daemon accepts connections' },
  'stop-timeout': { value: 'TIME', doc: 'when the daemon ends: time from SIGTERM to SIGKILL (10s)' },
  leave: { doc: 'when a signal ends the daemon, leave the processes running, except those on a terminal' },
  'retain-count': { value: 'N', doc: 'how many ended processes to keep (1000)' },
  'retain-age': { value: 'TIME', doc: 'how long to keep an ended process (1d)' },
  'max-processes': { value: 'N', doc: 'the most processes, running and ended together (20000)' },
  memory: {
    value: 'MIB',
    doc: 'memory that the daemon may use, which limits what it keeps (the limit of its cgroup, else all memory)',
  },
  'max-connections': { value: 'N', doc: 'the most clients at a time (4096)' },
  'state-dir': {
    value: 'DIR',
    doc: 'keep services here, in a directory for each socket (root: /var/lib/netdaemon; else in ~/.local/state)',
  },
  'config-dir': {
    value: 'DIR',
    doc: 'apply the files of services in DIR/services.d (*.yaml), at the start and on HUP',
  },
  umask: { value: 'MODE', doc: 'umask of processes whose START names none, in octal (022)' },
  nofile: { value: 'N', doc: 'soft limit of open files of processes (the one that netdaemon was started with)' },
  'log-file': { value: 'PATH', doc: 'append to this (stderr; in the background PATH-OF-SOCKET.log)' },
  verbose: { short: 'v', doc: 'log more' },
  quiet: { short: 'q', doc: 'log errors only' },
  'ready-fd': {
    value: 'FD',
    doc: 'write one line to this file descriptor: that the daemon accepts connections, or why it cannot',
  },
  help: { short: 'h', doc: 'show this' },
  version: { doc: 'show the version' },
} as const satisfies Record<string, Flag>

export interface DaemonOptions {
  readonly socket: string | undefined
  readonly background: boolean
  readonly stopTimeoutMs: number
  readonly leave: boolean
  readonly retainCount: number
  readonly retainMs: number
  readonly maxProcesses: number
  readonly maxConnections: number
  /** In bytes; undefined: to be found out. */
  readonly memory: number | undefined
  /** undefined: one of this user. */
  readonly stateDir: string | undefined
  /** undefined: there is none. */
  readonly configDir: string | undefined
  readonly umask: number
  /** undefined: to be found out. */
  readonly softFiles: number | undefined
  readonly logFile: string | undefined
  readonly logLevel: LogLevel
  readonly readyFd: number | undefined
  readonly help: boolean
  readonly version: boolean
}

/**
 * @throws NetdaemonError BAD_REQUEST with a sentence about the flag
 */
export function parseOptions(args: readonly string[]): DaemonOptions {
  const values = parse(args)
  const text = (name: keyof typeof flags) => (typeof values[name] === 'string' ? values[name] : undefined)
  const count = (name: keyof typeof flags, fallback: number) => {
    const given = text(name)
    if (given === undefined) return fallback
    if (/^\d{1,9}$/.test(given)) return Number(given)
    throw usage(`--${name} takes a whole number, not "${given}"`)
  }
  const duration = (name: keyof typeof flags, fallbackMs: number) => {
    const given = text(name)
    return given === undefined ? fallbackMs : parseDuration(given, `--${name}`)
  }
  const memoryMib = count('memory', 0)
  const fd = count('ready-fd', -1)
  const softFiles = count('nofile', -1)
  const umask = text('umask') ?? '022'
  if (!/^0?[0-7]{1,3}$/.test(umask)) throw usage(`--umask takes an octal mode such as 022, not "${umask}"`)
  return {
    socket: text('socket'),
    background: values.background === true,
    stopTimeoutMs: duration('stop-timeout', 10_000),
    leave: values.leave === true,
    retainCount: count('retain-count', 1000),
    retainMs: duration('retain-age', 24 * 3600 * 1000),
    maxProcesses: count('max-processes', 20_000),
    maxConnections: count('max-connections', 4096),
    memory: memoryMib === 0 ? undefined : memoryMib * 1024 ** 2,
    stateDir: text('state-dir'),
    configDir: text('config-dir'),
    umask: Number.parseInt(umask, 8),
    softFiles: softFiles < 0 ? undefined : softFiles,
    logFile: text('log-file'),
    logLevel: values.verbose === true ? 'debug' : values.quiet === true ? 'error' : 'info',
    readyFd: fd < 0 ? undefined : fd,
    help: values.help === true,
    version: values.version === true,
  }
}

export function helpText(): string {
  const lines = Object.entries(flags as Record<string, Flag>).map(([name, { short, value, doc }]) => {
    const spelled = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
    return `  ${spelled.padEnd(26)} ${doc}`
  })
  return `netdaemon: runs processes that go on when the program that started them exits or crashes.

Usage: netdaemon [options]

${lines.join('\n')}

TIME is 500ms, 10s, 5m, 2h or 1d; a bare number is seconds.

Signals: TERM, INT and QUIT end all processes and the daemon (a second one: at once); HUP reopens the log,
and applies services.d.
Talk to it with ndctl, or from a program with the client library "netdaemon/client".
`
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `500ms`, `10s`, `5m`, `2h`, `1d`, or bare seconds. */
function parseDuration(given: string, name: string): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(given) ?? []
  const factor = UNIT_MS[unit]
  if (digits === undefined || factor === undefined)
    throw usage(`${name} takes a time such as 10s or 5m, not "${given}"`)
  return Math.round(Number(digits) * factor)
}

function parse(args: readonly string[]): Record<string, string | boolean | undefined> {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {}
  for (const [name, flag] of Object.entries(flags as Record<string, Flag>)) {
    options[name] = {
      type: flag.value === undefined ? 'boolean' : 'string',
      ...(flag.short === undefined ? {} : { short: flag.short }),
    }
  }
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false })
    return values as Record<string, string | boolean | undefined>
  } catch (cause) {
    throw usage(cause instanceof Error ? (cause.message.split('. ')[0] ?? cause.message) : String(cause))
  }
}

function usage(message: string): NetdaemonError {
  return new NetdaemonError('BAD_REQUEST', `${message}; see "netdaemon --help"`)
}
