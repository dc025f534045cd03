// Somebody who may write to the directory of a socket plants something at the place of the daemon's own files.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { DaemonHarness, daemonProgram, statOf } from '../support/daemon/daemon-harness.ts'
import { waitFor } from '../support/wait.ts'

describe('what somebody planted in the directory of its socket', () => {
  const plants: readonly (readonly [
    what: string,
    name: string,
    plant: (path: string, precious: string) => void,
    why: RegExp,
  ])[] = [
    [
      'a hard link',
      's.lock',
      (path, precious) => linkSync(precious, path),
      /lock file .*: it has 2 names \(hard links\); remove it\n$/,
    ],
    [
      'a symbolic link',
      's.lock',
      (path, precious) => symlinkSync(precious, path),
      /lock file .*: it is a symbolic link; remove it\n$/,
    ],
    [
      'a pipe',
      's.lock',
      (path) => void execFileSync('mkfifo', [path]),
      /lock file .*: it is not a regular file; remove it\n$/,
    ],
    [
      'a hard link',
      's.log',
      (path, precious) => linkSync(precious, path),
      /open the log .*: it has 2 names \(hard links\)/,
    ],
    [
      'a symbolic link',
      's.log',
      (path, precious) => symlinkSync(precious, path),
      /open the log .*: it is a symbolic link \(ELOOP\)/,
    ],
    [
      'a pipe',
      's.log',
      (path) => void execFileSync('mkfifo', [path]),
      /open the log .*: it is a pipe that nobody reads/,
    ],
  ]
  for (const [what, name, plant, why] of plants) {
    test(`${what} at ${name} is named, and what it leads to stays as it is`, () => {
      const directory = mkdtempSync('/tmp/ndd-')
      try {
        const precious = join(directory, 'precious')
        writeFileSync(precious, 'precious')
        plant(join(directory, name), precious)
        const args = [daemonProgram, '--background', '--socket', join(directory, 's')]
        const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
        assert.equal(status, 1)
        assert.match(stderr, why)
        assert.equal(readFileSync(precious, 'utf8'), 'precious')
      } finally {
        rmSync(directory, { recursive: true })
      }
    })
  }

  test('at its lock while it runs: the daemon goes on without, says so, and takes the path back', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const precious = join(daemon.directory, 'precious')
    writeFileSync(precious, 'precious')
    daemon.signal('SIGSTOP')
    await waitFor('it to be stopped', () => statOf(daemon.pid)?.state === 'T')
    rmSync(`${daemon.socket}.lock`)
    linkSync(precious, `${daemon.socket}.lock`)
    daemon.signal('SIGCONT')
    await waitFor('it to tell', () => daemon.log.includes('it has 2 names (hard links); remove it'))
    assert.equal(readFileSync(precious, 'utf8'), 'precious')
    rmSync(`${daemon.socket}.lock`)
    daemon.signal('SIGUSR1')
    await waitFor('its lock', () => existsSync(`${daemon.socket}.lock`))
    assert.equal((await client.info()).pid, daemon.pid)
  })
})
