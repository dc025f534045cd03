// What the tests of connections share: waiting for conditions, recording what a connection reports, socket paths of
// their own, and raw sockets for peers that misbehave.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { TestContext } from 'node:test'
import type { CloseReason, Connection, ConnectionHandlers, Listener } from '../../../proto/transport/connection.ts'
import { connectSeqpacket } from '../../../proto/transport/seqpacket/seqpacket.ts'
import { type ListenOptions, listenSeqpacket } from '../../../proto/transport/seqpacket/seqpacket-listener.ts'
import { realSocketCalls, type SocketCalls } from '../../../proto/transport/seqpacket/socket-calls.ts'
import { waitFor } from '../wait.ts'

/** Comes back when the condition holds; its own text tells what was waited for in vain. */
export const until = (condition: () => boolean): Promise<void> => waitFor(String(condition), condition)

/** Lets the event loop go round, so that what would wrongly be delivered has had its chance. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A socket path of this test's own, removed with its directory. */
export function socketPath(t: TestContext): string {
  const directory = mkdtempSync('/tmp/nd-')
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return `${directory}/s`
}

/** Opens the connection and writes down what it reports. */
export class Recorder implements ConnectionHandlers {
  readonly packets: Buffer[] = []
  readonly reasons: CloseReason[] = []
  drains = 0
  /** Called after the packet was written down. */
  onPacket: (packet: Buffer) => void = () => {}
  onDrain: () => void = () => {}
  readonly connection: Connection

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** Opens the connection with a new recorder. */
  static open(connection: Connection): Recorder {
    const recorder = new Recorder(connection)
    connection.open(recorder)
    return recorder
  }

  packet(packet: Buffer): void {
    if (this.reasons.length > 0) throw new Error('a packet came after closed')
    this.packets.push(Buffer.from(packet))
    this.onPacket(packet)
  }

  drain(): void {
    if (this.reasons.length > 0) throw new Error('drain came after closed')
    this.drains++
    this.onDrain()
  }

  closed(reason: CloseReason): void {
    this.reasons.push(reason)
  }

  get bytes(): number {
    return this.packets.reduce((sum, packet) => sum + packet.length, 0)
  }

  get numbers(): number[] {
    return this.packets.map(numberOf)
  }

  async ended(): Promise<CloseReason> {
    await until(() => this.reasons.length > 0)
    await settle()
    const [reason] = this.reasons
    if (reason === undefined || this.reasons.length > 1) throw new Error('closed was called more than once')
    return reason
  }
}

/** A packet that carries its number, of the given length. */
export function numbered(number: number, length = 4): Buffer {
  const packet = Buffer.alloc(length, number)
  packet.writeUInt32LE(number)
  return packet
}

export function numberOf(packet: Buffer): number {
  return packet.readUInt32LE()
}

/** `[0, 1, ... count - 1]` */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

/** Everything that listens or is connected in one test, closed at its end. */
export class Rig {
  readonly path: string
  readonly accepted: Connection[] = []
  readonly errors: Error[] = []
  readonly listener: Listener
  readonly calls: SocketCalls = realSocketCalls()
  readonly #rawFds = new Set<number>()

  constructor(t: TestContext, options: Partial<ListenOptions> = {}) {
    this.path = socketPath(t)
    this.listener = listenSeqpacket({
      path: this.path,
      onConnection: (connection) => this.accepted.push(connection),
      onError: (error) => this.errors.push(error),
      ...options,
    })
    t.after(async () => {
      this.listener.close()
      for (const connection of this.accepted) connection.destroy()
      for (const fd of this.#rawFds) this.calls.close(fd)
      await settle()
    })
  }

  /** Two ends of a kernel connection. */
  async pair(t: TestContext): Promise<[Connection, Connection]> {
    const client = await connectSeqpacket(this.path)
    t.after(() => client.destroy())
    return [client, await this.nextAccepted()]
  }

  /** A connection whose other end is a bare fd, to do with as a peer might. */
  async rawPeer(): Promise<[number, Connection]> {
    const fd = this.calls.socket()
    this.#rawFds.add(fd)
    const result = this.calls.connect(fd, this.path)
    if (result < 0) throw new Error(`connect: ${result}`)
    return [fd, await this.nextAccepted()]
  }

  closeRaw(fd: number): void {
    this.#rawFds.delete(fd)
    this.calls.close(fd)
  }

  #taken = 0
  async nextAccepted(): Promise<Connection> {
    const index = this.#taken++
    await until(() => this.accepted.length > index)
    return this.accepted[index]!
  }
}

/** File descriptors that this process has open. */
export function openFds(): number {
  return readdirSync('/proc/self/fd').length
}

/** Takes one packet: the packet, or what `receive` answers for anything else. */
export function receivePacket(fd: number, max: number): Buffer | number {
  const into = Buffer.alloc(max)
  const length = realSocketCalls().receive(fd, into)
  return length > 0 && length <= max ? into.subarray(0, length) : length
}
