// What "netdaemon/protocol" exports: enough to write another client, or a proxy.

export { check } from './codec/check.ts'
export * from './codec/codec.ts'
export * from './errors.ts'
export * from './limits.ts'
export * from './live-state.ts'
export * from './protocol.ts'
export type { CloseReason, Connection, ConnectionHandlers, Listener, PeerCredentials } from './transport/connection.ts'
export { checkSocketDirectory, socketPath } from './transport/default-socket.ts'
export { connectSeqpacket } from './transport/seqpacket/seqpacket.ts'
