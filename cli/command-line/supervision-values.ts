// Turns the words of `start` that say how a process should live into the parts of its spec: --restart, --ready, --stop and
// --reload. How something is counted as ready or reloaded is written KIND:ARGUMENT; one row here is one kind.

import { nearest } from '../../proto/nearest-word.ts'
import { UsageError } from '../complaint.ts'
import { parseCount, parseDurationMs } from './argument-values.ts'

/** As the protocol has it. */
export interface RestartRule {
  policy: 'never' | 'on-failure' | 'always'
  delayMs?: number
  maxMs?: number
  factor?: number
  jitter?: number
  resetAfterMs?: number
  limit?: { starts: number; withinMs: number }
  success?: { codes: number[]; signals: string[] }
}

const policies = ['never', 'on-failure', 'always'] as const

const restartKeys: Readonly<Record<string, (rule: RestartRule, word: string, option: string) => void>> = {
  delay: (rule, word, option) => {
    rule.delayMs = parseDurationMs(option, word)
  },
  max: (rule, word, option) => {
    rule.maxMs = parseDurationMs(option, word)
  },
  factor: (rule, word, option) => {
    rule.factor = parseNumber(option, word, 1, 100)
  },
  jitter: (rule, word, option) => {
    rule.jitter = parseNumber(option, word, 0, 1)
  },
  reset: (rule, word, option) => {
    rule.resetAfterMs = parseDurationMs(option, word)
  },
  limit: (rule, word, option) => {
    const [starts = '', within] = word.split('/')
    if (within === undefined) throw new UsageError(`${option} takes starts/time, such as 5/10m, not "${word}"`)
    rule.limit = { starts: parseCount(option, starts, 10_000), withinMs: parseDurationMs(option, within) }
  },
  success: (rule, word, option) => {
    const { codes = [], signals = [] } = rule.success ?? {}
    rule.success = { codes, signals }
    if (/^\d+$/.test(word)) codes.push(parseCount(option, word, 255))
    else signals.push(word)
  },
}

/** `on-failure:delay=1s,max=1m,limit=5/10m,success=3,SIGTERM`; a word without "=" goes on with the last key. */
export function parseRestart(option: string, text: string): RestartRule {
  const [word = '', settings] = splitOnce(text, ':')
  const policy = policies.find((name) => name === word)
  if (policy === undefined) throw notOneOf(option, word, policies)
  const rule: RestartRule = { policy }
  let key: string | undefined
  for (const part of settings === undefined ? [] : settings.split(',')) {
    const [name, value] = splitOnce(part, '=')
    if (value !== undefined) key = name
    else if (key !== 'success') throw new UsageError(`${option} takes KEY=VALUE after "${policy}:", not "${part}"`)
    const set = restartKeys[key ?? '']
    if (set === undefined) throw notOneOf(option, key ?? '', Object.keys(restartKeys))
    set(rule, value ?? part, `${option} ${key}`)
  }
  return rule
}

/** How one knows that a process is ready, as the protocol has it. */
export type ReadyRule =
  | { kind: 'after'; ms: number }
  | { kind: 'log'; match: string }
  | { kind: 'notify' }
  | { kind: 'fd'; fd: number }
  | { kind: 'tcp'; host?: string; port: number }
  | { kind: 'http'; url: string }
  | { kind: 'exec'; command: string[] }

/** By kind, what follows the colon. */
const readyKinds: Readonly<Record<string, (argument: string, option: string) => ReadyRule>> = {
  after: (argument, option) => ({ kind: 'after', ms: parseDurationMs(option, argument) }),
  log: (argument, option) => ({ kind: 'log', match: needed(argument, option, 'REGEX') }),
  notify: (argument, option) => {
    if (argument !== '') throw new UsageError(`${option} takes nothing after the colon, not "${argument}"`)
    return { kind: 'notify' }
  },
  fd: (argument, option) => ({ kind: 'fd', fd: parseCount(option, argument, 255) }),
  tcp: readTcp,
  http: readHttp,
  https: readHttps,
  exec: readExec,
}

function readTcp(argument: string, option: string) {
  const at = argument.lastIndexOf(':')
  const host = argument.slice(0, Math.max(0, at))
  const port = parseCount(option, argument.slice(at + 1), 65_535)
  return { kind: 'tcp' as const, ...(host === '' ? {} : { host: host.replace(/^\[(.*)\]$/, '$1') }), port }
}

/** `http://…` may stand for itself. */
function readHttp(argument: string) {
  return { kind: 'http' as const, url: argument.startsWith('//') ? `http:${argument}` : argument }
}

function readHttps(argument: string) {
  return { kind: 'http' as const, url: `https:${argument}` }
}

function readExec(argument: string, option: string) {
  return { kind: 'exec' as const, command: ['/bin/sh', '-c', needed(argument, option, 'COMMAND')] }
}

function needed(argument: string, option: string, what: string): string {
  if (argument === '') throw new UsageError(`${option} needs ${what} after the colon`)
  return argument
}

/** `after:2s`, `log:REGEX`, `notify`. */
export function parseReady(option: string, text: string): ReadyRule {
  const [kind, argument = ''] = splitOnce(text, ':')
  const read = readyKinds[kind]
  if (read === undefined) throw notOneOf(option, kind, Object.keys(readyKinds))
  return read(argument, `${option} ${kind}:`)
}

/** How one knows whether a process is healthy, as the protocol has it. */
export type HealthRule = Extract<ReadyRule, { kind: 'tcp' | 'http' | 'exec' }> | { kind: 'silence'; ms: number }

const healthKinds: Readonly<Record<string, (argument: string, option: string) => HealthRule>> = {
  tcp: readTcp,
  http: readHttp,
  https: readHttps,
  exec: readExec,
  silence: (argument, option) => ({ kind: 'silence', ms: parseDurationMs(option, argument) }),
}

/** `http://localhost:8080/health`, `silence:5m`. */
export function parseHealth(option: string, text: string): HealthRule {
  const [kind, argument = ''] = splitOnce(text, ':')
  const read = healthKinds[kind]
  if (read === undefined) throw notOneOf(option, kind, Object.keys(healthKinds))
  return read(argument, `${option} ${kind}:`)
}

export type StopStep = { send: string; waitMs?: number } | { signal: string; waitMs?: number }

/** `INT,10s` and `send:stop\n,30s`: what is done, and how long it may take. Only a duration after the last comma is one. */
export function parseStopStep(option: string, text: string): StopStep {
  const [, what = text, wait] = /^(.*),(\d+(?:\.\d+)?(?:ms|s|m|h|d)?)$/s.exec(text) ?? []
  const waitMs = wait === undefined ? {} : { waitMs: parseDurationMs(option, wait) }
  const action = parseAction(option, what)
  return { ...action, ...waitMs }
}

/** `HUP` or `send:reload\n`. */
export function parseAction(option: string, text: string): { send: string } | { signal: string } {
  const [kind, argument] = splitOnce(text, ':')
  if (argument === undefined) {
    if (!/^[A-Za-z0-9+-]+$/.test(text)) throw new UsageError(`${option} takes a signal or send:TEXT, not "${text}"`)
    return { signal: text }
  }
  if (kind !== 'send') throw notOneOf(option, `${kind}:`, ['send:'])
  return { send: unescaped(option, argument) }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', e: '\x1b', '\\': '\\' }

/** Text with `\n`, `\r`, `\t`, `\e`, `\\` and `\xHH` read as in C. */
function unescaped(option: string, text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|.?)/gs, (written, letter: string) => {
    if (letter.startsWith('x') && letter.length === 3) return String.fromCharCode(Number.parseInt(letter.slice(1), 16))
    const meant = escapes[letter]
    if (meant === undefined)
      throw new UsageError(`${option} knows \\n, \\r, \\t, \\e, \\\\ and \\xHH, not "${written}"`)
    return meant
  })
}

function parseNumber(option: string, word: string, least: number, most: number): number {
  const value = /^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN
  if (!(value >= least && value <= most))
    throw new UsageError(`${option} takes a number from ${least} to ${most}, not "${word}"`)
  return value
}

function notOneOf(option: string, word: string, known: readonly string[]): UsageError {
  const near = nearest(word, known)
  const hint = near === undefined ? `: it takes ${known.join(', ')}` : `; did you mean ${near}?`
  return new UsageError(`${option} does not know "${word}"${hint}`)
}

function splitOnce(text: string, sign: string): [first: string, rest: string | undefined] {
  const at = text.indexOf(sign)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
