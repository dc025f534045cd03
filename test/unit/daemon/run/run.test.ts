// One run: that it is over when two facts have come, in either order, and what is asked of the kernel about it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { errnos, type Kernel } from '../../../../daemon/linux/kernel.ts'
import { Run } from '../../../../daemon/run/run.ts'
import { RunTree } from '../../../../daemon/run/run-tree.ts'
import { noProcesses } from '../../../support/daemon/fake-proc.ts'
import { kernelWith } from '../../../support/daemon/linux.ts'
import { PlayedStreams } from '../../../support/daemon/played-streams.ts'

const exited = { kind: 'exited', code: 3 } as const

class Rig {
  readonly streams = new PlayedStreams<string>()
  readonly told: string[] = []
  readonly run: Run<string>

  constructor(kill: Kernel['kill'] = () => 0) {
    const note = (what: string) => this.told.push(what)
    this.streams.died = () => note('streams died')
    const kernel = kernelWith({ kill })
    const tree = new RunTree({ kernel, processes: noProcesses, isMain: () => false }, 42, 'a-1')
    this.run = new Run({ id: 'web', pid: 42, tree, openStreams: this.streams.open }, kernel, {
      onOutput: (_channel, buffer, start, end) => note(buffer.toString('latin1', start, end)),
      onOutputEnd: (channel) => note(`end of ${channel}`),
      onInputTaken: (tag, bytes) => note(`${tag} took ${bytes}`),
      onInputClosed: () => note('input closed'),
      onDied: ({ kind }) => note(kind),
      onOver: () => note('over'),
    })
  }
}

describe('a run is over', () => {
  test('when the output ends after the death', () => {
    const { run, streams, told } = new Rig()
    run.died(exited)
    streams.print('the last words')
    assert.equal(run.over, false)
    assert.equal(run.inputOpen, true)
    streams.endOutput()
    assert.deepEqual(told, ['exited', 'streams died', 'the last words', 'end of 1', 'end of 2', 'over'])
    assert.equal(run.over, true)
    assert.equal(run.inputOpen, false)
  })

  test('when the death comes after the end of the output', () => {
    const { run, streams, told } = new Rig()
    streams.endOutput()
    assert.equal(run.over, false)
    run.died(exited)
    assert.deepEqual(told, ['end of 1', 'end of 2', 'exited', 'streams died', 'over'])
  })

  test('when all that the dead one wrote has come, though somebody holds its streams; what is written later is told', () => {
    const { run, streams, told } = new Rig()
    run.died(exited)
    streams.complete()
    assert.equal(run.over, true)
    streams.print('later')
    streams.endOutput()
    assert.deepEqual(told, ['exited', 'streams died', 'over', 'later', 'end of 1', 'end of 2'])
  })
})

describe('input', () => {
  test('is written in order, and nothing is the end of file', () => {
    const { run, streams } = new Rig()
    run.write(Buffer.from('one'), 'a')
    run.write(Buffer.from('two'), 'b')
    run.write(Buffer.alloc(0), 'a')
    assert.deepEqual([streams.written, streams.inputOpen], [['one', 'two'], false])
  })
})

describe('a signal', () => {
  test('goes to the group or to the process alone', () => {
    const sent: [number, number][] = []
    const { run } = new Rig((pid, signal) => {
      sent.push([pid, signal])
      return 0
    })
    run.signal(15, 'group')
    run.signal(1, 'process')
    assert.deepEqual(sent, [
      [-42, 15],
      [42, 1],
    ])
  })

  test('that the kernel refuses is an error that names it, the process and the errno', () => {
    const { run } = new Rig(() => -errnos.EPERM)
    assert.throws(() => run.signal(15, 'process'), {
      code: 'SYSTEM',
      errno: 'EPERM',
      message: 'cannot send SIGTERM to "web" (pid 42): EPERM',
    })
  })
})
