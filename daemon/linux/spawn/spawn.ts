// Starts one program with pipes for its output. Invariant: whatever happens, no file descriptor is left over; on success
// the daemon keeps exactly its own ends, and on failure nothing has been started.

import { readdirSync } from 'node:fs'
import { errnoOf } from '../../../proto/errno.ts'
import { NetdaemonError } from '../../../proto/errors.ts'
import type { ChildFd, Kernel } from '../kernel.ts'
import { errnos, F_SETFD, FD_CLOEXEC, O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_RDWR } from '../kernel.ts'
import { FdScope } from './fd-scope.ts'
import { callFailure, execFailure } from './spawn-errors.ts'

const SIGKILL = 9

/** A program and its surroundings, except its standard streams. */
export interface ProgramSpec {
  /** What is executed: absolute, or relative to {@link cwd} (see `resolveProgram`). Nothing is searched. */
  readonly file: string
  /** The arguments, beginning with argv[0], the program's name for itself. */
  readonly argv: readonly string[]
  /** The environment, beside what is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** Variables beside those, as `NAME=value`: what a process has, and so can be passed. Absent: none. */
  readonly inherited?: readonly string[] | undefined
  readonly cwd: string
  readonly umask?: number | undefined
  /** Its soft limit of open files; absent: the daemon's own. */
  readonly softFiles?: number | undefined
  /** Its nice value; absent: the daemon's own. */
  readonly nice?: number | undefined
  /** One of the daemon's file descriptors that it gets, too, and as which number above 2. */
  readonly passed?: { readonly fd: number; readonly as: number } | undefined
}

/** A program and all that it starts with. */
export interface SpawnSpec extends ProgramSpec {
  /** `pipe`: the daemon holds the only write end, so its closing is the end of file. `null`: /dev/null. */
  readonly stdin: 'pipe' | 'null'
  /** `stdout`: the same pipe, which keeps the order of what is written to both. */
  readonly stderr: 'pipe' | 'stdout'
}

/** A program that is executing, and the daemon's ends of its pipes: non-blocking, CLOEXEC, owned by the caller. */
export interface SpawnedProcess {
  /** Also the id of its session and of its process group. */
  readonly pid: number
  /** A write end, or null when stdin is /dev/null. */
  readonly stdin: number | null
  readonly stdout: number
  /** Null when it is the same pipe as stdout. */
  readonly stderr: number | null
}

/**
 * Starts a program in a session of its own, with default signals and no fd above 2. It is executing when this returns.
 *
 * The child's end of an output pipe can be read as well as written: if the daemon dies there is still a reader, so the
 * child gets no SIGPIPE and what it writes waits in the pipe for the next daemon. The end of output still arrives when
 * the child and all its descendants have closed it.
 *
 * Watch the pid in the same turn of the event loop, or the reaper takes its death for an orphan's.
 *
 * @throws NetdaemonError CANNOT_START with the errno, or BAD_REQUEST for what can't be passed to any program.
 */
export function spawnProcess(kernel: Kernel, spec: SpawnSpec): SpawnedProcess {
  const fds = new FdScope(kernel, spec.file)
  try {
    const stdin = openStdin(fds, spec.stdin)
    const stdout = openOutputPipe(fds)
    const stderr = spec.stderr === 'stdout' ? undefined : openOutputPipe(fds)
    const pid = execute(kernel, spec, [stdin.child, stdout.child, (stderr ?? stdout).child])
    const ends = { stdin: stdin.daemon, stdout: stdout.daemon, stderr: stderr?.daemon ?? null }
    for (const fd of Object.values(ends)) if (fd !== null) fds.giveAway(fd)
    return { pid, ...ends }
  } finally {
    fds.closeAll()
  }
}

/**
 * Starts a program with the standard streams given: its pid. See {@link spawnProcess}.
 *
 * @throws NetdaemonError as it does
 */
export function execute(kernel: Kernel, spec: ProgramSpec, fds: readonly ChildFd[]): number {
  const own = Object.entries(spec.env).map(([name, value]) => `${name}=${value}`)
  refuseUnpassable(spec, own)
  const { file, argv, cwd, umask, softFiles, passed, inherited } = spec
  const env = inherited === undefined ? own : inherited.concat(own)
  const all: (ChildFd | undefined)[] = [...fds]
  if (passed !== undefined) {
    while (all.length < passed.as) all.push(undefined)
    all.push(passed.fd)
  }
  const pid = kernel.spawn({ file, argv, env, cwd, fds: all, umask, softFiles })
  if (pid < 0) throw execFailure(file, cwd, pid)
  if (spec.nice !== undefined) setNice(kernel, file, pid, spec.nice)
  return pid
}

/** Of its whole group, since it may have forked by now. It must not run with another than it was to have. */
function setNice(kernel: Kernel, file: string, pid: number, nice: number): void {
  const failed = kernel.setGroupNice(pid, nice)
  // ESRCH: it has ended already.
  if (failed >= 0 || failed === -errnos.ESRCH) return
  kernel.kill(-pid, SIGKILL)
  throw callFailure(file, `set its nice value to ${nice}`, failed)
}

/**
 * Sets FD_CLOEXEC on every fd above 2: those that the daemon inherited from whoever started it. Call it at the
 * daemon's start, after taking over sockets that were passed on purpose.
 */
export function closeOnExecEverything(kernel: Kernel): void {
  for (const name of openFiles()) {
    const fd = Number(name)
    // EBADF is the directory's own fd, closed by now. F_SETFD has no other error.
    if (fd > 2) kernel.fcntl(fd, F_SETFD, FD_CLOEXEC)
  }
}

/** @throws NetdaemonError SYSTEM where nothing would work: without /proc, or at the limit of open files */
function openFiles(): string[] {
  try {
    return readdirSync('/proc/self/fd')
  } catch (cause) {
    const errno = errnoOf(cause)
    const what = errno === 'ENOENT' ? '/proc is not mounted ({errno}); mount it: mount -t proc proc /proc' : '{errno}'
    const message = `cannot look at /proc/self/fd: ${what.replace('{errno}', errno ?? String(cause))}`
    throw new NetdaemonError('SYSTEM', message, { errno, cause })
  }
}

/**
 * A pipe by which a program says something to the daemon, beside its output: the child's end waits when it is full, and the
 * daemon's does not. Both are the caller's.
 *
 * @throws NetdaemonError CANNOT_START with the errno
 */
export function openSidePipe(kernel: Kernel, file: string): Ends {
  const fds = new FdScope(kernel, file)
  try {
    const ends = openOutputPipe(fds)
    for (const fd of Object.values(ends)) fds.giveAway(fd)
    return ends
  } finally {
    fds.closeAll()
  }
}

/** Both ends of one stream. */
interface Ends {
  readonly child: number
  readonly daemon: number
}

function openOutputPipe(fds: FdScope): Ends {
  // O_NONBLOCK is for our end. The child's is opened anew, which gives it flags of its own: a program must find its
  // stdout blocking.
  const [daemon, writeEnd] = fds.pipe(O_CLOEXEC | O_NONBLOCK)
  const child = fds.reopen(writeEnd, O_RDWR | O_CLOEXEC)
  fds.close(writeEnd)
  return { child, daemon }
}

function openStdin(fds: FdScope, mode: SpawnSpec['stdin']): { readonly child: number; readonly daemon: number | null } {
  if (mode === 'null') return { child: fds.open('/dev/null', O_RDONLY | O_CLOEXEC), daemon: null }
  const [readEnd, daemon] = fds.pipe(O_CLOEXEC | O_NONBLOCK)
  return { child: fds.makeBlocking(readEnd), daemon }
}

/** Refuses what would reach the program cut short or changed, since C strings end at the first NUL. */
function refuseUnpassable(spec: ProgramSpec, env: readonly string[]): void {
  const refuse = (what: string): never => {
    throw new NetdaemonError('BAD_REQUEST', `cannot start ${JSON.stringify(spec.file)}: ${what}`)
  }
  if (spec.file.includes('\0')) refuse('its path contains a NUL byte')
  if (spec.file === '') refuse('the path of the program is empty')
  if (spec.cwd.includes('\0')) refuse('the path of the working directory contains a NUL byte')
  if (spec.argv.length === 0) refuse('argv is empty; it begins with the name of the program')
  const argument = spec.argv.findIndex((text) => text.includes('\0'))
  if (argument >= 0) refuse(`argument ${argument} contains a NUL byte`)
  for (const name of Object.keys(spec.env)) {
    if (name === '' || name.includes('=')) refuse(`${JSON.stringify(name)} is not a name of an environment variable`)
  }
  const variable = env.find((text) => text.includes('\0'))
  if (variable !== undefined) {
    refuse(`the environment variable ${JSON.stringify(variable.slice(0, variable.indexOf('=')))} contains a NUL byte`)
  }
}
