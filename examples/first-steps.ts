// Starts a program that talks back, writes to it, and reads what it says to the end.

import { connect } from 'netdaemon/client'

const client = await connect()

// The answer comes when the program runs; if it cannot, this throws, with the errno.
const attachment = await client.startAttached({ command: 'sh', args: ['-c', 'read name; echo "hello, $name"; exit 3'] })
await attachment.write('world\n')

// Each line has its offset. What is not read is not sent: a slow reader slows its process, and nobody else.
for await (const item of attachment.lines()) {
  if (item.kind === 'line') console.log(`from byte ${item.offset}: ${item.text}`)
  else if (item.kind === 'gap') console.log(`bytes ${item.from} to ${item.to} were discarded`)
}

// Its end comes after all of its output.
console.log(await attachment.exited)
await client.close()
