// The daemon in words, from its own account (INFO). Pure; the present time comes in.

import type { Result } from '../../client-lib/index.ts'
import { formatAge, formatCount, formatSize, formatTime } from './format.ts'
import type { Cell } from './table.ts'

export function daemonFacts(info: Result<'INFO'>, now: number): [name: string, value: Cell][] {
  const { processes, memory, limits, children } = info
  return [
    ['software', `${info.software}, Node ${info.node.replace(/^v/, '')}`],
    ['socket', info.address],
    ['pid', String(info.pid)],
    ['instance', info.instance],
    ['started', `${formatTime(info.startedAt)} (${formatAge(now - info.startedAt)} ago)`],
    [
      'processes',
      `${formatCount(processes.running)} running, ${formatCount(processes.ended)} ended; ${formatCount(info.started)} started so far`,
    ],
    ['clients', `${formatCount(info.connections)} connected, ${formatCount(info.attachments)} attachments`],
    ['output', `${formatSize(info.outputBytes)} read so far`],
    ['orphans', `${formatCount(info.orphansReaped)} reaped`],
    [
      'memory',
      `${formatSize(memory.rss)} (heap ${formatSize(memory.heapUsed)}, buffers ${formatSize(memory.external)})`,
    ],
    ['open files', formatCount(info.openFiles)],
    [
      'limits',
      `${formatCount(limits.maxProcesses)} processes, ${formatCount(limits.maxConnections)} clients; keeps ${formatCount(limits.retainCount)} ended processes, each for ${formatAge(limits.retainMs)}`,
    ],
    ...(children === undefined
      ? []
      : [
          [
            'children',
            `umask ${octal(children.umask)}, ${openFiles(children.softFiles)}, nice ${children.nice}`,
          ] satisfies [string, Cell],
        ]),
  ]
}

const octal = (mask: number): string => mask.toString(8).padStart(3, '0')

const openFiles = (limit: number | null): string =>
  limit === null ? 'open files as the daemon' : `${formatCount(limit)} open files`

/** `1 process`, `2 processes`. */
export const processCount = (count: number): string => `${formatCount(count)} ${count === 1 ? 'process' : 'processes'}`
