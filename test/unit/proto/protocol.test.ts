// The table itself: its codes are what they were in 2009, unambiguous, and every schema in it can be generated from.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { check } from '../../../proto/codec/check.ts'
import { errorCodes, NetdaemonError } from '../../../proto/errors.ts'
import { eventName, events, frames, requestName, requests, streamMessages } from '../../../proto/protocol.ts'

const all = { ...requests, ...events, ...streamMessages, ...frames }

describe('the table of messages', () => {
  test('the codes of 2009 have stayed', () => {
    const codes = Object.fromEntries(Object.entries(all).map(([name, { code }]) => [name, code]))
    const { HELLO, START, ATTACH, LIST, ATTACHED, DATA, STATUS, KILL, OK, ERROR, ABORT } = codes
    assert.deepEqual(
      { HELLO, START, ATTACH, LIST, ATTACHED, DATA, STATUS, KILL, OK, ERROR, ABORT },
      {
        HELLO: 0x0001,
        START: 0x0101,
        ATTACH: 0x0102,
        LIST: 0x0103,
        ATTACHED: 0x0110,
        DATA: 0x0201,
        STATUS: 0x0202,
        KILL: 0x0203,
        OK: 0xff00,
        ERROR: 0xfff0,
        ABORT: 0xffff,
      },
    )
  })

  test('no two messages share a code, and every code is a u16', () => {
    const codes = Object.values(all).map(({ code }) => code)
    assert.equal(new Set(codes).size, codes.length)
    for (const code of codes) assert.ok(Number.isInteger(code) && code > 0 && code <= 0xffff)
  })

  test('requests and events are found by their codes, and only they', () => {
    for (const [name, { code }] of Object.entries(requests)) assert.equal(requestName(code), name)
    for (const [name, { code }] of Object.entries(events)) assert.equal(eventName(code), name)
    assert.equal(requestName(events.STATUS.code), undefined)
    assert.equal(eventName(requests.START.code), undefined)
    assert.equal(requestName(0x7777), undefined)
  })

  test('every message and every error code says in a sentence what it is', () => {
    for (const { doc } of Object.values(all)) assert.ok(doc.length > 20)
    for (const { meaning } of Object.values(errorCodes)) assert.ok(meaning.length > 10)
  })
})

describe('checking against the table', () => {
  const failure = (body: unknown): NetdaemonError => {
    try {
      check(requests.START.params, body, 'START')
    } catch (error) {
      assert.ok(error instanceof NetdaemonError)
      assert.equal(error.code, 'BAD_REQUEST')
      return error
    }
    return assert.fail('accepted')
  }

  test('the error names the message and the field that does not fit', () => {
    assert.equal(failure({ spec: { command: 7 } }).message, 'START: "spec.command" must be a string, not 7')
    assert.match(
      failure({ spec: { command: 'x', args: ['a', 1] } }).message,
      /^START: "spec\.args\.1" must be a string/,
    )
    assert.match(failure({ spec: { command: 'x', labels: { '-': 'v' } } }).message, /"spec\.labels\.-" must begin/)
    assert.equal(failure(null).message, 'START: its body must be a map, not null')
    assert.equal(failure({}).message, 'START: "spec" is missing')
    assert.equal(failure({ spec: { command: '' } }).message, 'START: "spec.command" must not be empty')
    assert.equal(
      failure({ spec: { command: 'x' }, attach: { from: { offset: -1 } } }).message,
      'START: "attach.from.offset" must be at least 0, not -1',
    )
    assert.equal(
      failure({ spec: { command: 'x', stdin: 'hold' } }).message,
      'START: "spec.stdin" must be "pipe" or "null", not "hold"',
    )
  })

  test('a relative path of a program needs a directory that it starts at', () => {
    assert.deepEqual(failure({ spec: { command: './server' } }).detail, {
      field: 'spec.command',
      problem: 'must be a name or an absolute path, unless "cwd" says where a relative path starts',
    })
    for (const spec of [{ command: './server', cwd: '/srv' }, { command: '/srv/server' }, { command: 'server' }]) {
      check(requests.START.params, { spec }, 'START')
    }
  })

  test('the error tells a program the field and the problem', () => {
    assert.deepEqual(failure({ spec: { command: 'x', name: '-a' } }).detail, {
      field: 'spec.name',
      problem: 'must begin with a letter, digit or _, and hold only those and . @ : - (at most 64 characters)',
    })
  })

  test('defaults are filled in, and unknown fields of a newer client are dropped', () => {
    const { spec, replace } = check(requests.START.params, { spec: { command: 'x', colour: 1 }, more: 2 }, 'START')
    assert.equal(replace, false)
    assert.deepEqual(spec, {
      command: 'x',
      args: [],
      env: { inherit: true, set: {} },
      labels: {},
      stdin: 'pipe',
      stderr: 'pipe',
      outputLimit: 256 * 1024,
      autoRemove: false,
    })
  })

  test('an error fits into a packet, whatever megabytes it complains of', () => {
    const huge = 'A'.repeat(1024 * 1024)
    for (const body of [
      { spec: { command: 'x', stdin: huge } },
      { spec: { command: 'x', labels: { [huge]: '' } } },
      { spec: { command: 'x', env: { set: { [`${huge}=`]: '' } } } },
    ]) {
      assert.ok(failure(body).message.length < 1000)
    }
  })
})
