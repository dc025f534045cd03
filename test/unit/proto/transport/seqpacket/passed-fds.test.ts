// A peer that passes file descriptors along (SCM_RIGHTS): it costs the peer its packet, or its connection, and nobody anything
// else. The worst of them is a full TCP socket with SO_LINGER, whose last close waits for whoever ought to read from it.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { EAGAIN } from '../../../../../proto/transport/packet-socket.ts'
import { openSocketCalls } from '../../../../../proto/transport/seqpacket/socket-calls.ts'
import { needs } from '../../../../support/programs.ts'
import { openFds, Recorder, Rig, settle, until } from '../../../../support/transport/seqpacket-rig.ts'

/** Connects, passes a TCP socket along that lingers, says how that went, and reads from the other end when told to. */
const PASSER = `
import array, socket, struct, sys
listener = socket.create_server(('127.0.0.1', 0))
full = socket.create_connection(listener.getsockname())
reader, _ = listener.accept()
full.setblocking(False)
try:
    while True: full.send(b'x' * 65536)
except BlockingIOError: pass
full.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 600))
peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
peer.connect(sys.argv[1])
for _ in range(int(sys.argv[2])): peer.send(b'before')
try:
    socket.send_fds(peer, [b'x'], [full.fileno()])
    full.close()
    print('passed', flush=True)
except OSError as error:
    print(error.strerror, flush=True)
if sys.argv[3] == 'leave': peer.close()
sys.stdin.readline()
total = 0
while True:
    got = reader.recv(1 << 20)
    if not got: break
    total += len(got)
print('read to its end', flush=True)
`

/** The passer, at work: what it prints, line by line. */
function pass(t: TestContext, path: string, before: number, then: 'stay' | 'leave'): ChildProcess & { said: string } {
  const args = ['-c', PASSER, path, String(before), then]
  const child = Object.assign(spawn('python3', args, { stdio: ['pipe', 'pipe', 'inherit'] }), { said: '' })
  child.stdout.on('data', (text: Buffer) => {
    child.said += text
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

describe('passed file descriptors', { timeout: 60_000 }, () => {
  it('are refused by the kernel, where it can, before they are sent', needs('python3'), async (t) => {
    const rig = new Rig(t)
    if (rig.calls.mayCarryFds()) {
      t.skip('Linux before 6.16')
      return
    }
    const child = pass(t, rig.path, 1, 'stay')
    const recorder = Recorder.open(await rig.nextAccepted())
    await until(() => child.said.endsWith('\n'))
    assert.equal(child.said, 'Operation not permitted\n')
    await until(() => recorder.packets.length === 1)
  })

  // As on an older kernel. Were the socket closed here, in the event loop, nothing would happen any more for ten minutes.
  for (const then of ['stay', 'leave'] as const) {
    it(`else cost their connection, and block nobody, though their sender may ${then}`, needs('python3'), async (t) => {
      const calls = openSocketCalls(false)
      const rig = new Rig(t, { calls })
      await settle()
      const fds = openFds()
      const child = pass(t, rig.path, 2, then)
      const recorder = Recorder.open(await rig.nextAccepted())
      const reason = await recorder.ended()
      assert.ok(reason.by === 'error')
      assert.match(reason.error.message, /^the peer sent file descriptors, which have no place in this protocol$/)
      assert.deepEqual(recorder.packets.map(String), ['before', 'before'])
      for (const other of await rig.pair(t)) other.destroy()
      assert.equal(child.said, 'passed\n')
      child.stdin?.end('\n')
      await once(child, 'exit')
      assert.equal(child.said, 'passed\nread to its end\n')
      await until(() => openFds() <= fds)
    })
  }

  it('that nobody has looked at block nobody either', needs('python3'), async (t) => {
    const calls = openSocketCalls(false)
    let open = false
    const accept = (fd: number) => (open ? calls.accept(fd) : -EAGAIN)
    const rig = new Rig(t, { calls: { ...calls, accept }, maxConnections: 1 })
    const passers = [pass(t, rig.path, 1, 'stay'), pass(t, rig.path, 1, 'stay')]
    await until(() => passers.every(({ said }) => said === 'passed\n'))
    open = true
    // The other one is refused.
    const connection = await rig.nextAccepted()
    connection.destroy()
    await settle()
    for (const passer of passers) {
      passer.stdin?.end('\n')
      await once(passer, 'exit')
      assert.equal(passer.said, 'passed\nread to its end\n')
    }
  })
})
