// How the two programs start Node: it must take nothing out of our words, and never open its debugger.

import { deepEqual, doesNotMatch, equal } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { waitFor } from '../support/wait.ts'

it('passes on to a program what Node would take for an option of its own', async (t) => {
  const rig = new CliRig(t)
  writeFileSync(join(rig.directory, '.env'), 'FROM_FILE=1\n')
  const words = ['--env-file=.env', '--env-file=missing', '--env-file', 'missing', '--inspect', '--', '--test']
  const { stdout, stderr } = await rig.run('start', '-q', 'printf', '%s\n', ...words)
  equal(stdout, `${words.join('\n')}\n`, stderr)
  const line = `cd ${rig.directory}; ndctl start -q -C . node --env-file=.env -p 'process.env.FROM_FILE'`
  equal((await rig.shell(line)).stdout, '1')
})

it('ndctl ignores SIGUSR1 from its first moment on, and opens no debugger', async (t) => {
  const rig = new CliRig(t)
  await rig.start('x', ['cat'])
  // Ignored from before its start, or the first of them would end what has not become Node yet.
  const line = `trap '' USR1; echo begun; exec ndctl list -q`
  const ndctl = spawn('/bin/sh', ['-c', line], { env: { ...process.env, ...rig.env } })
  let stdout = ''
  let stderr = ''
  ndctl.stdout.on('data', (text) => {
    stdout += text
  })
  ndctl.stderr.on('data', (text) => {
    stderr += text
  })
  const closed = once(ndctl, 'close')
  await waitFor('its start', () => stdout !== '')
  await waitFor('its end', () => !ndctl.kill('SIGUSR1'))
  await closed
  deepEqual([ndctl.exitCode, ndctl.signalCode, stdout], [0, null, 'begun\nx\n'])
  doesNotMatch(stderr, /Debugger/)
})

it('a daemon in the background has nowhere to open a debugger', async (t) => {
  const rig = new CliRig(t)
  await rig.run('daemon', 'start')
  const words = readFileSync(`/proc/${await rig.daemonPid()}/cmdline`, 'utf8').split('\0')
  equal(words[1], '--inspect-port=192.0.2.1:0')
})

it('a list loads no modules of Node that it has no use for', async (t) => {
  const rig = new CliRig(t)
  await rig.start('x', ['cat'])
  const [hook, loaded] = [join(rig.directory, 'loaded.cjs'), join(rig.directory, 'loaded')]
  writeFileSync(
    hook,
    `process.on('exit', () => require('fs').writeFileSync('${loaded}', process.moduleLoadList.join()))`,
  )
  const { stdout } = await rig.shell(`NODE_OPTIONS='--require ${hook}' ndctl list -q </dev/null`)
  equal(stdout, 'x')
  // Sockets and terminals, and a clock: each costs a start some milliseconds.
  const dear = ['net', 'tty', 'perf_hooks', 'child_process', 'http', 'crypto']
  const modules = readFileSync(loaded, 'utf8').split(',')
  deepEqual(
    dear.filter((name) => modules.includes(`NativeModule ${name}`)),
    [],
  )
})
