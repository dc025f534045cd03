// What signals mean to the daemon itself. Each one that can be caught ends it in order, has a meaning of its own, or is
// ignored. Left to the kernel are those that report a crash (ABRT, BUS, FPE, ILL, SEGV, SYS, TRAP), whose core dump somebody
// may want, and those that stop and continue.

import { constants } from 'node:os'
import type { Kernel } from './linux/kernel.ts'

/** XCPU is the last warning before the kernel kills at the limit of CPU time; PWR is how some containers are shut down. */
const ending = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU'] as const

const { SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT } = constants.signals
/** Real-time signals (signal(7)). The C library keeps the first one or two for itself, and refuses them. */
const REAL_TIME = Array.from({ length: 33 }, (_, index) => 32 + index)
const meaningless = [SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, ...REAL_TIME]

/** What the daemon does on signals. */
export interface SignalActions {
  /** End, and all processes with it. The second time: at once. */
  end(signal: NodeJS.Signals): void
  /** HUP: open the log anew, and apply the configuration. */
  reload(): void
  /** USR1: make the socket file anew if it has gone. The first listener to this signal is that of no-debugger.ts. */
  lookAtSocket(): void
}

/** Node's profilers (--cpu-prof, --prof) are driven by SIGPROF: while one runs, that signal is its. */
const isProfiled = () => process.execArgv.some((option) => /^--(cpu-)?prof\b/.test(option))

/** Takes the signals over. What is ignored costs not even a turn of the event loop; programs get the defaults back. */
export function takeSignals(kernel: Kernel, actions: SignalActions): void {
  for (const signal of meaningless) if (signal !== SIGPROF || !isProfiled()) kernel.ignoreSignal(signal)
  for (const signal of ending) process.on(signal, () => actions.end(signal))
  process.on('SIGHUP', () => actions.reload())
  process.on('SIGUSR1', () => actions.lookAtSocket())
}
