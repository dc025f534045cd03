// The daemon's side of a terminal, with a real one: nothing of the output is lost at the end, nothing is left open when something
// fails, and what comes after the end does no harm.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { errnos, type Kernel } from '../../../../../daemon/linux/kernel.ts'
import { endOfInput } from '../../../../../daemon/linux/stdio/pty.ts'
import { TERMINAL_READ_MAX, Terminal } from '../../../../../daemon/linux/stdio/terminal.ts'
import type { ExitStatus, Reaper } from '../../../../../daemon/linux/tree/reaper.ts'
import { NetdaemonError } from '../../../../../proto/errors.ts'
import {
  kernel,
  kernelWith,
  openFdCount,
  readBuffer,
  shell,
  specOf,
  startReaper,
} from '../../../../support/daemon/linux.ts'
import { waitFor } from '../../../../support/wait.ts'

const size = { columns: 80, rows: 24 }

const reaper: Reaper = startReaper()
after(() => reaper.stop())

/** A program on a terminal, and all that the terminal tells. */
class Rig {
  readonly terminal: Terminal
  readonly pid: number
  output = ''
  status: ExitStatus | undefined
  readonly told: string[] = []
  onBytes = () => {}

  constructor(script: string, withKernel: Kernel = kernel) {
    this.terminal = Terminal.open(withKernel, '/bin/sh', size, readBuffer)
    this.pid = this.terminal.execute(specOf(shell(script)))
    reaper.watch(this.pid, (status) => {
      this.status = status
      this.terminal.died()
    })
    this.terminal.begin({
      onBytes: (buffer, start, end) => {
        assert.ok(end - start <= TERMINAL_READ_MAX && end > start)
        assert.ok(!this.told.includes('end'), 'bytes after the end')
        this.output += buffer.toString('latin1', start, end)
        this.onBytes()
      },
      onDrained: () => this.told.push('drained'),
      onEnd: () => this.told.push('end'),
    })
  }

  /** The pid that a descendant has told: `pid 4711`. */
  get pidTold(): number {
    return Number(/pid (\d+)/.exec(this.output)?.[1] ?? assert.fail('no pid was told'))
  }

  async until(what: string): Promise<void> {
    await waitFor(
      `${what} (${this.told}; ${this.output.slice(-100)})`,
      () => this.told.includes(what) || this.output.includes(what),
    )
  }
}

// What is opened once and for good is not the terminals'.
await new Rig('true').until('end')

const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n + 1}\r\n`).join('')

describe('the end of the output', () => {
  test('comes after the last byte, and closes everything', async () => {
    const before = openFdCount()
    const rig = new Rig('seq 1 20000; exit 3')
    await rig.until('end')
    assert.equal(rig.output, numbers(20_000))
    assert.deepEqual([rig.told, rig.status], [['end'], { kind: 'exited', code: 3 }])
    await waitFor('all to be closed', () => openFdCount() === before)
  })

  test('waits for descendants, and what the dead process wrote does not', async () => {
    const descendant = 'trap "seq 1 5000; exit" USR1; echo "pid $$ ready"; while :; do sleep 0.01; done'
    const rig = new Rig(`trap "" HUP; sh -c '${descendant}' & read x; seq 1 5000`)
    await rig.until('ready')
    rig.terminal.write(Buffer.from('\n'))
    await rig.until('drained')
    assert.ok(rig.output.endsWith(numbers(5000)))
    assert.equal(kernel.kill(rig.pidTold, 10), 0)
    await rig.until('end')
    assert.ok(rig.output.endsWith(numbers(5000) + numbers(5000)))
  })

  test('does not wait for descendants that never stop writing', async () => {
    // The process ends only when the other one has said its pid.
    const rig = new Rig(`trap "" HUP; sh -c 'echo "pid $$ ready"; exec yes' & read x`)
    await rig.until('ready')
    rig.terminal.write(Buffer.from('\n'))
    await rig.until('drained')
    const read = rig.output.length
    await waitFor('more', () => rig.output.length > read + 100_000)
    kernel.kill(rig.pidTold, 9)
    await rig.until('end')
    assert.deepEqual(rig.told, ['drained', 'end'])
  })

  test('does not come while reading is paused, nor do the bytes before it', async () => {
    const rig = new Rig('echo go; read x; seq 1 300')
    await rig.until('go')
    rig.terminal.pause()
    const seen = rig.output.length
    rig.terminal.write(Buffer.from('\n'))
    // More than the kernel keeps would make it wait; this much it writes, and ends.
    await waitFor('its death', () => rig.status !== undefined)
    for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([rig.output.length, rig.told], [seen, []])
    // One read at a time.
    rig.onBytes = () => {
      rig.terminal.pause()
      setImmediate(() => rig.terminal.resume())
    }
    rig.terminal.resume()
    await rig.until('end')
    assert.ok(rig.output.endsWith(numbers(300)))
  })

  test('comes once, when the kernel hangs the terminal up', async () => {
    const rig = new Rig('trap "" HUP; echo go; exec sleep 1000')
    await rig.until('go')
    rig.terminal.close()
    await waitFor('the hang-up', () => kernel.kill(rig.pid, 9) === 0)
    await waitFor('its death', () => rig.status !== undefined)
    assert.deepEqual(rig.told, [])
  })
})

test('a terminal that is given up ends its program by SIGHUP, and takes nothing more', async () => {
  const before = openFdCount()
  const rig = new Rig('echo go; exec cat')
  await rig.until('go')
  rig.terminal.close()
  rig.terminal.close()
  assert.equal(rig.terminal.write(Buffer.from('x')), -errnos.EIO)
  assert.equal(rig.terminal.resize(size), -errnos.EIO)
  rig.terminal.died()
  rig.terminal.resume()
  await waitFor('its death', () => rig.status !== undefined)
  assert.deepEqual(rig.status, { kind: 'killed', signal: 'SIGHUP', coreDumped: false })
  await waitFor('all to be closed', () => openFdCount() === before)
})

test('the end of input is what ends it now: by lines twice in mid-line, else once, and the key that the program chose', () => {
  const flags = (lflag: number, veof: number): Kernel =>
    kernelWith({
      ioctl: (_fd, _request, argument) => {
        assert.ok(argument instanceof Uint8Array)
        argument[12] = lflag
        argument[17 + 4] = veof
        return 0
      },
    })
  const ICANON = 2
  const typed = (withKernel: Kernel, midLine: boolean) => [...endOfInput(withKernel, 3, midLine)]
  assert.deepEqual(typed(flags(ICANON, 4), false), [4])
  assert.deepEqual(typed(flags(ICANON, 4), true), [4, 4])
  assert.deepEqual(typed(flags(ICANON, 2), true), [2, 2])
  assert.deepEqual(typed(flags(0, 4), true), [4])
  assert.deepEqual(typed(flags(ICANON, 0), false), [4])
  assert.deepEqual(typed(kernelWith({ ioctl: () => -errnos.EIO }), true), [4, 4])
})

describe('a terminal that cannot be made', () => {
  const failing = (replaced: Partial<Kernel>) => () => Terminal.open(kernelWith(replaced), '/bin/sh', size, readBuffer)
  const cannot = (errno: string, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof NetdaemonError)
    assert.deepEqual([error.code, error.errno], ['CANNOT_START', errno])
    assert.match(error.message, message)
    return true
  }

  test('says what is missing, and leaves nothing open', async () => {
    const before = openFdCount()
    const noMore = failing({
      open: (path, ...more) => (path === '/dev/ptmx' ? -errnos.ENOSPC : kernel.open(path, ...more)),
    })
    assert.throws(noMore, cannot('ENOSPC', /as many terminals as the system allows \(ENOSPC\); raise kernel\.pty\.max/))
    assert.throws(failing({ open: () => -errnos.ENOENT }), cannot('ENOENT', /open \/dev\/ptmx/))
    assert.throws(failing({ dup3: () => -errnos.EBUSY }), cannot('EBUSY', /watch its terminal/))
    assert.throws(failing({ pipe2: () => -errnos.EMFILE }), cannot('EMFILE', /too many files open/))
    for (let call = 0; call < 5; call++) {
      let left = call
      const ioctl: Kernel['ioctl'] = (...all) => (left-- === 0 ? -errnos.EPERM : kernel.ioctl(...all))
      assert.throws(failing({ ioctl }), cannot('EPERM', /its terminal/))
    }
    await waitFor('all to be closed', () => openFdCount() === before)
  })

  test('or whose program cannot be started, leaves nothing open either', async () => {
    const before = openFdCount()
    const terminal = Terminal.open(kernel, '/no/such', size, readBuffer)
    assert.throws(() => terminal.execute(specOf({ file: '/no/such' })), cannot('ENOENT', /no such file/))
    await waitFor('all to be closed', () => openFdCount() === before)
  })
})
