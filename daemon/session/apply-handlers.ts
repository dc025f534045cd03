// The requests about what is declared.

import { Apply } from '../supervisor/apply.ts'
import { type DaemonContext, type Handlers, Later, ok } from './request-context.ts'
import { whenKept } from './when-kept.ts'

export const applyHandlers: Pick<Handlers, 'APPLY' | 'EXPORT' | 'ENABLE' | 'DISABLE'> = {
  APPLY(daemon, _client, params) {
    const apply = new Apply(daemon, params)
    if (params.dryRun) return ok({ steps: apply.plan })
    return new Later((settle) => {
      apply.carryOut((steps) => settle.answer(ok({ steps })))
      return () => {}
    })
  },

  EXPORT({ processes, kept }, _client, { process }) {
    const target = processes.find(process)
    const { source, enabled } = kept.standing(target) ?? { source: null, enabled: false }
    return ok({ spec: target.spec, source, enabled })
  },

  ENABLE: (daemon, _client, { process }) => setEnabled(daemon, process, true),
  DISABLE: (daemon, _client, { process }) => setEnabled(daemon, process, false),
}

/** @throws NetdaemonError NOT_FOUND, BAD_REQUEST for one that is not kept */
function setEnabled({ processes, kept }: DaemonContext, ref: string | number, enabled: boolean) {
  const target = processes.find(ref)
  kept.checkKept(target)
  return whenKept(
    (done) => kept.ask(target, { enabled }, done),
    () => ok({ process: target.summary() }),
  )
}
