// Where the sequence of a key ends.

import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { beginsString, typedSequence } from '../../../vt/typed-sequence.ts'

test('a typed sequence ends with its final character, or before what cannot be a part of it', () => {
  deepEqual(typedSequence('\x1b[A'), { length: 3, parameters: '', intermediates: '', final: 'A' })
  deepEqual(typedSequence('\x1b[112;5ux'), { length: 8, parameters: '112;5', intermediates: '', final: 'u' })
  deepEqual(typedSequence('\x1b[<0;4;4M'), { length: 9, parameters: '<0;4;4', intermediates: '', final: 'M' })
  deepEqual(typedSequence('\x1b[?1;2$y'), { length: 8, parameters: '?1;2', intermediates: '$', final: 'y' })
  deepEqual(typedSequence('\x1b[1;'), { length: 4, parameters: '1;', intermediates: '' })
  deepEqual(typedSequence('\x1b[1\x1b[A'), { length: 3, parameters: '1', intermediates: '' })
  deepEqual(typedSequence('\x1b[1é'), { length: 3, parameters: '1', intermediates: '' })
})

test('a string begins with one of five characters after ESC', () => {
  for (const character of ']PX^_') equal(beginsString(character), true, character)
  for (const character of '[O\\a\x1b') equal(beginsString(character), false, character)
})
