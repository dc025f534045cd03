// Completes package-lock.json: `npm install` leaves out optional packages (native parts for other platforms) that the
// registry at hand does not have, and `npm ci` then refuses the file. They are put back, without a checksum, since only their
// being named matters: none of them is installed on Linux with glibc, for which all are there.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './repository.ts'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly cpu?: readonly string[]
  readonly os?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
interface Lock {
  packages: Record<string, LockedPackage>
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64']

const path = join(repository, 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock
const added: string[] = []
for (const { dev, optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`
    if (lock.packages[key] !== undefined) continue
    lock.packages[key] = placeholder(name, version, dev === true)
    added.push(name)
  }
}
// npm keeps the packages in this order, so that the next install changes nothing else.
const byName = ([one]: [string, unknown], [other]: [string, unknown]) => one.localeCompare(other, 'en')
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byName))
writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`)
console.log(added.length === 0 ? 'nothing was missing' : `added ${added.join(', ')}`)

/** An entry that says for what the package is, by the words of its name, so that npm passes over it elsewhere. */
function placeholder(name: string, version: string, dev: boolean): LockedPackage {
  const words = name.split(/[/-]/)
  const os = SYSTEMS.find((system) => words.includes(system))
  const cpu = PROCESSORS.find((processor) => words.includes(processor))
  const libc = words.includes('musl') ? 'musl' : words.some((word) => word.startsWith('gnu')) ? 'glibc' : undefined
  if (os === undefined || !/^\d/.test(version)) throw new Error(`cannot tell what ${name}@${version} is for`)
  if (os === 'linux' && cpu === process.arch && libc !== 'musl') throw new Error(`${name} is needed here`)
  return {
    version,
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(dev ? { dev } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    os: [os],
  }
}
