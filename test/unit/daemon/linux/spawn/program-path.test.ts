import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { resolveProgram } from '../../../../../daemon/linux/spawn/program-path.ts'
import { NetdaemonError } from '../../../../../proto/errors.ts'

let directory: string
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'nd-'))
  for (const name of ['first', 'second', 'first/folder']) mkdirSync(join(directory, name))
  for (const [name, mode] of [
    ['first/plain', 0o644],
    ['first/both', 0o644],
    ['second/both', 0o755],
    ['second/tool', 0o755],
  ] as const) {
    writeFileSync(join(directory, name), '')
    chmodSync(join(directory, name), mode)
  }
})
after(() => rmSync(directory, { recursive: true }))

const both = (): string => `${directory}/first:/no/such:/etc/passwd:${directory}/second`

function failure(command: string, pathVariable: string | undefined): NetdaemonError {
  try {
    resolveProgram(command, { pathVariable, cwd: '/' })
  } catch (error) {
    if (error instanceof NetdaemonError) return error
    throw error
  }
  assert.fail('found')
}

test('a command with a slash is a path, relative to the working directory', () => {
  assert.equal(resolveProgram('./tool', { pathVariable: '/bin', cwd: '/opt/game' }), '/opt/game/tool')
  assert.equal(resolveProgram('bin/tool', { pathVariable: '/bin', cwd: '/opt/game' }), '/opt/game/bin/tool')
  assert.equal(resolveProgram('/no/such', { pathVariable: '', cwd: '/' }), '/no/such')
})

test('other commands are searched for in PATH, beyond what is missing, no directory or not executable', () => {
  assert.equal(resolveProgram('tool', { pathVariable: both(), cwd: '/' }), `${directory}/second/tool`)
  assert.equal(resolveProgram('both', { pathVariable: both(), cwd: '/' }), `${directory}/second/both`)
})

test('without PATH the default of execvp is searched', () => {
  assert.match(resolveProgram('sh', { pathVariable: undefined, cwd: '/' }), /^\/(usr\/)?(local\/)?bin\/sh$/)
})

test('empty and relative parts of PATH mean the working directory of the child', () => {
  assert.equal(
    resolveProgram('tool', { pathVariable: '/nope:', cwd: `${directory}/second` }),
    `${directory}/second/tool`,
  )
  assert.equal(resolveProgram('tool', { pathVariable: 'second', cwd: directory }), `${directory}/second/tool`)
})

test('what is nowhere in PATH is ENOENT, with the PATH', () => {
  for (const command of ['foo', '', 'a\0b', 'folder']) {
    const error = failure(command, `${directory}/first:/bin`)
    assert.deepEqual([error.code, error.errno], ['CANNOT_START', 'ENOENT'])
  }
  assert.equal(
    failure('foo', '/usr/bin:/bin').message,
    'cannot start "foo": no such program in PATH (/usr/bin:/bin) (ENOENT)',
  )
})

test('a long PATH is cut in the sentence, and whole in the detail', () => {
  const directories = Array.from({ length: 30 }, (_, number) => `/opt/tools/${number}`)
  const error = failure('foo', directories.join(':'))
  assert.equal(
    error.message,
    `cannot start "foo": no such program in PATH (${directories.slice(0, 6).join(':')} and 24 directories more) (ENOENT)`,
  )
  assert.equal(error.detail?.searched, directories.join(':'))
  const one = `/${'x'.repeat(100)}`
  assert.match(failure('foo', one).message, /no such program in PATH \(1 directory\)/)
  assert.match(failure('foo', `/bin:${one}`).message, /no such program in PATH \(\/bin and 1 directory more\)/)
})

test('what is found only without execute permission is EACCES, with the file', () => {
  const error = failure('plain', both())
  assert.deepEqual([error.code, error.errno], ['CANNOT_START', 'EACCES'])
  assert.equal(
    error.message,
    `cannot start "plain": ${directory}/first/plain is not executable (EACCES); chmod +x makes it so`,
  )
})

test('a PATH that no program can be given is not searched', () => {
  // Looking into a million directories would take seconds, in which the daemon does nothing else.
  const error = failure('tool', '/a:'.repeat(1_000_000))
  assert.equal(error.code, 'CANNOT_START')
  assert.equal(error.errno, 'E2BIG')
  assert.ok(error.message.length < 200)
  assert.equal(
    resolveProgram('tool', { pathVariable: `${':'.repeat(100_000)}${both()}`, cwd: '/' }),
    `${directory}/second/tool`,
  )
})

test('a PATH with more directories than there is time for is not searched', () => {
  const directories = Array.from({ length: 501 }, (_, number) => `/d${number}`)
  assert.equal(failure('tool', directories.join(':')).errno, 'E2BIG')
  assert.match(failure('tool', directories.join(':')).message, /its PATH has more than 500 directories \(E2BIG\)/)
  assert.equal(failure('tool', directories.slice(1).join(':')).errno, 'ENOENT')
})
