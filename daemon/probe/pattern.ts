// Regular expressions of clients. They are run by RE2, whose time grows with the text and never faster: a pattern that would keep
// JavaScript's own busy for years costs no more than others here, so none can stop the daemon. What RE2 lacks for that (look-ahead,
// back-references) is refused. Its code is read and run when the first pattern is needed.

import { createRequire } from 'node:module'
import { NetdaemonError } from '../../proto/errors.ts'

type Re2 = Pick<typeof import('re2js'), 'RE2JS'>

/** A pattern that has been compiled. */
export interface Pattern {
  readonly source: string
  /** Whether it is found anywhere in a text. */
  foundIn(text: string): boolean
}

let engine: Re2 | undefined

/** Compiles a pattern. @throws NetdaemonError BAD_REQUEST for one that there is not, SYSTEM if RE2 can't be loaded */
export function compilePattern(source: string): Pattern {
  const { RE2JS } = loadEngine()
  try {
    const compiled = RE2JS.compile(source)
    return { source, foundIn: (text) => compiled.matcher(text).find() }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const advice = 'patterns are those of RE2, which has neither look-ahead nor back-references'
    throw new NetdaemonError('BAD_REQUEST', `cannot use the pattern ${JSON.stringify(source)}: ${why}; ${advice}`)
  }
}

function loadEngine(): Re2 {
  try {
    // Put there by the build (scripts/bundle.ts).
    engine ??= createRequire(import.meta.url)('./re2js.cjs') as Re2
    return engine
  } catch (cause) {
    throw new NetdaemonError('SYSTEM', 'cannot load the engine for patterns; is netdaemon installed as a whole?', {
      cause,
    })
  }
}
