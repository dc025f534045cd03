// Whether we may read our terminal. A background job that reads it is stopped by the kernel (SIGTTIN), and with ndctl
// stopped, a lossless process would stand still; so such a job leaves it alone.

import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'

/** True unless stdin is a terminal whose foreground is another job than ours (proc(5): fields pgrp, tpgid). */
export function mayReadStdin(): boolean {
  if (!isatty(0)) return true
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    // The name, in brackets, may hold anything; state, ppid, pgrp, session, tty_nr, tpgid follow it.
    const [, , pgrp, , , tpgid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return tpgid === '-1' || pgrp === tpgid
  } catch (error) {
    if (error instanceof Error && 'code' in error) return true // no /proc: as everybody does
    throw error
  }
}
