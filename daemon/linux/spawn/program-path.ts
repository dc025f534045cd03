// Finds the file of a program by the rules of execvp(3), so that a failure can say what was searched for and where.
// It only looks; that the file can really be executed is known when it has been.

import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { cannotStart, notExecutable } from './spawn-errors.ts'

/** Where to search when the environment of the child has no PATH. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'

/** The longest single string that the kernel passes to a program (MAX_ARG_STRLEN, execve(2)), `PATH=` and NUL included. */
const PATH_BYTES_MAX = 128 * 1024 - 6
/** Directories of a PATH that are looked at: each takes a system call or two, and everybody waits. */
const DIRECTORIES_MAX = 500
/** Letters of a PATH in a sentence. */
const SHOWN_MAX = 80

/**
 * The path of a program. A command with a slash is a path, relative to `cwd`; any other is searched for in
 * `pathVariable`, the PATH of the child's environment. An empty part of it, or a relative one, is relative to `cwd`.
 *
 * A path with a slash is returned without a look: executing it tells more.
 *
 * @throws NetdaemonError CANNOT_START with ENOENT when it is nowhere in PATH, and with EACCES when what was found may
 *   not be executed.
 */
export function resolveProgram(
  command: string,
  options: { readonly pathVariable: string | undefined; readonly cwd: string },
): string {
  if (command.includes('/')) return resolve(options.cwd, command)
  const searched = options.pathVariable ?? DEFAULT_PATH
  if (Buffer.byteLength(searched) > PATH_BYTES_MAX) {
    throw cannotStart(command, 'its PATH is longer than the system passes to a program ({errno})', 'E2BIG', {
      path: command,
    })
  }
  let refused: string | undefined
  if (command !== '' && !command.includes('\0')) {
    const directories = new Set(searched.split(':'))
    if (directories.size > DIRECTORIES_MAX) {
      const why = `its PATH has more than ${DIRECTORIES_MAX} directories ({errno}); name the program by its path`
      throw cannotStart(command, why, 'E2BIG', { path: command })
    }
    for (const directory of directories) {
      const path = resolve(options.cwd, directory, command)
      const found = look(path)
      if (found === 'executable') return path
      if (found === 'refused') refused ??= path
    }
  }
  if (refused === undefined)
    throw cannotStart(command, `no such program in PATH (${inShort(searched)}) ({errno})`, 'ENOENT', {
      path: command,
      searched,
    })
  throw cannotStart(
    command,
    `${refused} ${notExecutable(statSync(refused, { throwIfNoEntry: false })?.mode)}`,
    'EACCES',
    {
      path: refused,
    },
  )
}

/** A PATH for a sentence: all of it, or where it begins and how much more there is. The whole is in the error's detail. */
function inShort(searched: string): string {
  if (searched.length <= SHOWN_MAX) return searched
  const directories = searched.split(':')
  let shown = ''
  for (const [at, directory] of directories.entries()) {
    const longer = at === 0 ? directory : `${shown}:${directory}`
    if (longer.length > SHOWN_MAX) {
      const more = directories.length - at
      return `${shown === '' ? '' : `${shown} and `}${more} ${more === 1 ? 'directory' : 'directories'}${shown === '' ? '' : ' more'}`
    }
    shown = longer
  }
  return shown
}

function look(path: string): 'executable' | 'refused' | 'absent' {
  try {
    // Directories are executable in their way, and are not programs.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return 'absent'
  } catch {
    // ENOTDIR, EACCES, ELOOP, ENAMETOOLONG: nothing to be found there. execvp goes on as well.
    return 'absent'
  }
  try {
    accessSync(path, constants.X_OK)
    return 'executable'
  } catch {
    // EACCES: found, and remembered in case nothing better follows.
    return 'refused'
  }
}
