// posix_spawn(3) through koffi. glibc and musl implement it with vfork semantics: the parent waits for the exec, but its
// memory is not copied, so the cost does not grow with the daemon. Invariant: whatever is initialised is destroyed.

import type { LibraryHandle } from 'koffi'
import { type CallResult, type Kernel, O_RDWR, type SpawnCall } from './kernel.ts'

// <spawn.h>, the same in glibc and musl.
const POSIX_SPAWN_SETSIGDEF = 0x04
const POSIX_SPAWN_SETSIGMASK = 0x08
const POSIX_SPAWN_SETSID = 0x80

// <bits/resource.h>, the same on every architecture that Node supports on Linux.
const RLIMIT_NOFILE = 7

/** More than sizeof posix_spawnattr_t (336), posix_spawn_file_actions_t (80) and sigset_t (128), in either library. */
const OPAQUE_BYTES = 512

/** Binds posix_spawn and what it needs from the C library. */
export function bindSpawn(libc: LibraryHandle): Kernel['spawn'] {
  const spawn: PosixSpawn = libc.func(
    'int posix_spawn(void *pid, const char *file, void *actions, void *attributes, const char **argv, const char **env)',
  )
  const initActions: (actions: Uint8Array) => number = libc.func('int posix_spawn_file_actions_init(void *actions)')
  const destroyActions: (actions: Uint8Array) => number = libc.func(
    'int posix_spawn_file_actions_destroy(void *actions)',
  )
  const addDup2: (actions: Uint8Array, from: number, to: number) => number = libc.func(
    'int posix_spawn_file_actions_adddup2(void *actions, int from, int to)',
  )
  const addOpen: (actions: Uint8Array, to: number, path: string, flags: number, mode: number) => number = libc.func(
    'int posix_spawn_file_actions_addopen(void *actions, int to, const char *path, int flags, unsigned int mode)',
  )
  const addChdir: (actions: Uint8Array, path: string) => number = libc.func(
    'int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)',
  )
  const addCloseFrom = bindCloseFrom(libc)
  const attributes = spawnAttributes(libc)
  const softFiles = bindSoftFiles(libc)

  let mask: number | undefined
  /** The daemon's own. Nothing else changes it, so it is asked for once. */
  const ownMask = (): number => {
    mask ??= process.umask()
    return mask
  }

  /** What a child inherits is the daemon's own for the moment of the spawn. Nothing else runs in it. */
  const lend = ({ umask, softFiles: wanted }: SpawnCall): (() => void) => {
    const maskBefore = umask === undefined || umask === ownMask() ? undefined : process.umask(umask)
    const filesBefore = wanted === undefined ? undefined : softFiles(wanted)
    return () => {
      if (maskBefore !== undefined) process.umask(maskBefore)
      if (filesBefore !== undefined) softFiles(filesBefore)
    }
  }

  const actions = new Uint8Array(OPAQUE_BYTES)
  const pid = new Int32Array(1)

  const addActions = (call: SpawnCall): number => {
    // The chdir comes first: the file is looked up relative to it.
    let error = addChdir(actions, call.cwd)
    for (const [to, fd] of call.fds.entries()) {
      if (error !== 0) return error
      // The daemon has none that a child gets unasked: all are close-on-exec.
      if (fd === undefined) continue
      if (typeof fd === 'number') error = addDup2(actions, fd, to)
      else if ('sameAs' in fd) error = addDup2(actions, fd.sameAs, to)
      // The child leads a session by now (the attributes come first), so a terminal becomes its controlling one.
      else error = addOpen(actions, to, fd.opened, O_RDWR, 0)
    }
    return error === 0 ? addCloseFrom(actions, call.fds.length) : error
  }

  // These functions return the errno instead of setting it.
  return (call): CallResult => {
    let error = initActions(actions)
    if (error !== 0) return -error
    error = addActions(call)
    if (error === 0) {
      const restore = lend(call)
      error = spawn(pid, call.file, actions, attributes, [...call.argv, null], [...call.env, null])
      restore()
    }
    destroyActions(actions)
    return error === 0 ? (pid[0] ?? -1) : -error
  }
}

/**
 * Closes everything above the given fds, whatever the daemon has inherited or a library has opened without CLOEXEC.
 * glibc has it since 2.34. Elsewhere the daemon depends on `closeOnExecEverything` and on CLOEXEC everywhere.
 */
function bindCloseFrom(libc: LibraryHandle): (actions: Uint8Array, from: number) => number {
  try {
    return libc.func('int posix_spawn_file_actions_addclosefrom_np(void *actions, int from)')
  } catch {
    return () => 0
  }
}

/** Sets this process's soft limit of open files, and answers what it was; above the hard limit it becomes that. */
function bindSoftFiles(libc: LibraryHandle): (soft: bigint | number) => bigint {
  const get: (resource: number, limit: BigUint64Array) => number = libc.func('int getrlimit(int resource, void *limit)')
  const set: (resource: number, limit: BigUint64Array) => number = libc.func(
    'int setrlimit(int resource, const void *limit)',
  )
  const limit = new BigUint64Array(2)
  return (soft) => {
    get(RLIMIT_NOFILE, limit)
    const [before = 0n, hard = 0n] = limit
    const wanted = BigInt(soft)
    limit[0] = wanted < hard ? wanted : hard
    set(RLIMIT_NOFILE, limit)
    return before
  }
}

/**
 * The attributes of every child: its own session, every signal at its default (Node ignores SIGPIPE and SIGXFSZ, and
 * ignored signals stay ignored across exec), none blocked. They never change, so they are made once.
 *
 * @throws when the C library refuses them: netdaemon can't run there.
 */
function spawnAttributes(libc: LibraryHandle): Uint8Array {
  const bind = (definition: string): ((...values: readonly unknown[]) => number) => libc.func(definition)
  const attributes = new Uint8Array(OPAQUE_BYTES)
  // A sigset_t is a bit for each of 64 signals. Not sigfillset: it leaves out 32 and 33, which the C library uses among
  // its threads, and then the child would find those ignored.
  const noSignals = new Uint8Array(OPAQUE_BYTES)
  const allSignals = new Uint8Array(OPAQUE_BYTES).fill(0xff, 0, 8)
  const flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
  const failed =
    bind('int posix_spawnattr_init(void *attributes)')(attributes) ||
    bind('int posix_spawnattr_setflags(void *attributes, short flags)')(attributes, flags) ||
    bind('int posix_spawnattr_setsigdefault(void *attributes, const void *set)')(attributes, allSignals) ||
    bind('int posix_spawnattr_setsigmask(void *attributes, const void *set)')(attributes, noSignals)
  if (failed) throw new Error(`the C library refuses the attributes of posix_spawn: errno ${failed}`)
  return attributes
}

type PosixSpawn = (
  pid: Int32Array,
  file: string,
  actions: Uint8Array,
  attributes: Uint8Array,
  argv: readonly (string | null)[],
  env: readonly (string | null)[],
) => number
