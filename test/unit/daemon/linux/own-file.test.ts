import assert from 'node:assert/strict'
import { closeSync, linkSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { whyNotOwn } from '../../../../daemon/linux/own-file.ts'

test('a file is ours if it is a regular one of our user with one name, or with none', () => {
  const directory = mkdtempSync('/tmp/ndo-')
  const path = join(directory, 'file')
  const fd = openSync(path, 'w')
  const uid = process.geteuid?.() ?? 0
  assert.equal(whyNotOwn(fd), undefined)
  assert.equal(whyNotOwn(fd, uid + 1), `it belongs to user ${uid}`)
  linkSync(path, `${path}2`)
  assert.equal(whyNotOwn(fd), 'it has 2 names (hard links)')
  unlinkSync(path)
  unlinkSync(`${path}2`)
  assert.equal(whyNotOwn(fd), undefined)
  closeSync(fd)
  const directoryFd = openSync(directory, 'r')
  assert.equal(whyNotOwn(directoryFd), 'it is not a regular file')
  closeSync(directoryFd)
  rmSync(directory, { recursive: true })
})
