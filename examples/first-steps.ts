// Starts a program that talks back, writes to it, and reads its output to the end.

import { connect } from 'netdaemon/client'

await using client = await connect()

// The answer comes when the program runs; if it cannot, this throws, with the errno.
const attachment = await client.startAttached({ command: 'sh', args: ['-c', 'read name; echo "hello, $name"; exit 3'] })
await attachment.write('world\n')

// Each item has its offset. What is not read is not sent: a slow reader slows its process, and nobody else.
for await (const item of attachment.output) {
  if (item.kind === 'data') console.log(`from byte ${item.offset}: ${item.bytes.toString().trimEnd()}`)
  if (item.kind === 'gap') console.log(`bytes ${item.from} to ${item.to} are not kept any more`)
}

// Its end comes after all of its output.
console.log(await attachment.exited)
