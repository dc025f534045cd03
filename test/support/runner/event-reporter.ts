// What a test file says to the runner: a line of JSON for each test begun and ended, appended to a file at once, so that
// a file that hangs or dies has told what it was at. Loaded by node's --test-reporter.

import { appendFileSync } from 'node:fs'
import { inspect } from 'node:util'

/** One line. `suite` marks what only groups tests. */
export type TestReport =
  | { readonly type: 'begun'; readonly name: string; readonly nesting: number }
  | {
      readonly type: 'ended'
      readonly name: string
      readonly nesting: number
      readonly suite: boolean
      readonly outcome: 'passed' | 'failed' | 'cancelled' | 'skipped' | 'todo'
      readonly durationMs: number
      readonly line: number | undefined
      /** Why it was skipped, if it says. */
      readonly reason: string | undefined
      /** Why it failed, for people. A suite or test that failed by its subtests alone has none. */
      readonly error: string | undefined
    }

/** Where the lines go. */
export const REPORT_PATH = 'NETDAEMON_TEST_REPORT'

/** The fields of node's events that are used here; they are the same in Node 20 and 24. */
interface NodeTestEvent {
  readonly type: string
  readonly data: {
    readonly name?: string
    readonly nesting?: number
    readonly line?: number
    readonly skip?: string | boolean
    readonly todo?: string | boolean
    readonly details?: { readonly duration_ms?: number; readonly type?: string; readonly error?: NodeTestError }
  }
}
interface NodeTestError extends Error {
  readonly failureType?: string
}

const CANCELLED = new Set(['cancelledByParent', 'testAborted', 'testTimeoutFailure', 'parentAlreadyFinished'])

// biome-ignore lint/correctness/useYield: a reporter is a generator of text; this one's text goes elsewhere.
export default async function* eventReporter(source: AsyncIterable<NodeTestEvent>): AsyncGenerator<string> {
  const path = process.env[REPORT_PATH]
  if (path === undefined) throw new Error(`${REPORT_PATH} is not set: this reporter is run by test/run.ts`)
  for await (const event of source) {
    const report = toReport(event)
    if (report !== undefined) appendFileSync(path, `${JSON.stringify(report)}\n`)
  }
}

function toReport({ type, data }: NodeTestEvent): TestReport | undefined {
  const { name = '?', nesting = 0 } = data
  // Not test:start, which waits for the tests declared before.
  if (type === 'test:dequeue') return { type: 'begun', name, nesting }
  if (type !== 'test:pass' && type !== 'test:fail') return undefined
  const error = data.details?.error
  return {
    type: 'ended',
    name,
    nesting,
    suite: data.details?.type === 'suite',
    outcome: outcome(type, data, error?.failureType),
    durationMs: data.details?.duration_ms ?? 0,
    line: data.line,
    reason: typeof data.skip === 'string' && data.skip !== '' ? data.skip : undefined,
    error: error === undefined || error.failureType === 'subtestsFailed' ? undefined : describe(error),
  }
}

function outcome(type: string, { skip, todo }: NodeTestEvent['data'], failureType: string | undefined) {
  // Node says '' for a skip without a reason.
  if (skip !== undefined && skip !== false) return 'skipped'
  if (todo !== undefined && todo !== false) return 'todo'
  if (type === 'test:pass') return 'passed'
  return failureType !== undefined && CANCELLED.has(failureType) ? 'cancelled' : 'failed'
}

/** A failure to dispose hides the failure before it (`SuppressedError`), and inspect shows neither. */
function causesOf(thrown: unknown): unknown[] {
  const both = (error: Error): error is Error & { error: unknown; suppressed: unknown } => 'suppressed' in error
  if (!(thrown instanceof Error && both(thrown))) return [thrown]
  return [...causesOf(thrown.error), ...causesOf(thrown.suppressed)]
}

/** What was thrown, without the wrapping of the test runner. */
function describe(error: NodeTestError): string {
  const text = causesOf(error.cause ?? error)
    .map((thrown) => inspect(thrown, { depth: 4 }))
    .join('\nand before it\n')
  const isInternal = (line: string) => /^\s+at .*\(?node:internal\//.test(line)
  return text
    .split('\n')
    .filter((line) => !isInternal(line))
    .join('\n')
}
