// The program netdaemon: flags, signals, exit code. 0: ended as asked; 1: could not start; 2: bad flags.

import './no-debugger.ts'
import { closeSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDirectoryGone } from '../proto/errno.ts'
import { NetdaemonError } from '../proto/errors.ts'
import { socketPath } from '../proto/transport/default-socket.ts'
import { leaveTerminalsAlone } from '../runtime/terminals.ts'
import { logFileFor, startInBackground } from './background.ts'
import { type DaemonOptions, helpText, parseOptions } from './config/flags.ts'
import { Daemon } from './daemon.ts'
import { type Kernel, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD } from './linux/kernel.ts'
import { realKernel } from './linux/libc.ts'
import { closeOnExecEverything } from './linux/spawn/spawn.ts'
import { Log } from './observe/log.ts'
import { takeSignals } from './own-signals.ts'
import { softwareName } from './software-name.ts'

/** Bytes from which on a block of memory is large: glibc's own first threshold. */
const LARGE_BLOCK = 128 * 1024

/** The fd on which the starter waits for the daemon to be ready, or to fail: see `--ready-fd`. */
let readyFd: number | undefined

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (options.help) {
    process.stdout.write(helpText())
    return 0
  }
  if (options.version) {
    process.stdout.write(`${softwareName()}\n`)
    return 0
  }
  const path = socketPath(options.socket)
  readyFd = options.readyFd
  if (options.background) {
    // What its starter had open must not live as long as the daemon: a lock, or a pipe whose reader waits for its end.
    closeOnExecEverything(realKernel())
    const pid = await startInBackground(fileURLToPath(import.meta.url), path, args)
    if (options.logLevel !== 'error') process.stderr.write(`netdaemon: running as pid ${pid}, on ${path}\n`)
    return 0
  }
  return await serve(path, options)
}

async function serve(path: string, options: DaemonOptions): Promise<number> {
  const kernel = realKernel()
  giveMemoryBack(kernel)
  const { logFile } = options
  const log = new Log(options.logLevel, logFile === undefined ? undefined : logFileFor(path, logFile))
  const daemon = new Daemon(path, options, { kernel, log })
  let asked = false
  takeSignals(kernel, {
    end(signal) {
      log.info(asked ? `${signal} again: ending at once` : signal)
      if (asked) daemon.hurry()
      else daemon.shutdown({ leave: options.leave }).catch((error) => log.error('cannot end', error))
      asked = true
    },
    reload() {
      log.reopen()
      daemon.services.load()
    },
    lookAtSocket() {
      log.info('SIGUSR1: looking after the socket')
      daemon.lookAtSocket()
    },
  })
  // A bug in one place must not cost every process its supervisor.
  process.on('uncaughtException', (error) => log.error('internal error; going on', error))
  process.on('unhandledRejection', (error) => log.error('internal error; going on', error))
  tellReady(`ready ${process.pid}`)
  await daemon.ended
  return 0
}

/**
 * glibc takes large blocks from its heap once others as large have been freed, and a heap with small blocks among the large ones
 * never shrinks: after an attack 95 MB of 100 stayed free in it. With thresholds of our own it does not do that.
 */
function giveMemoryBack(kernel: Kernel): void {
  kernel.mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)
  kernel.mallopt(M_TRIM_THRESHOLD, LARGE_BLOCK)
}

/** Tells the starter, and closes: it waits for one line only. */
function tellReady(word: string): void {
  if (readyFd === undefined) return
  const fd = readyFd
  readyFd = undefined
  try {
    writeSync(fd, `${word}\n`)
    closeSync(fd)
  } catch {
    // EPIPE, EBADF: the starter has gone, or there is none.
  }
}

function failed(error: unknown): never {
  const known = error instanceof NetdaemonError
  const gone = 'the current directory has been removed; change to another one, or give absolute paths'
  process.stderr.write(
    `netdaemon: ${known ? error.message : isDirectoryGone(error) ? gone : error instanceof Error ? error.stack : String(error)}\n`,
  )
  if (known) tellReady(`failed ${error.message}`)
  process.exit(known && error.code === 'BAD_REQUEST' ? 2 : 1)
}

leaveTerminalsAlone()
main(process.argv.slice(2)).then((status) => {
  process.exitCode = status
  // Nothing is left to wait for; what is left of timers of dead connections must not delay the end.
  if (!process.argv.includes('--background')) process.exit()
}, failed)
