// What Node cannot say to the kernel about a signal: that its handler is for one time, sigaction(2). Layout and constants are those
// of Linux on x86-64, arm64 and riscv64, with glibc and musl.

import koffi from 'koffi'

export interface SignalActions {
  /**
   * Makes the listener that a signal has be called for the next one only; the one after that has its default effect, unless this is
   * called again. So a signal that somebody sent is heard; and one that the kernel sends for what we do, and would send again
   * when that is tried again, does to us what it does to any program, instead of coming for ever.
   */
  catchOnce(signal: number): void
}

/** Of `struct sigaction`: the handler, a mask of 128 bytes, the flags, and sa_restorer. */
const SIZE = 152
const FLAGS = 136
const SA_RESETHAND = 0x80000000

export function openSignalActions(): SignalActions {
  const libc = koffi.load(null)
  // libc.func returns an untyped function; this annotation is its declaration in TypeScript.
  const sigaction: (signal: number, wanted: Buffer | null, before: Buffer | null) => number = libc.func(
    'int sigaction(int signal, const void *wanted, _Out_ void *before)',
  )
  /** As libuv has set it, which does so once. */
  const actions = new Map<number, Buffer>()
  const read = (signal: number): Buffer => {
    const action = Buffer.alloc(SIZE)
    sigaction(signal, null, action)
    action.writeUInt32LE((action.readUInt32LE(FLAGS) | SA_RESETHAND) >>> 0, FLAGS)
    return action
  }
  return {
    catchOnce(signal) {
      const action = actions.get(signal) ?? read(signal)
      actions.set(signal, action)
      sigaction(signal, action, null)
    },
  }
}
