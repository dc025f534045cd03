// Whether somebody listens on a TCP port: connects, and closes at once.

import { Socket } from 'node:net'
import { errnoOf } from '../../proto/errno.ts'
import type { Probe } from './probe.ts'

export function tcpProbe({ host, port }: { readonly host: string; readonly port: number }): Probe {
  return (tell) => {
    const socket = new Socket()
    const over = (problem: string | undefined) => {
      socket.destroy()
      tell(problem)
    }
    socket.once('connect', () => over(undefined))
    socket.once('error', (error) => over(`cannot connect to ${host}:${port} (${errnoOf(error) ?? error.message})`))
    socket.connect({ host, port })
    return () => {
      // What comes of the connection after this is nobody's concern.
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.destroy()
    }
  }
}
