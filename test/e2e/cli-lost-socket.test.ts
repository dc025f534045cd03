// ndctl, when the daemon runs and its socket file has been removed. The daemon is stopped: it would make the file anew.

import { deepEqual, equal, match } from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { it } from 'node:test'
import { statOf } from '../support/daemon/daemon-harness.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { waitFor } from '../support/wait.ts'

it('names the daemon and says what to do, starts no second one, and finds it again afterwards', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const pid = await rig.daemonPid()
  process.kill(pid, 'SIGSTOP')
  try {
    await lostSocket(rig, pid)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await waitFor('the socket', () => existsSync(rig.socket))
  equal((await rig.run('daemon', 'status')).exitCode, 0)
  equal((await rig.run('daemon', 'stop')).exitCode, 0)
})

async function lostSocket(rig: CliRig, pid: number): Promise<void> {
  await waitFor('it to be stopped', () => statOf(pid)?.state === 'T')
  rmSync(rig.socket)
  const sentence = `ndctl: a daemon (pid ${pid}) owns ${rig.socket} and runs, but its socket has been removed or replaced; "kill -USR1 ${pid}" makes it anew, "kill ${pid}" ends that daemon and its processes\n`
  for (const [status, words] of [
    [125, ['daemon', 'stop']],
    [4, ['daemon', 'status']],
    [125, ['daemon', 'start']],
    [125, ['start', 'true']],
    [125, ['list']],
  ] as const) {
    const { exitCode, stdout, stderr } = await rig.run(...words)
    deepEqual([words, exitCode, stdout, stderr], [words, status, '', sentence])
  }
  equal(existsSync(rig.socket), false)
  // Where the pid cannot be told, because the disk was full.
  writeFileSync(`${rig.socket}.lock`, '')
  match(
    (await rig.run('list')).stderr,
    /^ndctl: a daemon \(fuser .*\/s\.lock tells its pid\) owns .*; "kill -USR1 PID" makes it anew/,
  )
}

it('a lock file that nobody holds is no daemon', async (t) => {
  const rig = new CliRig(t)
  writeFileSync(`${rig.socket}.lock`, '1\n')
  equal((await rig.run('daemon', 'status')).exitCode, 3)
  equal((await rig.run('daemon', 'stop')).exitCode, 0)
  equal((await rig.run('start', '-q', 'true')).exitCode, 0)
})
