// What "netdaemon/client" exports. Importing it loads the protocol and the socket library, and nothing of the command line.

export { type ErrorBody, type ErrorCode, type ErrorKind, errorCodes, mayPass, NetdaemonError } from '../proto/errors.ts'
export {
  type EndedState,
  endOf,
  type FinalState,
  isEnded,
  isLive,
  type KnownEnd,
  type LiveState,
} from '../proto/live-state.ts'
export type { KnownState, OutputChannel, ProcessRef, RequestName, Result } from '../proto/protocol.ts'
export { socketPath } from '../proto/transport/default-socket.ts'
export type * from '../proto/types.ts'
export { Attachment } from './attachment/attachment.ts'
export type { OutputData, OutputEnd, OutputGap, OutputItem, OutputRun } from './attachment/output-item.ts'
export type { LinesOptions, OutputLine, OutputText } from './attachment/output-text.ts'
export { type ApplyStep, type CallName, Client, type RemovedProcess } from './client.ts'
export { type ConnectOptions, connect } from './connect.ts'
export type { EventFeed } from './event-feed.ts'
export { findAgain, type KnownProcess } from './follow/find-again.ts'
export { type FollowClock, FollowedProcess, type FollowOptions, followProcess } from './follow/follow.ts'
export type {
  ApplyOptions,
  CallOptions,
  EventsOptions,
  KillOptions,
  RemoveOptions,
  ShowOptions,
  ShutdownOptions,
  StartOptions,
  StopOptions,
  UpOptions,
  UsageOptions,
  WaitOptions,
} from './options.ts'
export { startDaemon } from './start-daemon.ts'
