// The plainest relay that one can write in Node: what comes from file descriptor 3 goes to "cat", and back. It promises nothing; it
// shows what Node itself takes for a keystroke.

import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

const socket = new Socket({ fd: 3 })
const { stdin, stdout } = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] })
socket.on('data', (bytes) => stdin.write(bytes))
stdout.on('data', (bytes) => socket.write(bytes))
socket.on('end', () => stdin.end())
