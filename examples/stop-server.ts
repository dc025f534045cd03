// Stops a server in its own way: types "stop" into it, and kills it only if it has not ended in time.
//
//   node stop-server.js NAME [SECONDS]

import { connect, NetdaemonError } from 'netdaemon/client'

const [name = '', seconds = '60'] = process.argv.slice(2)
const client = await connect()
const server = await client.attach(name)
try {
  await server.write('stop\n')
  const { state } = await client.wait(server.handle, { timeoutMs: Number(seconds) * 1000 })
  console.log(`"${name}" has ended by itself:`, state)
} catch (error) {
  const isRunning = error instanceof NetdaemonError && ['TIMEOUT', 'INPUT_CLOSED'].includes(error.code)
  if (!isRunning) throw error
  // SIGKILL to its process group; the answer comes when it is gone.
  await client.remove(server.handle, { force: true })
  console.log(`"${name}" had to be killed`)
}
await client.close()
