// Listens to the real-time signals (signal(7)). Node could, but has no names for them, so that `process.on` refuses them. What it
// makes for a signal that has a name is shown to async_hooks, and that class takes numbers.

import { createHook } from 'node:async_hooks'

/** On Linux with glibc. The C library keeps 32 and 33 for itself. */
export const SIGRTMIN = 34
export const SIGRTMAX = 64

/** What Node listens to one signal with. */
interface SignalHandle {
  onsignal: (number: number) => void
  start(number: number): number
  unref(): void
  close(): void
}

/** @param deliver gets its name, as `SIGRTMIN+3` */
export function listenToRealTime(deliver: (signal: string) => void): Disposable {
  const Handle = signalHandle()
  const handles: SignalHandle[] = []
  for (let number = SIGRTMIN; Handle !== undefined && number <= SIGRTMAX; number++) {
    const handle = new Handle()
    handle.onsignal = () => deliver(realTimeName(number))
    if (handle.start(number) !== 0) handle.close()
    else handles.push(handle)
    // It keeps nobody from ending.
    handle.unref()
  }
  return {
    [Symbol.dispose]() {
      for (const handle of handles.splice(0)) handle.close()
    },
  }
}

/** Its name, as the daemon spells it. */
function realTimeName(number: number): string {
  if (number === SIGRTMIN) return 'SIGRTMIN'
  return number === SIGRTMAX ? 'SIGRTMAX' : `SIGRTMIN+${number - SIGRTMIN}`
}

/** Undefined in a Node that shows it no more; then these signals have their default effect. */
function signalHandle(): (new () => SignalHandle) | undefined {
  let found: (new () => SignalHandle) | undefined
  const hook = createHook({
    init(_id, type, _trigger, resource) {
      if (type === 'SIGNALWRAP') found = resource.constructor as new () => SignalHandle
    },
  })
  hook.enable()
  // One that nobody listens to yet, and that no Linux sends.
  const listener = () => {}
  process.on('SIGSTKFLT', listener)
  hook.disable()
  process.removeListener('SIGSTKFLT', listener)
  return found
}
