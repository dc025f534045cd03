// Stands between a client and a daemon, passes packets both ways, and cuts the connections when a test says so: what is on
// its way then is lost, as with a daemon that closes a connection, or one that is replaced.

import type { Connection } from '../../../proto/transport/connection.ts'
import { connectSeqpacket } from '../../../proto/transport/seqpacket/seqpacket.ts'
import { listenSeqpacket } from '../../../proto/transport/seqpacket/seqpacket-listener.ts'

export class CuttingProxy implements Disposable {
  /** Connections that clients have made so far. */
  accepted = 0
  /** Bytes that have gone to clients so far. */
  passedBytes = 0
  /** At how many passed bytes the connections are cut, each once, in order. */
  readonly #cuts: number[]
  readonly #open = new Set<Connection>()
  readonly #listener: Disposable

  constructor(path: string, daemon: string, cuts: readonly number[] = []) {
    this.#cuts = [...cuts]
    const listener = listenSeqpacket({ path, onConnection: (client) => void this.#join(client, daemon) })
    this.#listener = { [Symbol.dispose]: () => listener.close() }
  }

  /** Cuts all connections. */
  cut(): void {
    for (const connection of this.#open) connection.destroy()
    this.#open.clear()
  }

  [Symbol.dispose](): void {
    this.#listener[Symbol.dispose]()
    this.cut()
  }

  async #join(client: Connection, path: string): Promise<void> {
    this.accepted += 1
    const daemon = await connectSeqpacket(path)
    this.#pass(client, daemon, () => {})
    this.#pass(daemon, client, (packet) => {
      this.passedBytes += packet.length
      if (this.passedBytes < (this.#cuts[0] ?? Number.POSITIVE_INFINITY)) return
      this.#cuts.shift()
      this.cut()
    })
  }

  #pass(from: Connection, to: Connection, passed: (packet: Buffer) => void): void {
    this.#open.add(from)
    from.open({
      packet: (packet) => {
        if (!to.send(packet)) from.pause()
        passed(packet)
      },
      drain: () => to.resume(),
      closed: () => {
        this.#open.delete(from)
        to.close()
      },
    })
  }
}
