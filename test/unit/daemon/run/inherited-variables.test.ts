// What programs inherit, as the kernel takes it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InheritedVariables } from '../../../../daemon/run/inherited-variables.ts'

describe('inherited variables', () => {
  const inherited = new InheritedVariables({ HOME: '/root', PWD: '/', LANG: 'C' }, ['PWD'])

  test('are passed in their order, without those that each program has of its own', () => {
    assert.deepEqual(inherited.beside({ PWD: '/tmp' }), ['HOME=/root', 'LANG=C'])
  })

  test('give way to a program’s own of the same name, and to those of this one only', () => {
    assert.deepEqual(inherited.beside({ HOME: '/home/x', MORE: '1' }), ['LANG=C'])
    assert.deepEqual(inherited.beside({}), ['HOME=/root', 'LANG=C'])
  })

  test('are copied for whoever changes them', () => {
    const copy = inherited.copy()
    assert.deepEqual(copy, { HOME: '/root', PWD: '/', LANG: 'C' })
    copy.HOME = '/elsewhere'
    assert.equal(inherited.copy().HOME, '/root')
  })
})
