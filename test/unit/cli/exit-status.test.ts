// How ndctl ends, and what it says when it failed.

import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CliError, complain, lostDaemonSentence, UsageError } from '../../../cli/complaint.ts'
import { leave, mirror, type Outcome, type Self, statusOf } from '../../../cli/exit-status.ts'
import { endSentence } from '../../../cli/text/process-text.ts'
import { NetdaemonError } from '../../../client-lib/index.ts'

/** Everything that leaving does to a process. */
function leaving(outcome: Outcome): string[] {
  const deeds: string[] = []
  const me: Self = {
    restoreStdio: () => deeds.push('restore'),
    on: (signal) => deeds.push(`on ${signal}`),
    removeAllListeners: (signal) => deeds.push(`off ${signal}`),
    kill: (signal) => deeds.push(`kill ${signal}`),
    exit: (code) => {
      deeds.push(`exit ${code}`)
      throw new Error('gone')
    },
  }
  try {
    leave(outcome, me)
  } catch {
    // 'gone': a process that has exited goes no further.
  }
  return deeds
}

describe('leaving', () => {
  it('with a code exits with it', () => {
    deepEqual(leaving(mirror({ kind: 'exited', code: 7 })), ['exit 7'])
  })

  it('by a signal restores its default action first, and dies of it', () => {
    const deeds = leaving(mirror({ kind: 'killed', signal: 'SIGPIPE' }))
    deepEqual(deeds, ['restore', 'on SIGPIPE', 'off SIGPIPE', 'kill SIGPIPE', 'exit 141'])
  })

  it('by SIGKILL needs no restoring', () => {
    deepEqual(leaving({ kind: 'signal', signal: 'SIGKILL' }), ['restore', 'kill SIGKILL', 'exit 137'])
  })

  it('by a signal that would leave a core exits with 128+n', () => {
    deepEqual(leaving({ kind: 'signal', signal: 'SIGSEGV' }), ['exit 139'])
    deepEqual(leaving({ kind: 'signal', signal: 'SIGQUIT' }), ['exit 131'])
  })

  it('by a real-time signal, or an unknown one, exits', () => {
    equal(statusOf({ kind: 'signal', signal: 'SIGRTMIN+3' }), 128 + 37)
    equal(statusOf({ kind: 'signal', signal: 'SIGRTMAX' }), 128 + 64)
    equal(statusOf({ kind: 'signal', signal: 'SIGNONSENSE' }), 125)
  })
})

describe('a complaint', () => {
  const told = (error: unknown) => complain(error, '/run/x.sock')
  const coded = (...args: ConstructorParameters<typeof NetdaemonError>) => told(new NetdaemonError(...args))

  it('has the status of env(1) for a program that cannot be started', () => {
    equal(coded('CANNOT_START', 'x', { errno: 'ENOENT' }).status, 127)
    equal(coded('CANNOT_START', 'x', { errno: 'EACCES' }).status, 126)
    equal(coded('CANNOT_START', 'x', { errno: 'ENOEXEC' }).status, 126)
    equal(coded('CANNOT_START', 'x', { errno: 'EAGAIN' }).status, 125)
    equal(coded('CANNOT_START', 'x', { errno: 'ENOENT', detail: { cwd: '/no' } }).status, 125)
  })

  it('says what to do when no daemon listens', () => {
    const { sentence, status } = coded('NO_DAEMON', 'no', { errno: 'ECONNREFUSED' })
    equal(status, 125)
    match(sentence, /^no daemon listens on \/run\/x\.sock; start one with "ndctl daemon start"/)
    equal(coded('NO_DAEMON', 'may not connect', { errno: 'EACCES' }).sentence, 'may not connect')
  })

  it('says what lives on when the daemon is gone', () => {
    const lost = new NetdaemonError('DISCONNECTED', 'x')
    match(lostDaemonSentence(lost, { id: 'web', pid: 12 }), /^the daemon is gone \(.*\); "web" runs on, as pid 12; /)
  })

  it('does not call a daemon gone that closed the connection for a reason', () => {
    const cause = new NetdaemonError('BAD_PACKET', 'bad packet: too long')
    const closed = new NetdaemonError('DISCONNECTED', 'the daemon closed the connection', { cause })
    match(complain(closed, '/s').sentence, /^the connection was closed \(bad packet: too long\); /)
  })

  it('names the option that a refused field was given by', () => {
    const refused = (field: string) =>
      coded('BAD_REQUEST', `START: "${field}" must not be empty`, { detail: { field, problem: 'must not be empty' } })
    equal(refused('spec.name').sentence, '--name must not be empty')
    equal(refused('spec.labels.tier').sentence, '--label must not be empty')
    equal(refused('spec.args.3').sentence, 'an ARG must not be empty')
    equal(refused('attach.window').sentence, 'START: "attach.window" must not be empty')
  })

  it('of an end that it does not know says so', () => {
    equal(
      endSentence('web', { kind: 'unknown', word: 'lost' }),
      '"web" ended as "lost", a state that this version of ndctl does not know',
    )
    equal(statusOf(mirror({ kind: 'unknown', word: 'lost' })), 125)
  })

  it('of a wait that took too long has the status of timeout(1)', () => equal(coded('TIMEOUT', 'x').status, 124))

  it('names the help of the command', () => {
    const error = new UsageError('no such option; did you mean --x?')
    error.command = 'list'
    equal(told(error).sentence, 'no such option; did you mean --x? See "ndctl list --help"')
    equal(told(new UsageError('bad')).sentence, 'bad; see "ndctl --help"')
  })

  it('of an unexpected error shows its stack', () => {
    match(told(new TypeError('oops')).stack ?? '', /TypeError: oops/)
    equal(told(new CliError('known')).stack, undefined)
  })
})
