// The start of a process that is kept on disk: its name is taken, it is written, and then it is started.

import type { ProcessSpec } from '../../proto/protocol.ts'
import type { Process } from '../process/process.ts'
import type { Done } from '../state/kept-files.ts'
import type { KeptProcesses } from './kept-processes.ts'
import type { ProcessTable } from './process-table.ts'

export interface KeptStartPorts {
  readonly processes: ProcessTable
  readonly kept: KeptProcesses
}

export class KeptStart {
  readonly #ports: KeptStartPorts
  readonly #spec: ProcessSpec
  readonly #replace: boolean
  readonly #id: string
  #key = ''

  /** @throws NetdaemonError if it could not be started, as `ProcessTable.start` */
  constructor(ports: KeptStartPorts, spec: ProcessSpec, replace: boolean) {
    this.#ports = ports
    this.#spec = spec
    this.#replace = replace
    this.#id = ports.processes.reserve(spec, replace)
  }

  /** Writes it. */
  keep(done: Done): void {
    const { kept, processes } = this.#ports
    const standing = { spec: this.#spec, wanted: 'up', enabled: true, source: null } as const
    this.#key = kept.keep(this.#id, standing, (error) => {
      processes.release(this.#id)
      done(error)
    })
  }

  /** Starts it. @throws NetdaemonError as `ProcessTable.start` */
  start(): Process {
    const { kept, processes } = this.#ports
    const reserved = { id: this.#id, key: this.#key }
    try {
      const process = processes.start(this.#spec, this.#replace, reserved)
      kept.attach(process)
      return process
    } catch (error) {
      kept.drop(this.#id)
      throw error
    }
  }
}
