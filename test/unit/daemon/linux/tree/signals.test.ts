import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import { parseSignal, signalName } from '../../../../../daemon/linux/tree/signals.ts'
import { NetdaemonError } from '../../../../../proto/errors.ts'

test('a signal is understood by every usual spelling', () => {
  for (const text of ['TERM', 'SIGTERM', 'term', 'SigTerm', '15', ' 15 ', 15]) assert.equal(parseSignal(text), 15)
  assert.equal(parseSignal('CLD'), 17)
  assert.equal(parseSignal('IOT'), 6)
  assert.equal(parseSignal('RTMIN'), 34)
  assert.equal(parseSignal('sigrtmin+3'), 37)
  assert.equal(parseSignal('RTMAX-2'), 62)
  assert.equal(parseSignal('64'), 64)
})

test('what is no signal is a bad request that says what is one', () => {
  for (const text of [
    '',
    '0',
    '-9',
    '65',
    'TERMINATE',
    'SIG',
    'RTMIN+31',
    'RTMIN-1',
    'RTMAX+1',
    '9x',
    '1e1',
    0,
    -1,
    1.5,
    NaN,
  ]) {
    assert.throws(
      () => parseSignal(text),
      (error) => error instanceof NetdaemonError && error.code === 'BAD_REQUEST' && /SIGTERM/.test(error.message),
    )
  }
})

test('a number has the usual name, which is understood in turn', () => {
  assert.equal(signalName(15), 'SIGTERM')
  assert.equal(signalName(6), 'SIGABRT')
  assert.equal(signalName(29), 'SIGIO')
  assert.equal(signalName(34), 'SIGRTMIN')
  assert.equal(signalName(37), 'SIGRTMIN+3')
  assert.equal(signalName(64), 'SIGRTMAX')
  assert.equal(signalName(32), '32')
  for (let signal = 1; signal <= 64; signal++) assert.equal(parseSignal(signalName(signal)), signal)
  for (const [name, signal] of Object.entries(constants.signals)) assert.equal(parseSignal(name), signal)
})
