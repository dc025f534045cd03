// What is kept comes to the disk whole or not at all, in the order of what was asked; a disk that fails costs the requests, and
// nothing else.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { KeptFiles } from '../../../../daemon/state/kept-files.ts'
import type { NetdaemonError } from '../../../../proto/errors.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'
import { MemoryDisk } from '../../../support/daemon/memory-disk.ts'
import { waitFor } from '../../../support/wait.ts'

function setUp() {
  const disk = new MemoryDisk()
  const clock = new ManualClock()
  const told: string[] = []
  const files = new KeptFiles('/state', disk, clock, {
    onFailing: ({ errno }) => told.push(`failing ${errno}`),
    onRecovered: () => told.push('recovered'),
  })
  const put = (id: string, text: string | undefined) =>
    new Promise<NetdaemonError | undefined>((done) => files.put(id, () => text, done))
  return { disk, clock, told, files, put }
}

describe('the files of what is kept', () => {
  test('are written beside, synced, and renamed; the directory is synced last', async () => {
    const { disk, put } = setUp()
    assert.equal(await put('web', 'one'), undefined)
    assert.deepEqual(disk.calls, [
      'prepare /state',
      'write /state/.web.new',
      'rename /state/.web.new /state/web.process',
      'syncDirectory /state',
    ])
    assert.deepEqual(Object.fromEntries(disk.files), { '/state/web.process': 'one' })
  })

  test('of many processes that are asked for at once are one batch, with one sync of the directory', async () => {
    const { disk, put } = setUp()
    await Promise.all(['a', 'b', 'c'].map((id) => put(id, id)))
    assert.equal(disk.calls.filter((call) => call.startsWith('syncDirectory')).length, 1)
    assert.equal(disk.files.size, 3)
  })

  test('are removed when there is to be none', async () => {
    const { disk, put } = setUp()
    await put('web', 'one')
    await put('web', undefined)
    assert.equal(disk.files.size, 0)
  })

  test('hold what was asked for last, however the disk delays, and are told in order', async () => {
    const { disk, files } = setUp()
    const told: number[] = []
    disk.hold()
    for (const [index, text] of ['one', 'two', 'three'].entries())
      files.put(
        'web',
        () => text,
        () => told.push(index),
      )
    await waitFor('the disk to be asked', () => disk.calls.length === 1)
    files.put(
      'web',
      () => 'four',
      () => told.push(3),
    )
    disk.goOn()
    await waitFor('all to be told', () => told.length === 4)
    assert.deepEqual(told, [0, 1, 2, 3])
    assert.equal(disk.files.get('/state/web.process'), 'four')
  })

  for (const [call, errno] of [
    ['prepare', 'EROFS'],
    ['write', 'ENOSPC'],
    ['rename', 'EIO'],
    ['syncDirectory', 'EIO'],
  ] as const) {
    test(`are refused with the errno when ${call} fails, and written by themselves when it works again`, async () => {
      const { disk, clock, told, put } = setUp()
      disk.failing.set(call, errno)
      const error = await put('web', 'one')
      assert.equal(error?.errno, errno)
      assert.match(error?.message ?? '', /^cannot write to \/state: .* \(E[A-Z]+\)$/)
      assert.deepEqual(told, [`failing ${errno}`])
      assert.equal((await put('web', 'two'))?.errno, errno)
      disk.failing.clear()
      clock.advance(30_000)
      await waitFor('the recovery', () => told.length === 2)
      assert.deepEqual(told, [`failing ${errno}`, 'recovered'])
      assert.deepEqual(Object.fromEntries(disk.files), { '/state/web.process': 'two' })
    })
  }

  test('of one process that fails do not cost those of another', async () => {
    const { disk, put } = setUp()
    const original = disk.write.bind(disk)
    disk.write = async (path, text) => {
      if (path.includes('bad')) throw Object.assign(new Error('no'), { code: 'EIO' })
      await original(path, text)
    }
    const [bad, good] = await Promise.all([put('bad', 'x'), put('good', 'y')])
    assert.equal(bad?.errno, 'EIO')
    assert.equal(good, undefined)
    assert.equal(disk.files.get('/state/good.process'), 'y')
  })

  test('leave nothing half written when there is no room', async () => {
    const { disk, put } = setUp()
    disk.failing.set('rename', 'ENOSPC')
    await put('web', 'one')
    assert.equal(disk.files.size, 0)
  })

  test('hold, after any sequence of failures, what was asked for last', async () => {
    const step = fc.record({ id: fc.constantFrom('a', 'b'), text: fc.option(fc.string()), fails: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { disk, clock, files, put } = setUp()
        const last = new Map<string, string | undefined>()
        for (const { id, text, fails } of steps) {
          if (fails) disk.failing.set('write', 'ENOSPC').set('remove', 'EIO')
          else disk.failing.clear()
          last.set(id, text ?? undefined)
          await put(id, text ?? undefined)
        }
        disk.failing.clear()
        await new Promise<void>((done) => files.whenIdle(done))
        clock.advance(30_000)
        await new Promise<void>((done) => setImmediate(() => files.whenIdle(done)))
        for (const [id, text] of last) assert.equal(disk.files.get(`/state/${id}.process`), text)
      }),
      { numRuns: 50 },
    )
  })
})
