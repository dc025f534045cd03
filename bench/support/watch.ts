// Many connections in one C program (bench/floor/client.c watch): all attach to one process; some read, some never do.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Rig } from './rig.ts'

/** What the connections that read have got. */
export interface Watched {
  /** Of all together. */
  readonly bytes: number
  /** The smallest and the largest share of one. */
  readonly least: number
  readonly most: number
  /** Bytes that were named as missing. */
  readonly gaps: number
  /** From the first DATA to the last one's end. */
  readonly seconds: number
}

export interface Watching {
  readonly finished: Promise<Watched>
}

/** Resolves when all are attached; undefined if the program could not be compiled. */
export async function watch(
  rig: Rig,
  socket: string,
  handle: number,
  { reading, stopped = 0, lossless = false }: { reading: number; stopped?: number; lossless?: boolean },
): Promise<Watching | undefined> {
  const program = rig.program('client')
  if (program === undefined) return undefined
  const args = [socket, 'watch', String(handle), String(reading), String(stopped), lossless ? '1' : '0']
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const { value: ready } = await lines.next()
  if (ready !== 'ready') throw new Error('bench/floor/client.c watch: it has failed')
  const finish = async (): Promise<Watched> => {
    const { value } = await lines.next()
    const [bytes = 0, least = 0, most = 0, gaps = 0, seconds = 0] = String(value).split(' ').map(Number)
    return { bytes, least, most, gaps, seconds }
  }
  return { finished: finish() }
}
