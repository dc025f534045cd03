// The requests that say whether a process is to run: UP, STOP, RESTART, RELOAD. None is answered before its effect, unless it
// was asked to be.

import * as v from 'valibot'
import { field, milliseconds, processRef } from './basic-shapes.ts'
import { processSummary, treeMember } from './process-shapes.ts'

const wait = field(v.optional(v.boolean(), true), 'false: answer at once, with the state as it is then')
const timeoutMs = field(
  v.optional(milliseconds),
  'answer ERROR TIMEOUT after so many milliseconds; what was asked for goes on',
)
const result = v.object({ process: processSummary })

/** Requests that say whether a process is to run. */
export const lifeRequests = {
  UP: {
    code: 0x0108,
    doc: 'Wants the process to run. Answered when it is ready; ERROR NOT_UP if it does not come up, with the reason. If it runs already, nothing is done. What an earlier run has left is ended first.',
    params: v.object({ process: processRef, wait, timeoutMs }),
    result,
  },
  STOP: {
    code: 0x0109,
    doc: 'Wants the process not to run: its stop steps are carried out, and SIGKILL to all that is left comes after the last. Answered when nothing of it is left; ERROR SURVIVORS names what could not be ended.',
    params: v.object({
      process: processRef,
      killAfterMs: field(v.optional(milliseconds), 'SIGKILL no later than after so many milliseconds'),
      wait,
      timeoutMs,
    }),
    result,
  },
  RESTART: {
    code: 0x010a,
    doc: 'Wants another run of the process: stops this one, as STOP does, and starts it again. Answered when the new run is ready; ERROR NOT_UP if it does not come up.',
    params: v.object({ process: processRef, wait, timeoutMs }),
    result,
  },
  RELOAD: {
    code: 0x010b,
    doc: 'Lets the process read its configuration again, as the `reload` of its spec says. Answered when it has been told.',
    params: v.object({ process: processRef }),
    result,
  },
} as const

/** What lives on although it was to be ended: the `survivors` in the detail of ERROR SURVIVORS. */
export const survivors = v.array(v.object(treeMember))
