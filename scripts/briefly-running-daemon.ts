// A daemon of this build with one process, for as long as a piece of the build needs it.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const READY_FD = 3

/**
 * Starts the daemon, has it run `cat`, calls `use` with its socket, and ends it. Where no daemon can run, as on a system that
 * is not Linux, `use` gets the path of a socket that is not there.
 *
 * @param words how Node is to run the daemon
 * @param bin where the programs are
 */
export async function withDaemon(words: readonly string[], bin: string, use: (socket: string) => void): Promise<void> {
  // Sockets have short paths only.
  const directory = mkdtempSync(join(tmpdir(), 'netdaemon-build-'))
  const socket = join(directory, 'daemon')
  const daemon = spawn(process.execPath, [...words, '--quiet', '--socket', socket, '--ready-fd', String(READY_FD)], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const ended = once(daemon, 'close')
  try {
    const ready = daemon.stdio[READY_FD]
    if (ready) await Promise.race([once(ready, 'data'), ended])
    if (daemon.exitCode === null) {
      execFileSync(process.execPath, [join(bin, 'ndctl.cjs'), 'start', '--detach', '--socket', socket, 'cat'])
    }
    use(socket)
  } finally {
    daemon.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
}
