// Keeps a server running: when it has ended badly it is started again, after a pause that doubles while it ends at once.
//
//   node keep-running.js NAME COMMAND [ARGUMENT…]
//
// It may be killed and started again itself: it finds the server that runs, and starts none beside it. Its own end, by Ctrl-C
// too, is not the server's.

import { setTimeout as pause } from 'node:timers/promises'
import { type Client, connect, NetdaemonError, type ProcessSummary } from 'netdaemon/client'

const [name, command, ...args] = process.argv.slice(2)
if (name === undefined || command === undefined) {
  console.error('usage: keep-running NAME COMMAND [ARGUMENT…]')
  process.exit(2)
}

const PAUSE = { firstMs: 500, longestMs: 60_000 }
/** A server that ran for so long has not ended at once. */
const WELL_MS = 10_000

/** The server of that name, started if none runs. */
async function findOrStart(client: Client, name: string, command: string): Promise<ProcessSummary> {
  const [found] = await client.list({ name, states: ['running', 'stopping'] })
  // One that has ended would keep its name; it is removed only when the new one could be started.
  return found ?? (await client.start({ command, args, name, stdin: 'null' }, { replace: true }))
}

let pauseMs = PAUSE.firstMs
for (;;) {
  let client: Client | undefined
  try {
    client = await connect({ software: 'keep-running' })
    const server = await findOrStart(client, name, command)
    console.log(`"${name}" runs`)
    const { state } = await client.wait(server.handle)
    if (state.kind === 'exited' && state.code === 0) break
    if (state.kind === 'exited') console.log(`"${name}" exited with ${state.code}`)
    if (state.kind === 'killed') console.log(`"${name}" was killed by ${state.signal}`)
    if (Date.now() - server.startedAt > WELL_MS) pauseMs = PAUSE.firstMs
  } catch (error) {
    // The daemon is away, or was; anything else (a program that is not there) will not go away by itself.
    if (!(error instanceof NetdaemonError && ['NO_DAEMON', 'DISCONNECTED'].includes(error.code))) throw error
    console.log(error.message)
  } finally {
    await client?.close()
  }
  await pause(pauseMs)
  pauseMs = Math.min(2 * pauseMs, PAUSE.longestMs)
}
console.log(`"${name}" is done`)
