// Launching: which file is executed, with which variables, and that nothing is left running which nobody supervises.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as v from 'valibot'
import { createReadBuffer } from '../../../../daemon/linux/stdio/read-buffer.ts'
import { Launcher, type LauncherOptions } from '../../../../daemon/run/launcher.ts'
import { Notifications } from '../../../../daemon/run/notifications.ts'
import { DATA_HEADER } from '../../../../proto/codec/stream-codec.ts'
import { processSpec } from '../../../../proto/messages/spec-shapes.ts'
import type { ProcessSpecInput } from '../../../../proto/protocol.ts'
import { FakeChildren } from '../../../support/daemon/fake-children.ts'
import { noProcesses } from '../../../support/daemon/fake-proc.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'
import { waitFor } from '../../../support/wait.ts'

const spec = (given: ProcessSpecInput) => v.parse(processSpec, given)

class Rig implements Disposable {
  readonly children = new FakeChildren()
  readonly launcher: Launcher
  readonly told: string[] = []
  readonly handlers = {
    onOutput: () => {},
    onOutputEnd: (channel: number) => this.told.push(`end of ${channel}`),
    onInputTaken: () => {},
    onInputClosed: () => {},
    onDied: ({ kind }: { kind: string }) => this.told.push(kind),
    onOver: () => this.told.push('over'),
  }

  constructor(environment: LauncherOptions['environment'] = {}) {
    const { kernel, reaper } = this.children
    this.launcher = new Launcher(
      {
        kernel,
        reaper,
        clock: new ManualClock(),
        readBuffer: createReadBuffer(DATA_HEADER),
        processes: noProcesses,
        notifications: new Notifications({ kernel, processes: noProcesses }, '/nowhere/notify'),
      },
      { socketPath: '/run/test.sock', umask: 0o022, softFiles: undefined, environment },
    )
  }

  [Symbol.dispose](): void {
    this.children.dispose()
  }
}

describe('the variables of a program', () => {
  test('are the daemon’s with its own directory, its id and its socket, and over them those that were set', () => {
    using rig = new Rig({ HOME: '/root', LANG: 'C' })
    const { env } = rig.launcher.find(
      'web',
      spec({ command: '/bin/true', cwd: '/usr', env: { set: { LANG: 'de', NETDAEMON_ID: 'x' } } }),
    )
    const own = { NETDAEMON_ID: 'x', NETDAEMON_SOCKET: '/run/test.sock' }
    assert.deepEqual(env(), { HOME: '/root', PWD: '/usr', LANG: 'de', ...own })
  })

  test('are without the daemon’s where they are not inherited, and made anew for each call', () => {
    using rig = new Rig({ HOME: '/root' })
    const { env } = rig.launcher.find('web', spec({ command: '/bin/true', env: { inherit: false } }))
    assert.deepEqual(env(), { NETDAEMON_ID: 'web', NETDAEMON_SOCKET: '/run/test.sock' })
    assert.notEqual(env(), env())
  })
})

describe('a command without a slash', () => {
  test('is looked for in the PATH that the program will have', () => {
    using rig = new Rig({ PATH: '/nowhere' })
    const find = (env: ProcessSpecInput['env']) => rig.launcher.find('x', spec({ command: 'sh', ...(env && { env }) }))
    assert.throws(() => find(undefined), { code: 'CANNOT_START', errno: 'ENOENT' })
    assert.equal(find({ set: { PATH: '/bin' } }).path, '/bin/sh')
    assert.match(find({ inherit: false }).path, /\/bin\/sh$/)
  })
})

describe('a launched program', () => {
  test('is called by the name that was typed, in the directory asked for', () => {
    using rig = new Rig({ PATH: '/bin' })
    rig.launcher.launch(
      rig.launcher.find('x', spec({ command: 'sh', args: ['-c', ':'], cwd: '/usr' })),
      undefined,
      rig.handlers,
    )
    const { call } = rig.children.last
    assert.deepEqual([call.file, call.argv, call.cwd], ['/bin/sh', ['sh', '-c', ':'], '/usr'])
  })

  test('is told of when it has died and its output is over', async () => {
    using rig = new Rig()
    const run = rig.launcher.launch(rig.launcher.find('x', spec({ command: '/bin/true' })), undefined, rig.handlers)
    assert.equal(run.pid, rig.children.last.pid)
    rig.children.end(rig.children.last)
    assert.deepEqual(rig.told, ['exited'])
    await waitFor('the end', () => run.over)
    assert.deepEqual(rig.told, ['exited', 'end of 1', 'end of 2', 'over'])
  })

  test('is killed when its streams cannot be watched', () => {
    using rig = new Rig()
    const { kernel, reaper } = rig.children
    // What is no fd of a pipe cannot be read by the event loop.
    const broken = {
      ...kernel,
      pipe2: () => [1_000_000, 1_000_001] as const,
      fcntl: () => 3,
      open: () => 1_000_002,
      close: () => 0,
    }
    const launcher = new Launcher(
      {
        kernel: broken,
        reaper,
        clock: new ManualClock(),
        readBuffer: createReadBuffer(DATA_HEADER),
        processes: noProcesses,
        notifications: new Notifications({ kernel: broken, processes: noProcesses }, '/nowhere/notify'),
      },
      { socketPath: '/run/test.sock', umask: 0o022, softFiles: undefined, environment: {} },
    )
    assert.throws(() => launcher.launch(launcher.find('x', spec({ command: '/bin/true' })), undefined, rig.handlers))
    assert.deepEqual(rig.children.last.signals, [9])
  })
})
