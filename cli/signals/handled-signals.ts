// Whether a process does something of its own about a signal, as /proc tells.

import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { errnoOf } from '../../proto/errno.ts'

/** Whether it catches or ignores the signal (proc_pid_status(5)); false if that cannot be seen. */
export function handlesSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const bit = 1n << BigInt(constants.signals[signal] - 1)
    return ['SigCgt', 'SigIgn'].some((mask) => {
      const digits = new RegExp(`^${mask}:\\s+([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'
      return (BigInt(`0x${digits}`) & bit) !== 0n
    })
  } catch (error) {
    // It has ended, or there is no /proc.
    if (errnoOf(error) !== undefined) return false
    throw error
  }
}
