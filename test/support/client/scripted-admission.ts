// A scripted daemon that lets a client attach again: answers SHOW and ATTACH.

import type { ProcessDetail, ProcessSummary, StreamInfo } from '../../../proto/protocol.ts'
import { type ReceivedRequest, type ScriptedDaemon, summary } from './scripted-daemon.ts'

export function detail(more: Partial<ProcessSummary> = {}): ProcessDetail {
  return {
    ...summary(more),
    path: '/bin/web',
    args: [],
    cwd: '/',
    env: null,
    stdin: 'pipe',
    stderr: 'pipe',
    input: { open: true, taken: 0, queued: 0 },
    outputLimit: 262144,
    autoRemove: false,
    held: false,
    clients: [],
  }
}

/** Admits the client; the parameters of both requests. The stream begins where it was asked to. */
export async function admit(
  daemon: ScriptedDaemon,
  stream: Partial<StreamInfo> = {},
  process: Partial<ProcessSummary> = {},
): Promise<{ show: ReceivedRequest['params']; attach: ReceivedRequest['params'] }> {
  const show = await daemon.next('SHOW')
  daemon.ok<'SHOW'>(show, { process: detail(process) })
  const attach = await daemon.next('ATTACH')
  const { from } = attach.params
  daemon.attached(attach, { ...(typeof from === 'object' ? { from: from.offset } : {}), ...stream })
  return { show: show.params, attach: attach.params }
}
