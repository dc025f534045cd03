// What the stages cost that a byte, a packet, a START and an ndctl go through: the account in docs/performance.md.

import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { Benchmark, Measurement } from './support/benchmark.ts'
import type { Rig } from './support/rig.ts'

const ROUNDS = 3
const NDCTL_RUNS = 15
const program = fileURLToPath(new URL('./support/stage-costs.js', import.meta.url))

/** The keys that the program prints, and what they are. */
const descriptions: Readonly<Record<string, string>> = {
  'byte.write': '64 KiB: the process writes them into its pipe',
  'byte.read': '64 KiB: read from the pipe',
  'byte.ring': '64 KiB: copied into the ring',
  'byte.header': '64 KiB: the header written in front',
  'byte.send': '64 KiB: send, a copy into the kernel',
  'byte.copied': '64 KiB: one more copy, where a packet is made of the ring',
  'byte.allocated': '64 KiB: that copy, into memory of its own (which is why it is not)',
  'byte.receive': '64 KiB: recv, a copy out of the kernel, into a new buffer',
  'byte.queue': '64 KiB: through the queue to the reader, and not copied',
  'packet.send': 'a packet of one byte: send',
  'packet.receive': 'a packet of one byte: recv',
  'packet.again': 'a recv that finds nothing',
  'packet.decode': 'a packet of one byte: decoded',
  'packet.ack': 'an ACK: encoded',
  'start.encode': 'START: the request encoded',
  'start.decode': 'START: decoded and checked against the table',
  'start.find': 'START: the program found in PATH',
  'start.pipes': 'START: three pipes, the child’s ends opened anew',
  'start.posix_spawn': 'START: posix_spawn, to the exec',
  'start.spawn': 'START: the whole spawn, those two included',
  'start.sockets': 'START: two pipes given to the event loop',
}

const commands: Readonly<Record<string, (rig: Rig) => string>> = {
  'ndctl: node -e 0': () => `${process.execPath} -e 0`,
  'ndctl: node, koffi loaded': (rig) => `cd ${rig.dist} && exec ${process.execPath} -e "require('koffi')"`,
  'ndctl: --version': (rig) => `exec ${rig.ndctl} --version`,
  'ndctl: info, a connection and one answer': (rig) => `exec ${rig.ndctl} info`,
  'ndctl: list': (rig) => `exec ${rig.ndctl} list`,
}

async function costs(): Promise<Map<string, number>> {
  const { stdout } = await execa(process.execPath, [program])
  return new Map(
    stdout.split('\n').map((line) => {
      const [key = '', value = ''] = line.split(' ')
      return [key, Number(value)]
    }),
  )
}

export const stages: Benchmark = {
  name: 'stages',
  about: 'what the stages cost that a byte, a packet, a START and an ndctl go through',

  async check() {
    const seen = await costs()
    for (const key of Object.keys(descriptions)) if (!seen.has(key)) throw new Error(`no stage ${key}`)
  },

  async measure(rig) {
    const seen = new Map<string, number[]>(Object.keys(descriptions).map((key) => [key, []]))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [key, microseconds] of await costs()) seen.get(key)?.push(microseconds)
    }
    const times = new Map<string, number[]>(Object.keys(commands).map((what) => [what, []]))
    for (let run = 0; run < NDCTL_RUNS; run++) {
      for (const [what, command] of Object.entries(commands)) {
        const begun = performance.now()
        await execa('sh', ['-c', command(rig)], { env: rig.env })
        times.get(what)?.push(performance.now() - begun)
      }
    }
    const row = { higherIsBetter: false, floor: [] }
    return [
      ...[...seen].map(
        ([key, ours]): Measurement => ({
          ...row,
          key: `stage.${key}`,
          what: descriptions[key] ?? key,
          unit: 'µs',
          ours,
        }),
      ),
      ...[...times].map(([what, ours]): Measurement => ({ ...row, key: `stage.${what}`, what, unit: 'ms', ours })),
    ]
  },
}
