import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import { CLD_DUMPED, CLD_EXITED, type EndedChild, errnos, type Kernel } from '../../../../../daemon/linux/kernel.ts'
import { spawnProcess } from '../../../../../daemon/linux/spawn/spawn.ts'
import { type ExitStatus, Reaper } from '../../../../../daemon/linux/tree/reaper.ts'
import {
  kernel,
  kernelWith,
  runToEnd,
  type Started,
  shell,
  specOf,
  startReaper,
} from '../../../../support/daemon/linux.ts'
import { waitFor } from '../../../../support/wait.ts'

/** Starts a program of which only the death matters. */
function start(started: Started): number {
  const child = spawnProcess(kernel, specOf(started))
  kernel.close(child.stdout)
  kernel.close(child.stderr ?? -1)
  return child.pid
}

/** The state letter of a process in procfs, or undefined when it is gone. */
function processState(pid: number): string | undefined {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

/** The children of this process that are zombies. */
function zombies(): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return state === 'Z' && parent === String(process.pid)
    } catch {
      return false
    }
  })
}

describe('with real processes', () => {
  let reaper: Reaper
  beforeEach(() => {
    reaper = startReaper()
  })
  afterEach(() => reaper.stop())
  after(() => assert.deepEqual(zombies(), []))

  test('an exit is told with its code, a death by signal with the signal', async () => {
    const { status: exit } = await runToEnd(reaper, shell('exit 7'))
    assert.deepEqual(exit, { kind: 'exited', code: 7 })
    const { status: kill } = await runToEnd(reaper, shell('ulimit -c 0; kill -ABRT $$'))
    assert.deepEqual(kill, { kind: 'killed', signal: 'SIGABRT', coreDumped: false })
  })

  test('orphans of a watched process are adopted and reaped', async () => {
    // The inner shell is left behind by its parent, and ends when its stdin does.
    const { status } = await runToEnd(reaper, { ...shell('(sh -c "exit 3" &) ; (sh -c "exit 4" &) ; exit 0') })
    assert.deepEqual(status, { kind: 'exited', code: 0 })
    await waitFor('both orphans', () => reaper.orphansReaped === 2)
  })

  test('100 deaths at once are all told, each to whom it belongs to', async () => {
    const codes = new Map<number, number>()
    for (let n = 0; n < 100; n++) {
      const pid = start(shell(`exit ${n}`))
      reaper.watch(pid, (status) => codes.set(n, status.kind === 'exited' ? status.code : -1))
    }
    await waitFor('every death', () => codes.size === 100)
    for (const [expected, code] of codes) assert.equal(code, expected)
    assert.equal(reaper.orphansReaped, 0)
  })

  test('children that died before the start are told after it', async () => {
    reaper.stop()
    const pid = start(shell('exit 8'))
    await waitFor('the child to be a zombie', () => processState(pid) === 'Z')
    reaper = startReaper()
    const status = await new Promise((resolve) => reaper.watch(pid, resolve))
    assert.deepEqual(status, { kind: 'exited', code: 8 })
  })

  test('after stop nothing is reaped or told', async () => {
    const pid = start(shell('exit 0'))
    reaper.watch(pid, () => assert.fail('told'))
    reaper.stop()
    reaper.stop()
    await waitFor('the child to be a zombie', () => processState(pid) === 'Z')
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(processState(pid), 'Z')
    assert.ok(typeof kernel.reap(pid) === 'object')
  })
})

describe('with a scripted kernel', () => {
  /** A kernel whose ended children are those of the list, in the order of their pids. */
  function scripted(ended: EndedChild[], replaced: Partial<Kernel> = {}): Kernel {
    return kernelWith({
      peekEnded: () => ended[0] ?? 0,
      reap(pid) {
        const at = ended.findIndex((child) => child.pid === pid)
        return at < 0 ? -errnos.ECHILD : (ended.splice(at, 1)[0] ?? 0)
      },
      prctl: () => 0,
      ...replaced,
    })
  }
  const exit = (pid: number): EndedChild => ({ pid, code: CLD_EXITED, status: 0 })
  const never = { every: () => () => {} }

  test('a core dump is told', () => {
    const reaper = new Reaper(scripted([{ pid: 9, code: CLD_DUMPED, status: 11 }]), never)
    let told: ExitStatus | undefined
    reaper.watch(9, (status) => {
      told = status
    })
    reaper.sweep()
    assert.deepEqual(told, { kind: 'killed', signal: 'SIGSEGV', coreDumped: true })
  })

  test('a mass death is told over several turns, so that others get theirs', async () => {
    const ended = Array.from({ length: 1000 }, (_, n) => exit(n + 2))
    const reaper = new Reaper(scripted(ended), never)
    reaper.start()
    let turns = 0
    let before = 0
    while (reaper.orphansReaped < 1000) {
      await new Promise((resolve) => setImmediate(resolve))
      assert.ok(reaper.orphansReaped - before <= 256)
      before = reaper.orphansReaped
      turns++
    }
    assert.ok(turns >= 4)
    reaper.stop()
  })

  test('a callback that throws costs no other child its report', async () => {
    const reaper = new Reaper(scripted([exit(2), exit(3)]), never)
    const told: number[] = []
    reaper.watch(2, () => {
      throw new Error('a bug')
    })
    reaper.watch(3, () => told.push(3))
    reaper.start()
    assert.throws(() => reaper.sweep(), /a bug/)
    await waitFor('the other child', () => told.length === 1)
    reaper.stop()
  })

  test('an interrupted call is made again, and a refused one is reported', () => {
    let interrupted = false
    const ended = [exit(2)]
    const reaper = new Reaper(
      scripted(ended, {
        peekEnded() {
          if (interrupted) return ended[0] ?? -errnos.ECHILD
          interrupted = true
          return -errnos.EINTR
        },
      }),
      never,
    )
    reaper.sweep()
    assert.equal(reaper.orphansReaped, 1)
    const warnings: string[] = []
    new Reaper(kernelWith({ peekEnded: () => -errnos.ENOSYS }), {
      ...never,
      onWarning: (message) => warnings.push(message),
    }).sweep()
    assert.match(warnings.join(), /ENOSYS/)
  })

  test('not becoming the subreaper is a warning, not a failure', () => {
    const warnings: string[] = []
    const reaper = new Reaper(scripted([], { prctl: () => -errnos.EINVAL }), {
      ...never,
      onWarning: (message) => warnings.push(message),
    })
    reaper.start()
    reaper.stop()
    assert.deepEqual(warnings, ['cannot become the reaper of orphans (EINVAL); they go to init, and are not counted'])
  })

  test('without SIGCHLD the periodic sweep finds the dead', () => {
    const ended: EndedChild[] = []
    let tick = (): void => assert.fail('no period')
    const reaper = new Reaper(scripted(ended), {
      every(_periodMs, callback) {
        tick = callback
        return () => {}
      },
    })
    reaper.start()
    ended.push(exit(2))
    tick()
    return waitFor('the orphan', () => reaper.orphansReaped === 1).finally(() => reaper.stop())
  })
})
