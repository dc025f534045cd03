import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { errnoOf } from '../../../proto/errno.ts'

describe('errnoOf', () => {
  it('names the errno of a system call that failed', () => {
    assert.throws(
      () => readFileSync('/no/such/file'),
      (error) => errnoOf(error) === 'ENOENT',
    )
  })

  it('finds none in an error that no system call caused', () => {
    const misused = Object.assign(new Error('wrong type'), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.deepEqual([misused, new Error('plain'), { code: 'ENOENT' }, undefined].map(errnoOf), [
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})
