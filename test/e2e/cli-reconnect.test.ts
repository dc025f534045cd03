// ndctl attached over a connection that breaks: what comes out is what the process wrote, to the byte, and a person is told.

import { deepEqual, equal, match } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { execa } from 'execa'
import { CuttingProxy } from '../support/client/cutting-proxy.ts'
import { CliRig, seen } from '../support/terminal/cli-rig.ts'
import { waitFor } from '../support/wait.ts'

const MIB = 1024 * 1024

/** A rig whose daemon runs, and a way to it that is cut after so many bytes. */
async function cutRig(t: TestContext, cuts: readonly number[] = []) {
  const rig = await CliRig.withDaemon(t)
  const path = join(rig.directory, 'p')
  const proxy = new CuttingProxy(path, rig.socket, cuts)
  t.after(() => proxy[Symbol.dispose]())
  return { rig, proxy, env: { ...rig.env, NETDAEMON_SOCKET: path } }
}

/** Runs ndctl with its stdout in a file: what it wrote there, what it said, and how it ended. */
async function intoFile({ rig, env }: Awaited<ReturnType<typeof cutRig>>, args: readonly string[]) {
  const file = join(rig.directory, 'out')
  const { stderr, exitCode } = await execa('sh', ['-c', 'exec ndctl "$@" > "$0"', file, ...args], {
    ...{ env, reject: false, stdin: 'ignore', stripFinalNewline: false },
  })
  return { written: readFileSync(file), stderr, exitCode }
}

/** Starts "n", which survives its daemon; its pid. */
async function startSleeping(rig: CliRig): Promise<number> {
  const { state } = await rig.start('n', ['sleep', '1000'])
  return 'pid' in state ? (state.pid ?? 0) : 0
}

const counting = (to: number) => execa('seq', [String(to)], { encoding: 'buffer', stripFinalNewline: false })

it('start into a file has every byte once, however often the connection is cut', async (t) => {
  const cutAt = [1000, 300_000, 2 * MIB, 2 * MIB + 100_000, 5 * MIB]
  const cut = await cutRig(t, cutAt)
  const { written, stderr, exitCode } = await intoFile(cut, ['start', '--', 'sh', '-c', 'seq 1000000; exit 3'])
  equal(written.equals(Buffer.from((await counting(1_000_000)).stdout)), true)
  equal(exitCode, 3)
  equal(cut.proxy.accepted, 1 + cutAt.length)
  equal(stderr.match(/lost the connection/g)?.length, cutAt.length)
  equal(stderr.match(/reconnected to "sh-\w+"/g)?.length, cutAt.length)
})

it('a lossless attach into a file has every byte once, too', async (t) => {
  const cut = await cutRig(t, [1000, 500_000, 3 * MIB])
  const { rig } = cut
  await rig.start('n', ['sh', '-c', 'read go; seq 1000000'])
  const reading = intoFile(cut, ['attach', '--lossless', '--no-stdin', '--from', 'start', 'n'])
  await rig.until('n', 'attached to', ({ attached }) => attached > 0)
  await rig.run('send', 'n', 'go')
  const { written, exitCode } = await reading
  equal(written.equals(Buffer.from((await counting(1_000_000)).stdout)), true)
  equal(exitCode, 0)
})

it('a viewer goes on at the next byte of what is kept', async (t) => {
  const cut = await cutRig(t, [40_000])
  const { rig } = cut
  await rig.start('n', ['seq', '20000'])
  await rig.ended('n')
  const { written, stderr } = await intoFile(cut, ['attach', '--no-stdin', '--from', 'start', 'n'])
  equal(written.equals(Buffer.from((await counting(20_000)).stdout)), true)
  equal(cut.proxy.accepted, 2)
  match(stderr, /^ndctl: lost the connection \(.*\); trying to reconnect for 10s\nndctl: reconnected to "n"\n$/)
})

it('input goes on after the connection is back', async (t) => {
  const { rig, proxy, env } = await cutRig(t)
  const running = rig.spawn(['start', 'cat'], { env, stdin: 'pipe' })
  running.stdin?.write('one\n')
  await seen(running, 'one\n')
  proxy.cut()
  running.stdin?.write('two\n')
  await waitFor('the way back', () => proxy.accepted === 2)
  running.stdin?.write('three\n')
  await seen(running, 'three\n')
  running.stdin?.end()
  const { exitCode, stdout, stderr } = await running
  equal(exitCode, 0)
  // What was on its way may be lost, and then that is said.
  if (String(stdout).includes('two')) equal(stdout, 'one\ntwo\nthree\n')
  else match(String(stderr), /reconnected to .*; the last 4 bytes of input may not have arrived/)
})

it('is not tried for with --retry 0', async (t) => {
  const { rig, proxy, env } = await cutRig(t)
  await startSleeping(rig)
  const running = rig.spawn(['attach', '--retry', '0', 'n'], { env, stdin: 'pipe' })
  await rig.until('n', 'attached to', ({ attached }) => attached > 0)
  proxy.cut()
  const { exitCode, stderr } = await running
  equal(exitCode, 125)
  match(String(stderr), /^ndctl: the daemon is gone .*"n" runs on, as pid \d+/)
})

it('a daemon that stays away is given up, and one that is another is told from it', async (t) => {
  const { rig } = await cutRig(t)
  const pid = await startSleeping(rig)
  using _orphan = { [Symbol.dispose]: () => process.kill(pid, 'SIGKILL') }
  const giving = rig.spawn(['attach', '--retry', '200ms', 'n'], { stdin: 'pipe' })
  const waiting = rig.spawn(['attach', '--retry', '1h', 'n'], { stdin: 'pipe' })
  await rig.until('n', 'attached to by both', ({ attached }) => attached === 2)
  process.kill(await rig.daemonPid(), 'SIGKILL')
  const given = await giving
  equal(given.exitCode, 125)
  match(
    String(given.stderr),
    new RegExp(`trying to reconnect for 200 ms.*\nndctl: the daemon is gone .*"n" runs on, as pid ${pid}`),
  )
  await waitFor('the loss to be told', () => waiting.written.stderr.includes('trying to reconnect for 1h'))
  await rig.startDaemon()
  const { exitCode, stderr } = await waiting
  equal(exitCode, 125)
  match(
    String(stderr),
    new RegExp(
      `the daemon was restarted while this client was away, and does not have "n"; if that process still runs, it is pid ${pid}\n$`,
    ),
  )
})

it('is left by a signal while the connection is away', async (t) => {
  const { rig } = await cutRig(t)
  const pid = await startSleeping(rig)
  using _orphan = { [Symbol.dispose]: () => process.kill(pid, 'SIGKILL') }
  const running = rig.spawn(['attach', '--sig-proxy', '--retry', '1h', 'n'], { stdin: 'pipe' })
  await rig.until('n', 'attached to', ({ attached }) => attached > 0)
  process.kill(await rig.daemonPid(), 'SIGKILL')
  await waitFor('the loss to be told', () => running.written.stderr.includes('trying'))
  running.kill('SIGTERM')
  deepEqual(
    [(await running).signal, running.written.stderr.endsWith('detached from "n", which runs on\n')],
    ['SIGTERM', true],
  )
})
