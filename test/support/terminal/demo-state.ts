// A state of the UI with processes such as people have, for the tests of its views.

import type { Size } from '../../../cli/terminal/size.ts'
import { ConsoleBuffer } from '../../../cli/tui/console/console-buffer.ts'
import type { ProcessState, ProcessSummary } from '../../../cli/tui/protocol-types.ts'
import type { Action } from '../../../cli/tui/store/actions.ts'
import { initialState, type UiState } from '../../../cli/tui/store/state.ts'
import { update } from '../../../cli/tui/store/update.ts'

export const NOW = Date.UTC(2026, 10, 21, 12, 0, 0)

const minute = 60_000

/** A process as LIST has it. */
export function processOf(handle: number, id: string, more: Partial<ProcessSummary> = {}): ProcessSummary {
  return {
    id,
    handle,
    name: id,
    command: `/srv/${id}/run --verbose`,
    labels: {},
    state: running(1000 + handle),
    startedAt: NOW - 90 * minute,
    output: { start: 0, end: 0, ended: false },
    attached: 0,
    ...more,
  }
}

export const running = (pid: number): ProcessState => ({ kind: 'running', pid, since: NOW - 90 * minute })

export const demoProcesses: readonly ProcessSummary[] = [
  processOf(1, 'minecraft', {
    labels: { role: 'game', owner: 'anna' },
    command: 'java -Xmx4G -jar server.jar nogui',
    output: { start: 0, end: 81_234, ended: false },
  }),
  processOf(2, 'postgres', { labels: { role: 'db' }, output: { start: 0, end: 5_120, ended: false } }),
  processOf(3, 'web-front-end-of-the-shop-in-production', { labels: { role: 'web', zone: '日本' } }),
  processOf(4, 'shell', { terminal: { columns: 80, rows: 24 }, command: 'bash' }),
  processOf(5, 'backup', { state: { kind: 'exited', code: 0, at: NOW - minute } }),
  processOf(6, 'import', { state: { kind: 'exited', code: 127, at: NOW - 2 * minute } }),
  processOf(7, 'worker', { state: { kind: 'killed', signal: 'SIGKILL', coreDumped: false, at: NOW - 3 * minute } }),
  processOf(8, 'old', { state: { kind: 'stopping', pid: 77, since: NOW - minute, killAt: null } }),
]

/** The state after these actions. */
export function after(state: UiState, ...actions: Action[]): UiState {
  return actions.reduce((before, action) => update(before, action).state, state)
}

/** A key pressed. */
export const key = (name: string): Action => ({
  type: 'input',
  event: {
    kind: 'key',
    key: name,
    raw: name,
    ...([...name].length === 1 ? { text: name } : name === 'space' ? { text: ' ' } : {}),
  },
})

/** Letters typed one after the other. */
export const keys = (text: string): Action[] => [...text].map((letter) => key(letter === ' ' ? 'space' : letter))

/** A connected UI with the demo processes, measured twice. */
export function demoState(size: Size = { columns: 80, rows: 24 }, processes = demoProcesses): UiState {
  const usage = (at: number, cpuMs: number): Action => ({
    type: 'measured',
    usage: {
      at,
      processors: 2,
      processes: processes
        .filter(({ state }) => state.kind === 'running')
        .map(({ handle }) => ({ handle, cpuMs: cpuMs * handle, memory: handle * 150_000_000, processes: handle })),
    },
  })
  return after(
    initialState(size, NOW, { address: '/run/netdaemon/netdaemon.sock', directory: '/srv' }),
    { type: 'link changed', link: { kind: 'connected', run: 'run-1' } },
    { type: 'listed', processes },
    usage(NOW - 1000, 0),
    usage(NOW, 123),
    { type: 'console opened', handle: 1, inputOpen: true },
  )
}

/** A console such as that of a game server. */
export function demoConsole(): ConsoleBuffer {
  const buffer = new ConsoleBuffer()
  const out = (text: string) => buffer.write(1, Buffer.from(text))
  for (let line = 0; line < 60; line++)
    out(`[12:00:${String(line).padStart(2, '0')}] [Server thread/INFO]: Preparing spawn area: ${line} %\n`)
  buffer.write(
    2,
    Buffer.from(
      '[12:01:00] [Server thread/WARN]: Can’t keep up! Is the server overloaded? Running 2304ms or 46 ticks behind\n',
    ),
  )
  out('\x1b[32m<anna>\x1b[0m こんにちは 👋 \x1b[1mhello\x1b[0m\n')
  buffer.gap(123_456)
  out('[12:02:00] [Server thread/INFO]: Saved the game\n')
  return buffer
}
