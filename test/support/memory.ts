// How much memory of Buffers a piece of code holds on to, garbage not counted.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Bytes of all Buffers that are reachable. */
export function bytesHeld(): number {
  // The first round may leave memory to be swept in the background, which the second waits for.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

/** Uses up the most of one slab of Node's pool, as other work beside does: a small Buffer made next is from another slab. */
export function useUpPool(): void {
  Buffer.from('x'.repeat(4000))
  Buffer.from('x'.repeat(4000))
}
