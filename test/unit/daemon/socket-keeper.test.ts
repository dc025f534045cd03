import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type KeptSocket, SocketKeeper } from '../../../daemon/socket-keeper.ts'
import { NetdaemonError } from '../../../proto/errors.ts'
import { ManualClock } from '../../support/daemon/manual-clock.ts'

const gone = new NetdaemonError('LIMIT', 'another netdaemon (pid 7) owns it')

function rig(parts: Partial<Pick<KeptSocket, 'watch'>> = {}) {
  const clock = new ManualClock()
  const said: string[] = []
  const done: string[] = []
  /** What is to be done: each a repair, or an error. */
  const todo: { lock: (boolean | Error)[]; socket: (boolean | Error)[] } = { lock: [], socket: [] }
  const next = (what: 'lock' | 'socket') => {
    const answer = todo[what].shift() ?? false
    done.push(answer instanceof Error ? `${what} fails` : answer ? `${what} anew` : what)
    if (answer instanceof Error) throw answer
    return answer
  }
  const watched = new Map<string, () => void>()
  const keeper = new SocketKeeper({
    path: '/tmp/s',
    lockPath: '/tmp/s.lock',
    lock: { renew: () => next('lock') },
    listener: { restore: () => next('socket') },
    clock,
    log: { warning: (text) => said.push(text), error: (text) => said.push(text) },
    watch: (path, changed) => {
      watched.set(path, changed)
      return () => void watched.delete(path)
    },
    ...parts,
  })
  return { keeper, clock, said, done, todo, watched }
}
const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

test('while nothing happens to its files it has no timer, and looks only when the kernel tells', async () => {
  const { clock, done, watched, said, keeper } = rig()
  assert.deepEqual([...watched.keys()], ['/tmp/s', '/tmp/s.lock'])
  assert.equal(clock.waiting, 0)
  done.length = 0
  watched.get('/tmp/s')?.()
  watched.get('/tmp/s.lock')?.()
  await turn()
  assert.deepEqual(done, ['lock', 'socket'])
  assert.deepEqual(said, [])
  keeper.dispose()
  assert.equal(watched.size, 0)
})

test('the lock is made anew before the socket, and what is new is watched', async () => {
  const { done, watched, said, todo, keeper } = rig()
  done.length = 0
  todo.lock.push(true)
  todo.socket.push(true)
  const before = watched.get('/tmp/s')
  before?.()
  await turn()
  // And once more, for what happened before the new file was watched.
  assert.deepEqual(done, ['lock anew', 'socket anew', 'lock', 'socket'])
  assert.notEqual(watched.get('/tmp/s'), before)
  assert.equal(said.length, 2)
  keeper.dispose()
})

test('where another daemon has the lock by now, the socket is left to it; this is told once, and tried again', async () => {
  const { clock, done, said, todo, watched, keeper } = rig()
  done.length = 0
  todo.lock.push(gone, gone, true)
  watched.get('/tmp/s.lock')?.()
  await turn()
  assert.deepEqual(done, ['lock fails'])
  clock.advance(10_000)
  assert.deepEqual(done, ['lock fails', 'lock fails'])
  assert.deepEqual(said, ['nobody can connect to this daemon at the moment: another netdaemon (pid 7) owns it'])
  // The other one has ended: its file is removed.
  watched.get('/tmp/s.lock')?.()
  await turn()
  assert.deepEqual(done.slice(2), ['lock anew', 'socket', 'lock', 'socket'])
  assert.equal(clock.waiting, 0)
  keeper.dispose()
})

test('where the kernel cannot tell, it looks by itself', () => {
  const { clock, done, keeper } = rig({
    watch: () => {
      throw new Error('ENOSPC')
    },
  })
  done.length = 0
  clock.advance(10_000)
  assert.ok(done.length > 0)
  assert.equal(clock.waiting, 1)
  keeper.dispose()
  assert.equal(clock.waiting, 0)
})

test('a directory that has gone is made again', () => {
  const directory = mkdtempSync('/tmp/ndk-')
  rmSync(directory, { recursive: true })
  const { said } = rig()
  const clock = new ManualClock()
  let restored = 0
  const keeper = new SocketKeeper({
    path: join(directory, 's'),
    lockPath: join(directory, 's.lock'),
    lock: { renew: () => false },
    listener: { restore: () => restored++ === 0 },
    clock,
    log: { warning: () => {}, error: (text) => said.push(text) },
  })
  rmSync(directory, { recursive: true })
  assert.deepEqual(said, [])
  keeper.dispose()
})
