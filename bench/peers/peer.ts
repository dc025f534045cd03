// What a peer can be asked to do, so that the same can be measured of it. What it cannot do, or does in a way that could
// not be compared, it leaves out.

import type { DataFile, Rig } from '../support/rig.ts'

export interface Peer {
  readonly name: string
  /** Name and version, or undefined when it is not installed. */
  version(): Promise<string | undefined>
  /** Seconds from starting "cat FILE" until all of it is where the peer puts output: a client, or a log file. */
  bulk?(rig: Rig, file: DataFile): Promise<number>
  /** Microseconds of a byte to cat and back, each. */
  keystrokes?(rig: Rig, count: number): Promise<number[]>
  /** Microseconds from asking for "echo x" until x is where the peer puts output, each. */
  starts?(rig: Rig, count: number): Promise<number[]>
  /** What so many sleeping processes cost. */
  scale?(rig: Rig, processes: number): Promise<Scale>
  /** Milliseconds of the command that lists one process, each. */
  listCommand?(rig: Rig, count: number): Promise<number[]>
  /** How many of so many runs of "cat FILE" came out whole. */
  completeRuns?(rig: Rig, file: DataFile, runs: number): Promise<number>
}

export interface Scale {
  /** Resident memory of all that the peer runs beside the processes themselves, in MB. */
  readonly memoryMb: number
  /** Milliseconds to list them all at its interface, each. */
  readonly listMs: readonly number[]
}
