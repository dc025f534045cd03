import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { readInterpreter } from '../../../../../daemon/linux/spawn/interpreter.ts'
import { budget } from '../../../../support/fuzz.ts'

const directory = mkdtempSync(join(tmpdir(), 'nd-'))
after(() => rmSync(directory, { recursive: true }))

function look(content: string | Uint8Array) {
  const path = join(directory, 'file')
  writeFileSync(path, content)
  return readInterpreter(path)
}

/** The beginning of an ELF program with one program header, which names a loader. */
function elf(wide: boolean, loader: string): Buffer {
  const file = Buffer.alloc(512)
  file.write('\x7fELF', 'latin1')
  file[4] = wide ? 2 : 1
  file[5] = 1
  if (wide) file.writeBigUInt64LE(64n, 32)
  else file.writeUInt32LE(64, 28)
  file.writeUInt16LE(wide ? 56 : 32, wide ? 54 : 42)
  file.writeUInt16LE(1, wide ? 56 : 44)
  file.writeUInt32LE(3, 64)
  if (wide) file.writeBigUInt64LE(200n, 72)
  else file.writeUInt32LE(200, 68)
  file.write(`${loader}\0`, 200)
  return file
}

test('the interpreter of a script is what follows #!, up to a space or the end of the line', () => {
  assert.deepEqual(look('#!/bin/sh'), { kind: 'script', path: '/bin/sh' })
  assert.deepEqual(look('#!/usr/bin/env python3\nx'), { kind: 'script', path: '/usr/bin/env' })
  assert.deepEqual(look('#! \t bin/tool\t-x\n'), { kind: 'script', path: 'bin/tool' })
  assert.deepEqual(look('#!/bin/sh\r\n'), { kind: 'script', path: '/bin/sh\r' })
  assert.deepEqual(look('#!\n/bin/sh'), { kind: 'unknown' })
})

test('the loader of an ELF program is found, for 64 and for 32 bits', () => {
  assert.deepEqual(look(elf(true, '/lib/ld-musl-x86_64.so.1')), { kind: 'loader', path: '/lib/ld-musl-x86_64.so.1' })
  assert.deepEqual(look(elf(false, '/lib/ld-linux.so.2')), { kind: 'loader', path: '/lib/ld-linux.so.2' })
  assert.deepEqual(look(elf(true, '').fill(0, 64, 68)), { kind: 'elf' })
})

test('other and unreadable files are unknown', () => {
  for (const content of ['', '#', 'text', '\x7fELF']) assert.deepEqual(look(content), { kind: 'unknown' })
  assert.deepEqual(readInterpreter('/no/such'), { kind: 'unknown' })
  assert.deepEqual(readInterpreter(directory), { kind: 'unknown' })
})

test('no content makes it fail', () => {
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 300 })
  fc.assert(
    fc.property(
      bytes,
      fc.constantFrom('', '#!', '\x7fELF\x02\x01', '\x7fELF\x01\x01', '\x7fELF\x02\x02'),
      (rest, magic) => {
        look(Buffer.concat([Buffer.from(magic, 'latin1'), rest]))
      },
    ),
    { ...budget(500) },
  )
})
