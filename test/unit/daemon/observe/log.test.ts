import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, type TestContext, test } from 'node:test'
import { Log, openLogFile } from '../../../../daemon/observe/log.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { waitFor } from '../../../support/wait.ts'

let path: string
beforeEach((t) => {
  const directory = mkdtempSync('/tmp/ndl-')
  path = join(directory, 's.log')
  ;(t as TestContext).after(() => rmSync(directory, { recursive: true }))
})

/** Why it is not opened; fails if it is. */
function refusal(own: boolean): string {
  try {
    openLogFile({ path, own })
  } catch (error) {
    if (error instanceof NetdaemonError && error.code === 'SYSTEM') return error.message
    throw error
  }
  assert.fail('it was opened')
}

describe('the log beside the socket', () => {
  test('is made for its user alone, and appended to', () => {
    for (const word of ['one', 'two']) new Log('info', { path, own: true }).info(word)
    assert.match(readFileSync(path, 'utf8'), /^.* info one\n.* info two\n$/)
  })

  test('is not written through a link that somebody planted', () => {
    const precious = `${path}.precious`
    writeFileSync(precious, '')
    symlinkSync(precious, path)
    assert.equal(
      refusal(true),
      `cannot open the log "${path}": it is a symbolic link (ELOOP); remove it, or give another with --log-file`,
    )
    rmSync(path)
    linkSync(precious, path)
    assert.match(refusal(true), /: it has 2 names \(hard links\); remove it,/)
  })

  test('is not waited for where somebody planted a pipe', () => {
    execFileSync('mkfifo', [path])
    assert.match(refusal(true), /: it is a pipe that nobody reads \(ENXIO\);/)
    const reader = openSync(path, 'r+')
    assert.match(refusal(true), /: it is not a regular file; remove it,/)
    closeSync(reader)
  })
})

describe('a log that the user named', () => {
  test('may be a link, or a pipe that somebody reads', () => {
    const file = `${path}.file`
    symlinkSync(file, path)
    new Log('info', { path, own: false }).info('through the link')
    assert.match(readFileSync(file, 'utf8'), /through the link/)
    rmSync(path)
    execFileSync('mkfifo', [path])
    assert.match(refusal(false), /: it is a pipe that nobody reads \(ENXIO\);/)
    const reader = openSync(path, 'r+')
    new Log('info', { path, own: false }).info('through the pipe')
    const bytes = Buffer.alloc(100)
    assert.match(bytes.toString('utf8', 0, readSync(reader, bytes)), /through the pipe/)
    closeSync(reader)
  })

  test('goes on as it is when it can’t be opened anew', () => {
    const log = new Log('info', { path, own: true })
    const moved = `${path}.1`
    execFileSync('mv', [path, moved])
    symlinkSync('/dev/null', path)
    log.reopen()
    log.info('still here')
    assert.match(
      readFileSync(moved, 'utf8'),
      /error cannot open the log .*; going on with the old one\n.* still here\n/,
    )
  })
})

describe('a log on stderr', () => {
  test('loses entries, and does not wait, when nobody reads it', async () => {
    execFileSync('mkfifo', [path])
    const unread = openSync(path, 'r+')
    const module = new URL('../../../../daemon/observe/log.js', import.meta.url).href
    const script = `
      import { Log } from ${JSON.stringify(module)}
      const log = new Log('info')
      for (let n = 0; n < 2000; n++) log.info('x'.repeat(100))
      console.log('done')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', unread] })
    let said = ''
    child.stdout?.on('data', (text) => {
      said += text
    })
    await waitFor('all to be written or lost', () => said === 'done\n')
    if (child.exitCode === null) await once(child, 'exit')
    const bytes = Buffer.alloc(100)
    assert.match(bytes.toString('utf8', 0, readSync(unread, bytes)), / info xxx/)
    closeSync(unread)
  })
})
