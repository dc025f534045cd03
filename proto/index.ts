// What "netdaemon/protocol" exports: enough to write another client, or a proxy.

export { check } from './check.ts'
export * from './codec.ts'
export type { CloseReason, Connection, ConnectionHandlers, Listener, PeerCredentials } from './connection.ts'
export { checkSocketDirectory, socketPath } from './default-socket.ts'
export * from './errors.ts'
export * from './limits.ts'
export * from './protocol.ts'
export { connectSeqpacket } from './seqpacket.ts'
