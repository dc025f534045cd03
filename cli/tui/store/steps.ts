// What an action leads to, and the notice that tells of it.

import type { Effect, Update } from './actions.ts'
import type { Notice, UiState } from './state.ts'

export type Step = Update<UiState>

export const just = (state: UiState, ...effects: Effect[]): Step => ({ state, effects })

/** How long a notice stays, and how much longer for each line of output in it. */
const NOTICE_MS = 6000
const NOTICE_LINE_MS = 3000

export function told(state: UiState, tone: Notice['tone'], text: string, lines: readonly string[] = []): UiState {
  const until = state.now + NOTICE_MS + NOTICE_LINE_MS * lines.length
  return { ...state, notice: { tone, text, lines, until } }
}
