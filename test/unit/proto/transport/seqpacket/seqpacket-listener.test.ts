// Listening: the socket file, the limits, running out of file descriptors, and many connections at once.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { describe, it } from 'node:test'
import { NetdaemonError } from '../../../../../proto/errors.ts'
import type { Connection } from '../../../../../proto/transport/connection.ts'
import { connectSeqpacket } from '../../../../../proto/transport/seqpacket/seqpacket.ts'
import { listenSeqpacket } from '../../../../../proto/transport/seqpacket/seqpacket-listener.ts'
import { realSocketCalls, type SocketCalls } from '../../../../../proto/transport/seqpacket/socket-calls.ts'
import { removeStaleSocket } from '../../../../../proto/transport/seqpacket/socket-file.ts'
import {
  numbered,
  openFds,
  Recorder,
  Rig,
  range,
  settle,
  socketPath,
  until,
} from '../../../../support/transport/seqpacket-rig.ts'

const calls = realSocketCalls()
const nobody = { onConnection: (): void => {} }

function refusalOf(action: () => unknown): string | undefined {
  try {
    action()
  } catch (error) {
    assert.ok(error instanceof NetdaemonError, String(error))
    assert.equal(error.code, 'SYSTEM')
    return error.errno
  }
  return undefined
}

/** Calls that fail to accept with this errno while there are answers left. */
function failingAccept(answers: number[]): SocketCalls {
  return { ...calls, accept: (fd) => answers.shift() ?? calls.accept(fd) }
}

describe('the socket file', () => {
  it('is for its owner alone, whatever the umask, unless told otherwise', async (t) => {
    for (const umask of [0, 0o077]) {
      const previous = process.umask(umask)
      try {
        const rig = new Rig(t)
        assert.equal(lstatSync(rig.path).mode & 0o777, 0o600)
        assert.equal(lstatSync(new Rig(t, { mode: 0o660 }).path).mode & 0o777, 0o660)
        assert.equal(process.umask(), umask)
      } finally {
        process.umask(previous)
      }
    }
    await settle()
  })

  it('goes when the listener closes, and connections live on', async (t) => {
    const rig = new Rig(t)
    const [client, server] = await rig.pair(t)
    rig.listener.close()
    rig.listener.close()
    assert.equal(existsSync(rig.path), false)
    const [atClient, atServer] = [Recorder.open(client), Recorder.open(server)]
    client.send(numbered(1))
    server.send(numbered(2))
    await until(() => atClient.packets.length + atServer.packets.length === 2)
    await assert.rejects(connectSeqpacket(rig.path), { code: 'NO_DAEMON' })
  })

  it('is left alone when it is another’s by now', (t) => {
    const rig = new Rig(t)
    renameSync(rig.path, `${rig.path}.old`)
    writeFileSync(rig.path, 'mine')
    rig.listener.close()
    assert.equal(existsSync(rig.path), true)
  })

  it('may have gone already when the listener closes, which closes all the same', async (t) => {
    const rig = new Rig(t)
    unlinkSync(rig.path)
    const fds = openFds()
    rig.listener.close()
    await settle()
    assert.ok(openFds() < fds)
    assert.deepEqual(rig.errors, [])
  })

  it('cannot be where something is, or where nothing can be', async (t) => {
    const rig = new Rig(t)
    const fds = openFds()
    assert.equal(
      refusalOf(() => listenSeqpacket({ ...nobody, path: rig.path })),
      'EADDRINUSE',
    )
    assert.equal(
      refusalOf(() => listenSeqpacket({ ...nobody, path: `${rig.path}/x` })),
      'ENOTDIR',
    )
    assert.equal(
      refusalOf(() => listenSeqpacket({ ...nobody, path: '/nowhere/at/all' })),
      'ENOENT',
    )
    assert.equal(
      refusalOf(() => listenSeqpacket({ ...nobody, path: `/tmp/${'x'.repeat(103)}` })),
      'ENAMETOOLONG',
    )
    assert.equal(
      refusalOf(() => listenSeqpacket({ ...nobody, path: '/x', calls: { ...calls, socket: () => -24 } })),
      'EMFILE',
    )
    assert.equal(existsSync(rig.path), true)
    assert.equal(openFds(), fds)
  })

  it('does not stay when listening fails', (t) => {
    const path = socketPath(t)
    assert.equal(
      refusalOf(() => listenSeqpacket({ ...nobody, path, calls: { ...calls, listen: () => -12 } })),
      'ENOMEM',
    )
    assert.equal(existsSync(path), false)
  })
})

describe('a socket file that has gone', () => {
  it('is made anew, with its mode, and connections live on, those too that were not accepted yet', async (t) => {
    const rig = new Rig(t)
    const [client, server] = await rig.pair(t)
    const waiting = await connectSeqpacket(rig.path)
    t.after(() => waiting.destroy())
    unlinkSync(rig.path)
    await assert.rejects(connectSeqpacket(rig.path), { code: 'NO_DAEMON', errno: 'ENOENT' })
    const fds = openFds()
    assert.equal(rig.listener.restore(), true)
    assert.equal(lstatSync(rig.path).mode & 0o777, 0o600)
    const pairs: [Connection, Connection][] = [[client, server], [waiting, await rig.nextAccepted()], await rig.pair(t)]
    for (const [atClient, atServer] of pairs) {
      const received = Recorder.open(atServer)
      atClient.send(numbered(7))
      await until(() => received.numbers.length === 1)
    }
    await settle()
    assert.equal(openFds(), fds + 3)
    rig.listener.close()
    assert.equal(existsSync(rig.path), false)
    assert.equal(rig.listener.restore(), false)
    assert.equal(existsSync(rig.path), false)
  })

  it('is left as it is while it is in its place', async (t) => {
    const rig = new Rig(t)
    const { ino } = lstatSync(rig.path)
    assert.equal(rig.listener.restore(), false)
    assert.equal(lstatSync(rig.path).ino, ino)
    await rig.pair(t)
  })

  it('is made anew in the place of a dead one, and not in that of anything else', async (t) => {
    const rig = new Rig(t)
    unlinkSync(rig.path)
    writeFileSync(rig.path, 'precious')
    assert.equal(
      refusalOf(() => rig.listener.restore()),
      'ENOTSOCK',
    )
    unlinkSync(rig.path)
    const other = listenSeqpacket({ ...nobody, path: rig.path })
    assert.equal(
      refusalOf(() => rig.listener.restore()),
      'EADDRINUSE',
    )
    other.close()
    const fd = calls.socket()
    calls.bind(fd, rig.path)
    calls.close(fd)
    assert.equal(rig.listener.restore(), true)
    await rig.pair(t)
  })

  it('that cannot be made anew leaves the listener as it was', async (t) => {
    let failing = false
    const socket = () => (failing ? -24 : calls.socket())
    const rig = new Rig(t, { calls: { ...calls, socket } })
    unlinkSync(rig.path)
    failing = true
    assert.equal(
      refusalOf(() => rig.listener.restore()),
      'EMFILE',
    )
    failing = false
    assert.equal(rig.listener.restore(), true)
    await rig.pair(t)
  })
})

describe('removing a stale socket', () => {
  it('leaves the way free where there is nothing', (t) => {
    const path = socketPath(t)
    removeStaleSocket(path)
    assert.deepEqual(readdirSync(dirname(path)), [])
    listenSeqpacket({ ...nobody, path }).close()
  })

  it('removes what nobody listens on, and only that', async (t) => {
    const path = socketPath(t)
    const fd = calls.socket()
    calls.bind(fd, path)
    calls.close(fd)
    removeStaleSocket(path)
    assert.deepEqual(readdirSync(dirname(path)), [])
    writeFileSync(path, '')
    assert.equal(
      refusalOf(() => removeStaleSocket(path)),
      'ENOTSOCK',
    )
    unlinkSync(path)
    symlinkSync('/nowhere', path)
    assert.equal(
      refusalOf(() => removeStaleSocket(path)),
      'ENOTSOCK',
    )
    unlinkSync(path)
    const server = createServer().listen(path)
    t.after(() => server.close())
    await until(() => server.listening)
    assert.equal(
      refusalOf(() => removeStaleSocket(path)),
      'EPROTOTYPE',
    )
    assert.equal(existsSync(path), true)
  })

  it('refuses while somebody listens, even with a full queue', async (t) => {
    const rig = new Rig(t)
    assert.equal(
      refusalOf(() => removeStaleSocket(rig.path)),
      'EADDRINUSE',
    )
    assert.equal(
      refusalOf(() => removeStaleSocket(rig.path, { ...calls, connect: () => -11 })),
      'EADDRINUSE',
    )
    assert.equal(
      refusalOf(() => removeStaleSocket(rig.path, { ...calls, connect: () => -13 })),
      'EACCES',
    )
    assert.equal(
      refusalOf(() => removeStaleSocket(rig.path, { ...calls, socket: () => -24 })),
      'EMFILE',
    )
    assert.equal(existsSync(rig.path), true)
    await settle()
  })
})

describe('accepting', () => {
  it('refuses more connections than the limit, with the refusal, until one closes', async (t) => {
    const rig = new Rig(t, { maxConnections: 2, refusal: (why) => Buffer.from(`too many ${why}`) })
    const [first] = await rig.pair(t)
    await rig.pair(t)
    const refused = Recorder.open(await connectSeqpacket(rig.path))
    assert.deepEqual(await refused.ended(), { by: 'peer' })
    assert.deepEqual(refused.packets, [Buffer.from('too many connections')])
    first.destroy()
    const [atServer] = rig.accepted
    assert.deepEqual(await Recorder.open(atServer!).ended(), { by: 'peer' })
    await rig.pair(t)
    assert.equal(rig.accepted.length, 3)
  })

  it('goes on after the owner’s callback has thrown, and closes that connection', async (t) => {
    const accepted: Connection[] = []
    const errors: Error[] = []
    const rig = new Rig(t, {
      onConnection: (connection) => {
        accepted.push(connection)
        if (accepted.length === 1) throw new Error('not this one')
      },
      onError: (error) => errors.push(error),
    })
    const first = Recorder.open(await connectSeqpacket(rig.path))
    assert.deepEqual(await first.ended(), { by: 'peer' })
    assert.deepEqual(
      errors.map((error) => error.message),
      ['not this one'],
    )
    const second = await connectSeqpacket(rig.path)
    await until(() => accepted.length === 2)
    second.destroy()
    accepted[1]!.destroy()
  })

  it('closes a connection whose peer cannot be told', async (t) => {
    let answers = 1
    const peerCredentials = (fd: number) => (answers-- > 0 ? -92 : calls.peerCredentials(fd))
    const rig = new Rig(t, { calls: { ...calls, peerCredentials } })
    const first = Recorder.open(await connectSeqpacket(rig.path))
    assert.deepEqual(await first.ended(), { by: 'peer' })
    assert.equal(rig.errors.length, 1)
    await rig.pair(t)
  })

  it('spends its reserve on refusing, when it is out of file descriptors, and reports it once', async (t) => {
    const answers = [-24]
    await settle()
    const rig = new Rig(t, { calls: failingAccept(answers), refusal: (why) => Buffer.from(why) })
    const fds = openFds()
    for (const _ of range(3)) {
      const refused = Recorder.open(await connectSeqpacket(rig.path))
      assert.deepEqual(await refused.ended(), { by: 'peer' })
      assert.deepEqual(refused.packets, [Buffer.from('EMFILE')])
      answers.push(-24)
    }
    assert.deepEqual(
      rig.errors.map((error) => (error as NetdaemonError).errno),
      ['EMFILE'],
    )
    assert.equal(openFds(), fds)
    answers.length = 0
    await rig.pair(t)
    answers.push(-23)
    Recorder.open(await connectSeqpacket(rig.path))
    await until(() => rig.errors.length === 2)
  })

  it('rests after a failure, instead of spinning, and then goes on', async (t) => {
    let failures = 0
    let failing = true
    const accept = (fd: number): number => {
      if (!failing) return calls.accept(fd)
      failures++
      return -12
    }
    const rig = new Rig(t, { calls: { ...calls, accept } })
    const client = await connectSeqpacket(rig.path)
    await until(() => failures >= 3)
    assert.deepEqual(
      rig.errors.map((error) => (error as NetdaemonError).errno),
      ['ENOMEM'],
    )
    failing = false
    await rig.nextAccepted()
    client.destroy()
  })

  it('out of file descriptors, it tells each caller so, waits for the next, and recovers', () => {
    const program = `
      import fs from 'node:fs'
      const { listenSeqpacket } = await import(${JSON.stringify(new URL('../../../../../proto/transport/seqpacket/seqpacket-listener.js', import.meta.url).href)})
      const { realSocketCalls } = await import(${JSON.stringify(new URL('../../../../../proto/transport/seqpacket/socket-calls.js', import.meta.url).href)})
      const real = realSocketCalls()
      let accepts = 0
      const calls = { ...real, accept: (fd) => (accepts++, real.accept(fd)) }
      const path = fs.mkdtempSync('/tmp/nd-') + '/s'
      const errors = []
      const accepted = []
      const listener = listenSeqpacket({
        path,
        calls,
        refusal: (why) => Buffer.from(why),
        onError: (e) => errors.push(e.errno),
        onConnection: (c) => accepted.push(c),
      })
      const clients = Array.from({ length: 10 }, () => real.socket())
      const rest = []
      for (;;) try { rest.push(fs.openSync('/dev/null')) } catch { break }
      const until = async (f) => { while (!f()) await new Promise((r) => setTimeout(r, 1)) }
      const refused = []
      for (const fd of clients) {
        if (real.connect(fd, path) < 0) throw new Error('connect')
        await until(() => {
          const said = Buffer.alloc(10)
          const length = real.receive(fd, said)
          if (length > 0) refused.push(said.toString('latin1', 0, length))
          return length > 0
        })
      }
      const before = accepts
      for (let turn = 0; turn < 1000; turn++) await new Promise((r) => setImmediate(r))
      const idle = accepts - before
      for (const fd of rest) fs.closeSync(fd)
      const late = real.socket()
      real.connect(late, path)
      await until(() => accepted.length === 1)
      console.log(JSON.stringify({ refused, errors, restless: idle > 2 }))
      listener.close()
      fs.rmdirSync(path.slice(0, -2))
      process.exit()`
    const node = `ulimit -n 64; exec ${JSON.stringify(process.execPath)} --input-type=module -e "$0"`
    const output = execFileSync('/bin/sh', ['-c', node, program], { encoding: 'utf8' })
    assert.deepEqual(JSON.parse(output), { refused: Array(10).fill('EMFILE'), errors: ['EMFILE'], restless: false })
  })

  it('takes 2,000 connections at once, and leaves no fd behind', async (t) => {
    await settle()
    const rig = new Rig(t)
    const fds = openFds()
    const clients = await Promise.all(range(2000).map(() => connectSeqpacket(rig.path)))
    const recorders = clients.map((client) => Recorder.open(client))
    await until(() => rig.accepted.length === 2000)
    for (const [index, connection] of rig.accepted.entries()) {
      connection.open({ packet: (packet) => connection.send(packet), drain() {}, closed() {} })
      recorders[index]?.connection.send(numbered(index, 1000))
    }
    await until(() => recorders.every((recorder) => recorder.packets.length === 1))
    assert.deepEqual(
      recorders.flatMap((recorder) => recorder.numbers),
      range(2000),
    )
    for (const [index, client] of clients.entries()) {
      if (index % 2 === 0) client.close()
      else client.destroy()
    }
    await until(() => openFds() === fds)
    assert.ok(recorders.every((recorder) => recorder.reasons.length === 1))
  })
})
