// Finds out what the kernel needs besides a program's own file: the interpreter of a script (#!), or the loader of a
// dynamically linked ELF program. It only reads, and answers `unknown` rather than fail.

import { closeSync, openSync, readSync } from 'node:fs'

/** What a program's file is. `elf` is one that names no loader, as a statically linked one. */
export type Wanted =
  | { readonly kind: 'script'; readonly path: string }
  | { readonly kind: 'loader'; readonly path: string }
  | { readonly kind: 'elf' }
  | { readonly kind: 'unknown' }

/** Linkers put the program headers and the loader's name at the beginning of the file. */
const HEAD_BYTES = 4096
/** The kernel looks no further for a #! line (BINPRM_BUF_SIZE). */
const SCRIPT_LINE_BYTES = 256
const PT_INTERP = 3

/** Looks into a file. Unreadable ones are `unknown`. */
export function readInterpreter(path: string): Wanted {
  const head = readHead(path)
  if (head.toString('latin1', 0, 2) === '#!') return scriptInterpreter(head)
  if (head.length >= 64 && head.toString('latin1', 0, 4) === '\x7fELF') return elfLoader(head)
  return { kind: 'unknown' }
}

function readHead(path: string): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  try {
    const fd = openSync(path, 'r')
    try {
      return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0))
    } finally {
      closeSync(fd)
    }
  } catch {
    // Executable but not readable (EACCES), or gone meanwhile (ENOENT): then there is nothing to add to the errno.
    return head.subarray(0, 0)
  }
}

function scriptInterpreter(head: Buffer): Wanted {
  const line = head.toString('utf8', 2, SCRIPT_LINE_BYTES).split('\n', 1)[0] ?? ''
  // The kernel splits at spaces and tabs only, so a carriage return belongs to the name.
  const path = line.replace(/^[ \t]+/, '').split(/[ \t\0]/, 1)[0]
  return path ? { kind: 'script', path } : { kind: 'unknown' }
}

/** See elf(5). Only little-endian files are looked into. */
function elfLoader(head: Buffer): Wanted {
  const wide = head[4] === 2
  if (head[5] !== 1) return { kind: 'elf' }
  const tableAt = wide ? Number(head.readBigUInt64LE(32)) : head.readUInt32LE(28)
  const entryBytes = head.readUInt16LE(wide ? 54 : 42)
  const entries = head.readUInt16LE(wide ? 56 : 44)
  for (let n = 0; n < entries; n++) {
    const at = tableAt + n * entryBytes
    if (at + (wide ? 56 : 32) > head.length) break
    if (head.readUInt32LE(at) !== PT_INTERP) continue
    const from = wide ? Number(head.readBigUInt64LE(at + 8)) : head.readUInt32LE(at + 4)
    const to = head.indexOf(0, from)
    if (from < head.length && to > from) return { kind: 'loader', path: head.toString('utf8', from, to) }
  }
  return { kind: 'elf' }
}
