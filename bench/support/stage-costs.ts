// Times the stages that a byte, a packet and a START go through, one by one, in a process of its own: the functions that
// the daemon and the client library call, on real pipes and sockets. Prints, one a line, KEY MICROSECONDS.

import { readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OutputQueue } from '../../client-lib/attachment/output-queue.ts'
import { realKernel } from '../../daemon/linux/libc.ts'
import { resolveProgram } from '../../daemon/linux/spawn/program-path.ts'
import { spawnProcess } from '../../daemon/linux/spawn/spawn.ts'
import { OutputPipe } from '../../daemon/linux/stdio/output-pipe.ts'
import { createReadBuffer } from '../../daemon/linux/stdio/read-buffer.ts'
import { OutputLog } from '../../daemon/output/output-log.ts'
import { check } from '../../proto/codec/check.ts'
import { Decoder, encodeAck, encodeMessage } from '../../proto/codec/codec.ts'
import { DATA_HEADER, encodeData, writeDataHeader } from '../../proto/codec/stream-codec.ts'
import { DATA_MAX, PACKET_MAX, WINDOW_DEFAULT } from '../../proto/limits.ts'
import { requests, STDOUT } from '../../proto/protocol.ts'
import { ownMemory } from '../../proto/transport/receive-memory.ts'
import { realSocketCalls } from '../../proto/transport/seqpacket/socket-calls.ts'
import { median } from './benchmark.ts'

const ROUNDS = 41

/** The median over several rounds of what one call takes; `after` is not timed. */
function time(key: string, calls: number, call: (index: number) => void, after: () => void = () => {}): void {
  const rounds: number[] = []
  let index = 0
  for (let round = -10; round < ROUNDS; round++) {
    const begun = performance.now()
    for (let count = 0; count < calls; count++) call(index++)
    const took = performance.now() - begun
    after()
    if (round >= 0) rounds.push((took / calls) * 1000)
  }
  console.log(`${key} ${median(rounds).toFixed(3)}`)
}

const kernel = realKernel()
const calls = realSocketCalls()
const chunk = Buffer.alloc(DATA_MAX, 'x')

/** Two connected SEQPACKET sockets. */
function socketPair(): [number, number] {
  const path = join(tmpdir(), `netdaemon-stages-${process.pid}`)
  const listener = calls.socket()
  const one = calls.socket()
  if (calls.bind(listener, path) < 0 || calls.listen(listener, 1) < 0 || calls.connect(one, path) < 0) {
    throw new Error('cannot make a socket')
  }
  const other = calls.accept(listener)
  rmSync(path)
  calls.close(listener)
  return [one, other]
}

function bytes(): void {
  const ends = kernel.pipe2(0)
  if (typeof ends === 'number') throw new Error('cannot make a pipe')
  const [read, write] = ends
  const into = Buffer.alloc(DATA_MAX)
  time(
    'byte.write',
    1,
    () => writeSync(write, chunk),
    () => readSync(read, into),
  )
  writeSync(write, chunk)
  time(
    'byte.read',
    1,
    () => readSync(read, into),
    () => writeSync(write, chunk),
  )
  const log = new OutputLog(256 * 1024)
  time('byte.ring', 50, () => log.append(STDOUT, chunk))
  const buffer = Buffer.alloc(DATA_HEADER + DATA_MAX)
  time('byte.header', 1000, (index) => writeDataHeader(buffer, DATA_HEADER, 7, STDOUT, index * DATA_MAX, DATA_MAX))
  time('byte.copied', 50, () => chunk.copy(buffer, DATA_HEADER))
  time('byte.allocated', 50, () => encodeData(7, STDOUT, 0, chunk))

  const [daemon, client] = socketPair()
  const packet = Buffer.allocUnsafeSlow(PACKET_MAX)
  let length = 0
  time(
    'byte.send',
    1,
    () => calls.send(daemon, buffer),
    () => calls.receive(client, packet),
  )
  time(
    'byte.receive',
    1,
    () => {
      length = calls.receive(client, packet)
    },
    () => calls.send(daemon, buffer),
  )
  if (length !== buffer.length) throw new Error('another packet came')
  calls.receive(client, packet)

  const small = encodeData(7, STDOUT, 0, Buffer.from('x'))
  time(
    'packet.send',
    1,
    () => calls.send(daemon, small),
    () => calls.receive(client, packet),
  )
  time(
    'packet.receive',
    1,
    () => calls.receive(client, packet),
    () => calls.send(daemon, small),
  )
  time('packet.again', 100, () => calls.receive(daemon, packet))
  const decoder = new Decoder()
  time('packet.decode', 1000, () => decoder.decode(small))
  time('packet.ack', 1000, (index) => encodeAck(7, STDOUT, index))
  for (const fd of [daemon, client, read, write]) calls.close(fd)
}

async function queue(): Promise<void> {
  const output = new OutputQueue({
    from: 0,
    window: WINDOW_DEFAULT,
    ackWhenEmpty: false,
    ack: () => {},
    abandoned: async () => {},
  })
  const reader = output[Symbol.asyncIterator]()
  const memory = ownMemory(chunk)
  const rounds: number[] = []
  let offset = 0
  for (let round = -1000; round < 10_000; round++) {
    const begun = performance.now()
    output.data(STDOUT, offset, chunk, memory)
    await reader.next()
    const took = performance.now() - begun
    offset += chunk.length
    if (round >= 0) rounds.push(took * 1000)
  }
  console.log(`byte.queue ${median(rounds).toFixed(3)}`)
}

function start(): void {
  const environment = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']))
  const params = { spec: { command: 'echo', args: ['x'], autoRemove: true }, attach: { from: 'start', lossless: true } }
  const [packet = Buffer.alloc(0)] = encodeMessage(requests.START.code, 7, params)
  const decoder = new Decoder()
  time('start.encode', 100, () => encodeMessage(requests.START.code, 7, params))
  time('start.decode', 100, () => {
    const message = decoder.decode(packet)
    if (message?.cmd === 'GENERAL') check(requests.START.params, message.body, 'START')
  })
  time('start.find', 20, () => resolveProgram('echo', { pathVariable: environment.PATH, cwd: '/' }))

  let fds: number[] = []
  const closeAll = () => {
    for (const fd of fds) kernel.close(fd)
    fds = []
  }
  time(
    'start.pipes',
    1,
    () => {
      for (let pipe = 0; pipe < 3; pipe++) {
        const ends = kernel.pipe2(0o2004000)
        if (typeof ends === 'number') throw new Error('cannot make a pipe')
        const [read, write] = ends
        fds.push(read, write)
        if (pipe > 0) fds.push(kernel.open(`/proc/self/fd/${write}`, 0o2000002))
      }
    },
    closeAll,
  )

  const argv = ['true']
  const env = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const spec = { file: '/bin/true', argv, env: environment, cwd: '/', stdin: 'pipe', stderr: 'pipe' } as const
  const [none = 0] = [kernel.open('/dev/null', 0o2000002)]
  let pid = 0
  const reap = () => {
    while (kernel.reap(pid) === 0);
  }
  time(
    'start.posix_spawn',
    1,
    () => {
      pid = kernel.spawn({ file: '/bin/true', argv, env, cwd: '/', fds: [none, none, none] })
    },
    reap,
  )
  time(
    'start.spawn',
    1,
    () => {
      const spawned = spawnProcess(kernel, spec)
      pid = spawned.pid
      fds = [spawned.stdin ?? -1, spawned.stdout, spawned.stderr ?? -1]
    },
    () => {
      closeAll()
      reap()
    },
  )

  const readBuffer = createReadBuffer(DATA_HEADER)
  let pipes: OutputPipe[] = []
  const ends: [number, number][] = []
  const open = () => {
    for (let pipe = 0; pipe < 2; pipe++) {
      const made = kernel.pipe2(0o2004000)
      if (typeof made === 'number') throw new Error('cannot make a pipe')
      ends.push([made[0], made[1]])
    }
  }
  open()
  time(
    'start.sockets',
    1,
    () => {
      pipes = ends.map(([read]) => new OutputPipe(read, readBuffer, { onBytes: () => {}, onEnd: () => {} }))
    },
    () => {
      for (const pipe of pipes) pipe.close()
      for (const [, write] of ends.splice(0)) kernel.close(write)
      open()
    },
  )
}

bytes()
await queue()
start()
process.exit()
