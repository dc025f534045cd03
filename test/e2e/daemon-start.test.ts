// What a daemon in the background takes along from whoever started it, in every way of starting one: nothing that is not its own.

import { deepEqual, equal, match } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { daemonProgram, openFilesOf } from '../support/daemon/daemon-harness.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'

const ndctl = fileURLToPath(new URL('../../bin/ndctl.cjs', import.meta.url))
const ways: readonly (readonly [string, ...string[]])[] = [
  [daemonProgram, '--background'],
  [ndctl, 'daemon', 'start'],
  [ndctl, 'start', '--detach', 'sleep', '1000'],
]

describe('a daemon lets go of the files that its starter had open', () => {
  for (const [program, ...words] of ways) {
    it(`started with ${words.join(' ')}`, async (t) => {
      const rig = new CliRig(t)
      const path = join(rig.directory, 'kept')
      const kept = openSync(path, 'w')
      const stdio = Array.from({ length: 252 }, (_, fd) => ([3, 9, 20, 77, 200, 251].includes(fd) ? kept : 'ignore'))
      const starter = spawn(program, words, { stdio, env: { ...process.env, ...rig.env } })
      const [code] = await once(starter, 'exit')
      closeSync(kept)
      equal(code, 0)
      deepEqual(
        openFilesOf(await rig.daemonPid()).filter((name) => name === path),
        [],
      )
    })
  }
})

it('processes of a daemon that npm’s npx started know nothing of npm', async (t) => {
  const rig = new CliRig(t)
  // Where npx finds its programs.
  const bin = join(rig.directory, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(ndctl, join(bin, 'ndctl'))
  const { PATH } = rig.env
  const { stdout } = await rig.shell(`cd ${rig.directory} && PATH='${PATH}' npx --no ndctl start -q env`)
  // The Node that runs the tests may be in a node_modules of its own, which is in PATH.
  const npms = /^npm_|^(INIT_CWD|NODE|COLOR)=|node-gyp-bin|\/node_modules\/\.bin/
  deepEqual(
    stdout.split('\n').filter((line) => npms.test(line)),
    [],
  )
  match(stdout, /^PATH=/m)
})
