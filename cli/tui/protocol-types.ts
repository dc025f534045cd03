// What the UI knows of the protocol: types, and what their states mean. Their one import, so that nothing in this folder loads the client library;
// whoever runs the UI hands it a way to connect.

export type {
  Attachment,
  AttachOptionsInput,
  Client,
  OutputItem,
  ProcessDetail,
  ProcessEvent,
  ProcessSpecInput,
  ProcessState,
  ProcessSummary,
  Result,
  TerminalSize,
} from '../../client-lib/index.ts'
export { isEnded, isLive } from '../../proto/live-state.ts'
