// What the peers share that put output into log files: waiting for it to be there.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/daemon.ts'
import type { DataFile } from './peer.ts'

/** 0 when there is no such file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** Waits until the file has so many bytes. */
export function untilSize(path: string, size: number, limitMs = 30_000): Promise<void> {
  return until(`${size} bytes in ${path}`, () => sizeOf(path) >= size, limitMs)
}

/** Whether the file holds exactly these data. */
export function holds(path: string, { sha256 }: DataFile): boolean {
  return createHash('sha256').update(readFileSync(path)).digest('hex') === sha256
}

/** Writes an executable shell script. */
export function script(directory: string, name: string, lines: string): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
}
