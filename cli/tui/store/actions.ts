// What can happen to the UI (actions), and what it wants done (effects). Both are data: the store turns the first into the
// second, and only the controller carries effects out.

import type { InputEvent } from '../../terminal/input-events.ts'
import type { Size } from '../../terminal/size.ts'
import type { FindStep, ScrollStep } from '../console/moving.ts'
import type { Place } from '../console/scrolling.ts'
import type { ProcessDetail, ProcessEvent, ProcessSummary, Result } from '../protocol-types.ts'
import type { DaemonLink, Declared, Handle, Notice, StartForm } from './state.ts'

export type Action =
  | { readonly type: 'resized'; readonly size: Size }
  | { readonly type: 'ticked'; readonly now: number }
  | { readonly type: 'input'; readonly event: InputEvent }
  | { readonly type: 'link changed'; readonly link: DaemonLink }
  | { readonly type: 'listed'; readonly processes: readonly ProcessSummary[] }
  | { readonly type: 'happened'; readonly events: readonly Exclude<ProcessEvent, { kind: 'gap' | 'unknown' }>[] }
  | { readonly type: 'measured'; readonly usage: Omit<Result<'USAGE'>, 'next'> }
  | { readonly type: 'detailed'; readonly detail: ProcessDetail }
  | { readonly type: 'declared'; readonly declared: ReadonlyMap<Handle, Declared> }
  | { readonly type: 'console opened'; readonly handle: Handle; readonly inputOpen: boolean }
  | {
      readonly type: 'console grew'
      readonly handle: Handle
      readonly revision: number
      readonly offset: number
      readonly below: number
    }
  | { readonly type: 'console input changed'; readonly handle: Handle; readonly open: boolean }
  | { readonly type: 'console closed'; readonly handle: Handle; readonly failure?: string }
  | { readonly type: 'scrolled'; readonly handle: Handle; readonly place: Place; readonly below: number }
  | { readonly type: 'found'; readonly handle: Handle; readonly line: number | undefined; readonly place: Place }
  | { readonly type: 'started'; readonly process: ProcessSummary }
  | { readonly type: 'start failed'; readonly problem: string }
  | { readonly type: 'form filled'; readonly form: Pick<StartForm, 'command' | 'name' | 'labels' | 'directory'> }
  | {
      readonly type: 'told'
      readonly tone: Notice['tone']
      readonly text: string
      /** The newest output of the process that it is about. */
      readonly lines?: readonly string[]
    }
  /** A line that the process did not take. */
  | { readonly type: 'line refused'; readonly handle: Handle; readonly text: string }
  /** Look at this process, and type into it. */
  | { readonly type: 'open asked'; readonly process: ProcessSummary }

/** Whether a process is to run. */
export type LifeVerb = 'up' | 'stop' | 'restart' | 'reload'

/** What to run. */
export interface StartOrder {
  readonly words: readonly string[]
  readonly name: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly directory: string | undefined
  readonly terminal: Size | undefined
  readonly again: Handle | undefined
}

export type Effect =
  | { readonly type: 'quit' }
  | { readonly type: 'suspend' }
  | { readonly type: 'redraw' }
  | { readonly type: 'scroll'; readonly handle: Handle; readonly step: ScrollStep }
  | { readonly type: 'find'; readonly handle: Handle; readonly step: FindStep }
  | { readonly type: 'write'; readonly handle: Handle; readonly text: string }
  | { readonly type: 'write key'; readonly handle: Handle; readonly raw: string; readonly key: string }
  | { readonly type: 'write paste'; readonly handle: Handle; readonly text: string }
  | { readonly type: 'end input'; readonly handle: Handle }
  | { readonly type: 'signal'; readonly handle: Handle; readonly signal: string }
  | { readonly type: 'life'; readonly handle: Handle; readonly verb: LifeVerb }
  /** What the specs of all processes declare is to be known. */
  | { readonly type: 'ask declared' }
  | { readonly type: 'remove'; readonly handle: Handle; readonly force: boolean }
  | { readonly type: 'start'; readonly order: StartOrder }
  | { readonly type: 'fill form'; readonly handle: Handle }

/** What an action leads to. */
export interface Update<S> {
  readonly state: S
  readonly effects: readonly Effect[]
}
