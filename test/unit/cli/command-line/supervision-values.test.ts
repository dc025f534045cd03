// The words of `start` that say how a process should live.

import { deepEqual, throws } from 'node:assert/strict'
import { it } from 'node:test'
import {
  parseAction,
  parseHealth,
  parseReady,
  parseRestart,
  parseStopStep,
} from '../../../../cli/command-line/supervision-values.ts'

it('--restart: a policy, and its settings', () => {
  deepEqual(parseRestart('--restart', 'always'), { policy: 'always' })
  deepEqual(
    parseRestart(
      '--restart',
      'on-failure:delay=1s,max=1m,factor=1.5,jitter=0,reset=5m,limit=5/10m,success=3,4,SIGTERM',
    ),
    {
      policy: 'on-failure',
      delayMs: 1000,
      maxMs: 60_000,
      factor: 1.5,
      jitter: 0,
      resetAfterMs: 300_000,
      limit: { starts: 5, withinMs: 600_000 },
      success: { codes: [3, 4], signals: ['SIGTERM'] },
    },
  )
})

it('--restart: a word that it does not know is told, with what was meant', () => {
  throws(() => parseRestart('--restart', 'allways'), /--restart does not know "allways"; did you mean always\?/)
  throws(() => parseRestart('--restart', 'always:dely=3'), /did you mean delay\?/)
  throws(() => parseRestart('--restart', 'always:3'), /takes KEY=VALUE after "always:", not "3"/)
  throws(() => parseRestart('--restart', 'always:delay=1s,3'), /takes KEY=VALUE/)
  throws(
    () => parseRestart('--restart', 'always:limit=5'),
    /--restart limit takes starts\/time, such as 5\/10m, not "5"/,
  )
  throws(() => parseRestart('--restart', 'always:jitter=2'), /from 0 to 1/)
  throws(() => parseRestart('--restart', 'always:delay=soon'), /--restart delay takes a duration/)
})

it('--ready: KIND:ARGUMENT', () => {
  deepEqual(parseReady('--ready', 'after:2s'), { kind: 'after', ms: 2000 })
  deepEqual(parseReady('--ready', 'log:Done \\(\\d+:'), { kind: 'log', match: 'Done \\(\\d+:' })
  deepEqual(parseReady('--ready', 'notify'), { kind: 'notify' })
  deepEqual(parseReady('--ready', 'fd:3'), { kind: 'fd', fd: 3 })
  deepEqual(parseReady('--ready', 'tcp:8080'), { kind: 'tcp', port: 8080 })
  deepEqual(parseReady('--ready', 'tcp:[::1]:80'), { kind: 'tcp', host: '::1', port: 80 })
  deepEqual(parseReady('--ready', 'http://127.0.0.1:80/up'), { kind: 'http', url: 'http://127.0.0.1:80/up' })
  deepEqual(parseReady('--ready', 'https://host/up'), { kind: 'http', url: 'https://host/up' })
  deepEqual(parseReady('--ready', 'http:https://host/up'), { kind: 'http', url: 'https://host/up' })
  deepEqual(parseReady('--ready', 'exec:test -e up'), { kind: 'exec', command: ['/bin/sh', '-c', 'test -e up'] })
  throws(() => parseReady('--ready', 'exec'), /--ready exec: needs COMMAND after the colon/)
  throws(() => parseReady('--ready', 'after'), /--ready after: takes a duration/)
  throws(() => parseReady('--ready', 'aftr:2s'), /did you mean after\?/)
})

it('--stop: a signal or a text, and how long it may take, which is after the last comma', () => {
  deepEqual(parseStopStep('--stop', 'INT'), { signal: 'INT' })
  deepEqual(parseStopStep('--stop', 'INT,10s'), { signal: 'INT', waitMs: 10_000 })
  deepEqual(parseStopStep('--stop', 'send:stop\\n,30s'), { send: 'stop\n', waitMs: 30_000 })
  deepEqual(parseStopStep('--stop', 'send:bye, all'), { send: 'bye, all' })
  deepEqual(parseStopStep('--stop', 'send:a:b,1,2'), { send: 'a:b,1', waitMs: 2000 })
  throws(() => parseStopStep('--stop', 'INT,soon'), /takes a signal or send:TEXT, not "INT,soon"/)
  throws(() => parseStopStep('--stop', 'typ:x'), /--stop does not know "typ:"/)
})

it('texts are read as in C', () => {
  deepEqual(parseAction('--reload', 'send:\\e[A\\x03\\\\\\r\\t'), { send: '\x1b[A\x03\\\r\t' })
  throws(() => parseAction('--reload', 'send:\\q'), /not "\\q"/)
  throws(() => parseAction('--reload', 'send:end\\'), /not "\\"/)
})

it('reads how one knows that it is healthy', () => {
  deepEqual(parseHealth('--health', 'http://localhost:8080/x'), { kind: 'http', url: 'http://localhost:8080/x' })
  deepEqual(parseHealth('--health', 'tcp:[::1]:80'), { kind: 'tcp', host: '::1', port: 80 })
  deepEqual(parseHealth('--health', 'exec:test -e x'), { kind: 'exec', command: ['/bin/sh', '-c', 'test -e x'] })
  deepEqual(parseHealth('--health', 'silence:5m'), { kind: 'silence', ms: 300_000 })
  throws(() => parseHealth('--health', 'htp://x'), /--health does not know "htp"; did you mean http\?/)
  throws(() => parseHealth('--health', 'exec:'), /--health exec: needs COMMAND after the colon/)
})
