// The pipe by which a program says that it is ready, as s6 has it: it writes a newline.

import { OutputPipe } from '../linux/stdio/output-pipe.ts'
import type { ReadBuffer } from '../linux/stdio/read-buffer.ts'

const NEWLINE = 0x0a

/** Takes over the daemon's end, and calls back once at the newline; the returned function closes it. */
export function watchReadyPipe(fd: number, readBuffer: ReadBuffer, onReady: () => void): () => void {
  const pipe = new OutputPipe(fd, readBuffer, {
    onBytes: (buffer, start, end) => {
      if (!buffer.subarray(start, end).includes(NEWLINE)) return
      pipe.close()
      onReady()
    },
    // Without a newline: it never will be, and its time runs out.
    onEnd: () => {},
  })
  return () => pipe.close()
}
