// Shows the terminal of a program to a client that comes later, as a server of a web page with a terminal in it does: what is on
// the screen first, then what changes; keys, and the size of the page, go the other way.

import { connect } from 'netdaemon/client'

const client = await connect()

const program = await client.start({
  command: 'sh',
  args: [
    '-c',
    'printf "\\033[1mWhat is your name?\\033[0m "; read name; echo "Hello, $name. It is a terminal of:"; stty size',
  ],
  terminal: { columns: 80, rows: 24 },
  env: { set: { TERM: 'xterm-256color' } },
})

// The terminal gets the smallest size of all who state one.
const page = await client.attach(program.handle, { from: 'screen', size: { columns: 60, rows: 20 } })

// A terminal that was just reset (xterm.js in the page; here ours) shows with this what the program's shows at this moment…
process.stdout.write(page.stream.screen ?? '')

// …and later the page was made larger, and somebody typed.
await page.resize({ columns: 100, rows: 30 })
await page.write('Ada\r')

// From there on everything that the program writes, with no byte missing in between.
for await (const item of page.output) {
  if (item.kind === 'data') process.stdout.write(item.bytes)
}
console.log(await page.exited)
await client.close()
