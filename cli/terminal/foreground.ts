// Whether our terminal is ours. A background job that reads it, or changes its modes, is stopped by the kernel (SIGTTIN,
// SIGTTOU), and with ndctl stopped, a lossless process would stand still, and no signal be heard; so such a job leaves it alone.

import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { errnoOf } from '../../proto/errno.ts'

/** True unless stdin is a terminal whose foreground is another job than ours. */
export const mayReadStdin = (): boolean => !isatty(0) || inForeground()

/** True unless our terminal's foreground is another job than ours. */
export const inForeground = (): boolean => controllingTerminal() !== 'of another job'

/** Whose our terminal is (proc_pid_stat(5): fields pgrp, tty_nr, tpgid). One that has hung up is none. */
export function controllingTerminal(): 'ours' | 'of another job' | 'none' {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    // The name, in brackets, may hold anything; state, ppid, pgrp, session, tty_nr, tpgid follow it.
    const [, , pgrp, , , tpgid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (tpgid === '-1') return 'none'
    return pgrp === tpgid ? 'ours' : 'of another job'
  } catch (error) {
    if (errnoOf(error) !== undefined) return 'none' // no /proc
    throw error
  }
}

/** How soon a job that was brought to the foreground has its terminal: a shell tells a running one nothing. */
export const FOREGROUND_PERIOD_MS = 500
