// What a peer can be asked to do, so that the same can be measured of it. What it cannot do, or does in a way that could
// not be compared, it leaves out.

/** A file, and what must come out when it is read. */
export interface DataFile {
  readonly path: string
  readonly size: number
  readonly sha256: string
}

/** What a peer is given to work with. */
export interface PeerRig {
  /** A new empty name in a directory that goes away at the end. */
  fresh(word: string): string
  /** The compiled C program; undefined if it could not be compiled here. */
  program(name: string): string | undefined
}

export interface Peer {
  readonly name: string
  /** Name and version, or undefined when it is not installed. */
  version(): Promise<string | undefined>
  /** Seconds from starting "cat FILE" until all of it is where the peer puts output: a client, or a log file. */
  bulk?(rig: PeerRig, file: DataFile): Promise<number>
  /** Microseconds of a byte to cat and back, each. */
  keystrokes?(rig: PeerRig, count: number): Promise<number[]>
  /** Microseconds from asking for "echo x" until x is where the peer puts output, each. */
  starts?(rig: PeerRig, count: number): Promise<number[]>
  /** What so many sleeping processes cost. */
  scale?(rig: PeerRig, processes: number): Promise<Scale>
  /** Milliseconds of the command that lists one process, each. */
  listCommand?(rig: PeerRig, count: number): Promise<number[]>
  /** How many of so many runs of "cat FILE" came out whole. */
  completeRuns?(rig: PeerRig, file: DataFile, runs: number): Promise<number>
}

export interface Scale {
  /** Resident memory of all that the peer runs beside the processes themselves, in MB. */
  readonly memoryMb: number
  /** Milliseconds to list them all at its interface, each. */
  readonly listMs: readonly number[]
}
