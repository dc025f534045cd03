// What "netdaemon/client" exports. Importing it loads the protocol and the socket library, and nothing of the command line.

export { type ErrorBody, type ErrorCode, type ErrorKind, errorCodes, mayPass, NetdaemonError } from '../proto/errors.ts'
export {
  type ExitedState,
  type FinalState,
  isEnded,
  isLive,
  type LiveState,
  type UnknownState,
} from '../proto/live-state.ts'
export type {
  AttachOptionsInput,
  KnownState,
  OutputChannel,
  ProcessDetail,
  ProcessEvent,
  ProcessRef,
  ProcessSpecInput,
  ProcessState,
  ProcessSummary,
  RequestName,
  Result,
  StreamInfo,
  TerminalSize,
} from '../proto/protocol.ts'
export { socketPath } from '../proto/transport/default-socket.ts'
export { Attachment } from './attachment/attachment.ts'
export type { OutputData, OutputEnd, OutputGap, OutputItem } from './attachment/output-item.ts'
export type { LinesOptions, OutputLine, OutputText } from './attachment/output-text.ts'
export { type CallName, Client, type RemovedProcess } from './client.ts'
export { type ConnectOptions, connect } from './connect.ts'
export type { EventFeed } from './event-feed.ts'
export { findAgain, type KnownProcess } from './follow/find-again.ts'
export { type FollowClock, FollowedProcess, type FollowOptions, followProcess } from './follow/follow.ts'
export type {
  CallOptions,
  EventsOptions,
  KillOptions,
  ListFilter,
  RemoveOptions,
  ShowOptions,
  ShutdownOptions,
  StartOptions,
  UsageOptions,
  WaitOptions,
} from './options.ts'
export { startDaemon } from './start-daemon.ts'
