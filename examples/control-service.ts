// A control service: owns one server, and logs every byte it writes exactly once, although the service itself may be
// killed (-9 too), upgraded and started again at any time, and the connection lost.
//
//   node control-service.js NAME DIRECTORY COMMAND [ARGUMENT…]
//
// It keeps no state but the log. The file is named after the server and the time of its start, and byte N of the output
// is byte N of the file; so the file's length is the offset to go on from. There is no second file that could disagree
// with it: when a kill tears a write apart, the file is a little shorter, and the rest is asked for again.
//
// Nothing is lost meanwhile, since it attaches `lossless` with `keep`: while it is away, the daemon holds what it has not
// ACKed, and when that is all the daemon keeps, the server waits, for up to PLACE.ms.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, followProcess, type ProcessSummary } from 'netdaemon/client'

const [name, directory, command, ...args] = process.argv.slice(2)
if (name === undefined || directory === undefined || command === undefined) {
  console.error('usage: control-service NAME DIRECTORY COMMAND [ARGUMENT…]')
  process.exit(2)
}

/** Where this service's place in the output is kept, and for how long, in milliseconds. */
const PLACE = { as: `control-${name}`, ms: 10 * 60_000 }

/** The server of that name, running or ended; started if there is none. */
async function findOrStart(name: string, command: string): Promise<ProcessSummary> {
  const client = await connect({ software: 'control-service' })
  try {
    const [found] = await client.list({ name })
    if (found !== undefined) return found
    // Attached from its first byte. Closing the connection without detaching leaves the place kept, for `followProcess`.
    const attach = { from: 'start', lossless: true, keep: PLACE } as const
    const { process } = await client.startAttached({ command, args, name }, attach)
    return process
  } finally {
    await client.close()
  }
}

/** Writes all of the bytes at their place in the file. */
async function writeAt(file: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
  }
}

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(signal))

const server = await findOrStart(name, command)
const path = join(directory, `${name}-${server.startedAt}.log`)
const log = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
const { size } = await log.stat()
console.log(`"${server.id}" is logged to ${path}, from byte ${size} on`)

const followed = followProcess({
  process: server.handle,
  startedAt: server.startedAt,
  from: size,
  lossless: true,
  keep: PLACE,
  signal: stop.signal,
  onReconnect: ({ error, attempt, delayMs }) =>
    console.error(`${error.message}; attempt ${attempt} in ${Math.round(delayMs)} ms`),
})

try {
  for await (const item of followed) {
    switch (item.kind) {
      case 'data':
        await writeAt(log, item.bytes, item.offset)
        break
      case 'gap': // The place had expired. The file has a hole there, so that its length stays the offset.
        console.error(`bytes ${item.from} to ${item.to} are lost: this service was away for too long`)
        break
      case 'end':
        break
    }
  }
  console.log(`"${server.id}" has ended:`, await followed.exited)
  // Only now that its last byte is in the file is the daemon told to forget it.
  const client = await connect()
  await client.remove(server.handle)
  await client.close()
} catch (error) {
  if (!stop.signal.aborted) throw error
  console.log(`stopped by ${stop.signal.reason}; "${server.id}" runs on`)
} finally {
  await log.close()
}
