// Says why a program could not be started: turns the one errno of a failed spawn into a sentence that names what is
// missing or wrong, and what to do. It looks at the files only after the failure, and never contradicts the errno.

import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { errnoOf } from '../../../proto/errno.ts'
import { NetdaemonError } from '../../../proto/errors.ts'
import { errnoName } from '../kernel.ts'
import { readInterpreter } from './interpreter.ts'

/** Where there is one sentence for an errno, wherever it comes from. */
const sentences: Readonly<Record<string, string>> = {
  EMFILE: 'the daemon has too many files open ({errno}); raise its limit (ulimit -n), or end other processes',
  ENFILE: 'the system has too many files open ({errno}); raise fs.file-max',
  ENOMEM: 'there is not enough memory ({errno}); end other processes, or raise the memory limit of the container',
  EAGAIN: 'there are too many processes ({errno}); raise the limit (ulimit -u, pids.max of the cgroup), or end some',
  E2BIG: 'the arguments and the environment are too long ({errno}); pass large data in a file or through stdin',
  ENOENT: 'no such file ({errno})',
  ENOTDIR: 'a part of its path is not a directory ({errno})',
  ELOOP: 'its path, or its #! line, leads round in a circle ({errno})',
  ENAMETOOLONG: 'its path is too long ({errno})',
  ETXTBSY: 'the file is open for writing ({errno}); wait until it has been written, or replace it by renaming',
  EPERM: 'the system does not permit it ({errno})',
  EIO: 'its file could not be read ({errno})',
}

/** The error for a program that kernel.spawn could not execute. `errno` may be negative, as it was returned. */
export function execFailure(file: string, cwd: string, errno: number): NetdaemonError {
  const name = errnoName(errno)
  const path = resolve(cwd, file)
  const directory = directoryProblem(cwd, name)
  if (directory !== undefined) return cannotStart(file, directory, name, { path, cwd })
  if (name === 'ENOENT' || name === 'EACCES' || name === 'ENOEXEC') {
    const { problem, ...detail } = fileProblem(path, cwd, name)
    return cannotStart(file, problem, name, { path, ...detail })
  }
  return cannotStart(file, sentences[name] ?? 'the system refuses to execute it ({errno})', name, { path })
}

/** The error for a call that failed before the program's turn had come. `what` completes "could not …". */
export function callFailure(file: string, what: string, errno: number): NetdaemonError {
  const name = errnoName(errno)
  const why = name === 'ENOENT' ? 'it does not exist ({errno}); is /proc mounted?' : (sentences[name] ?? '{errno}')
  return cannotStart(file, `could not ${what}: ${why}`, name, { path: file })
}

/** CANNOT_START in the one form that all of them have. `{errno}` in the reason stands for its name. */
export function cannotStart(
  program: string,
  reason: string,
  errno: string,
  detail: Record<string, unknown>,
): NetdaemonError {
  const message = `cannot start ${JSON.stringify(program)}: ${reason.replace('{errno}', errno)}`
  return new NetdaemonError('CANNOT_START', message, { errno, detail })
}

/** What EACCES says of a program's file, after its name. @param mode that of the file, if that may be the reason */
export function notExecutable(mode = 0o111): string {
  if ((mode & 0o111) === 0) return 'is not executable ({errno}); chmod +x makes it so'
  return 'may not be executed ({errno}): check its permissions, and whether its file system is mounted noexec'
}

/** What is wrong with the working directory, when that explains the errno. */
function directoryProblem(cwd: string, errno: string): string | undefined {
  const named = `the working directory ${JSON.stringify(cwd)}`
  try {
    if (!statSync(cwd).isDirectory()) return errno === 'ENOTDIR' ? `${named} is not a directory ({errno})` : undefined
    accessSync(cwd, constants.X_OK)
    return undefined
  } catch (error) {
    if (errnoOf(error) !== errno) return undefined
    if (errno === 'ENOENT') return `${named} does not exist ({errno})`
    if (errno === 'EACCES') return `${named} may not be entered ({errno})`
    return `${named} can't be used ({errno})`
  }
}

/** What is wrong with the program's file, for the errnos that have several causes. */
function fileProblem(path: string, cwd: string, errno: string): { problem: string; interpreter?: string } {
  const general = sentences[errno] ?? 'it may not be executed ({errno})'
  try {
    const stat = statSync(path)
    if (stat.isDirectory()) return { problem: 'it is a directory ({errno})' }
    if (!stat.isFile()) return { problem: 'it is not a regular file ({errno})' }
    if (errno === 'EACCES' && (stat.mode & 0o111) === 0) return { problem: `it ${notExecutable(stat.mode)}` }
  } catch {
    // Whatever keeps us from looking at it is what kept the kernel from executing it.
    return { problem: general }
  }
  const wanted = readInterpreter(path)
  if (errno === 'ENOEXEC') {
    return wanted.kind === 'elf' || wanted.kind === 'loader'
      ? { problem: 'it was built for another kind of machine ({errno})' }
      : { problem: 'it is no program for this system; a script must begin with a line like #!/bin/sh ({errno})' }
  }
  if (wanted.kind !== 'script' && wanted.kind !== 'loader') {
    return errno === 'EACCES'
      ? { problem: `it ${notExecutable()}` }
      : { problem: 'the file exists, but not what the system needs to execute it ({errno})' }
  }
  const what = `its ${wanted.kind === 'script' ? 'interpreter' : 'loader'} ${JSON.stringify(wanted.path)}`
  return { problem: interpreterProblem(what, wanted.path, cwd, errno), interpreter: wanted.path }
}

function interpreterProblem(what: string, interpreter: string, cwd: string, errno: string): string {
  if (errno === 'EACCES') return `it, or ${what}, may not be executed ({errno})`
  if (interpreter.endsWith('\r')) {
    return `${what} does not exist ({errno}); the script has Windows line ends, which sed -i 's/\\r$//' removes`
  }
  const missing = statSync(resolve(cwd, interpreter), { throwIfNoEntry: false }) === undefined
  return missing ? `${what} does not exist ({errno})` : `${what}, or what that needs, does not exist ({errno})`
}
