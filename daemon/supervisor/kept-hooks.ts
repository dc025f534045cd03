// What the table of processes must know of what is kept on disk.

import type { Process } from '../process/process.ts'

/** How processes that are kept on disk are told apart, and what is told of them. */
export interface KeptHooks {
  /** It has been applied: it stays until somebody removes it. */
  isApplied(process: Process): boolean
  /** Its state, or what is wanted of it, is another. */
  changed(process: Process): void
  forgotten(process: Process): void
}

/** What a process is called whose start has been prepared. */
export interface Reserved {
  readonly id: string
  /** What the marks of its runs begin with. */
  readonly key: string
}
